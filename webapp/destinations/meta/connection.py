"""One ad account at Facebook, opened: every call that uploads and pages make of it."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from webapp import clock, db
from webapp.destinations.base import (
    Audience,
    AudienceGoneError,
    BatchResult,
    DestinationError,
    EncodedRows,
    NeedsPersonError,
    NotBegunError,
    Origin,
    Part,
    PermanentError,
    Problem,
    SessionEndedError,
    SessionLostError,
    TemporaryError,
    TooSmallError,
)
from webapp.destinations.meta import texts
from webapp.destinations.meta.accounts import accounts, audience_lists, grants, pace
from webapp.destinations.meta.accounts.audience_lists import Listed
from webapp.destinations.meta.accounts.connect import graph_client, http_session
from webapp.destinations.meta.graph_api import match_rate
from webapp.destinations.meta.graph_api.audiences import audience
from webapp.destinations.meta.graph_api.deadline import within
from webapp.destinations.meta.graph_api.error_table import GONE
from webapp.destinations.meta.graph_api.graph import DEADLINE_S
from webapp.destinations.meta.graph_api.payload import UploadSession
from webapp.destinations.meta.models import MetaAccount
from webapp.services import services

T = TypeVar("T")

CURED_BY_READING = ("190", "102", "100/33", "token")  # codes of a token or an account that was out of reach
TOO_SMALL = "200/1870047"  # Meta sheet §4.7
# What a session of a replacement comes to. Source: Meta sheet §4.5.
OF_SESSIONS: dict[str, type[DestinationError]] = {
    "2650/1870147": NotBegunError,
    "2650/1870148": SessionLostError,
    "2650/1870158": SessionLostError,
    "2650/1870159": SessionEndedError,
}


class MetaConnection:
    """One ad account, opened. What a call learns of the account (a problem, a pause) is kept on its row."""

    def __init__(self, account: MetaAccount, token: str, deadline_s: float = DEADLINE_S) -> None:
        assert account.id is not None
        self._account, self._deadline_s = account, deadline_s
        self._id, self._act_id = account.id, account.act_id
        self._problem = account.problem
        self._session = http_session()
        self._client = graph_client(self._session, token, account.act_id, deadline_s)

    def obstacles(self) -> list[Problem]:
        with within(self._deadline_s):
            return self._call(lambda: grants.why_not(self._client, self._account))

    def audiences(self) -> list[Audience]:
        return [audience(node) for node in self.listed().nodes]

    def listed(self) -> Listed:
        """Every audience as Graph describes it: read now, or by a worker when that takes too long."""
        if audience_lists.is_slow(audience_lists.kept(self._id)):
            return audience_lists.from_a_worker(self._id)
        try:
            return Listed(self._call(lambda: self._client.custom_audiences(self._act_id)), clock.now())
        except TemporaryError as error:
            if error.problem.code != "tempo":
                raise
        return audience_lists.from_a_worker(self._id)

    def read_audiences(self) -> None:
        """The worker's part of `listed`: it has the time, and keeps the list."""
        started = time.monotonic()
        nodes = self._call(lambda: self._client.custom_audiences(self._act_id, audience_lists.JOB_DEADLINE_S))
        took_s = time.monotonic() - started
        with db.writing() as session:
            if session.get(MetaAccount, self._id) is not None:
                audience_lists.keep(session, self._id, nodes, took_s)

    def create_audience(
        self, name: str, marker: str, origin: Origin = Origin.CUSTOMERS, by_value: bool = False
    ) -> str:
        make = partial(self._create, name, marker, origin, by_value)
        created = self._call(make, writes=True, is_work=True)
        audience_lists.outdate(self._id)
        return created

    def check_audience(self, audience_id: str) -> Audience:
        return audience(self._call(lambda: self._read(audience_id), is_work=True))

    def add_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        return self._edit(partial(self._client.add_users, audience_id, rows), audience_id)

    def remove_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        try:
            return self._edit(partial(self._client.remove_users, audience_id, rows), audience_id)
        except PermanentError as error:
            if error.problem.code == TOO_SMALL:
                raise TooSmallError(error.problem) from None
            raise

    def replace_users(self, audience_id: str, rows: EncodedRows, part: Part) -> BatchResult:
        session = UploadSession(part.session_id, part.number, part.is_last, part.rows)

        def send() -> BatchResult:
            try:
                return self._client.replace_users(audience_id, rows, session, part.before)
            except TemporaryError as error:
                kind = OF_SESSIONS.get(error.problem.code)
                raise kind(error.problem) if kind else error from None

        return self._edit(send, audience_id)

    def _edit(self, send: Callable[[], BatchResult], audience_id: str) -> BatchResult:
        result = self._call(lambda: self._send(send, audience_id), writes=True, is_work=True)
        recovered = pace.after_success(self._id)
        if result.pause_s > 0:
            pace.rest(self._id, result.pause_s)
        return replace(result, recovered=recovered)

    def recognition(self, audience_id: str) -> str | None:
        """The edge is unconfirmed: whatever it answers but a score says nothing, of the account neither."""
        edge = services().settings.meta_match_rate_edge
        try:
            self._refuse_while_resting()
            return match_rate.score(self._client.edge(audience_id, edge, match_rate.FIELDS))
        except DestinationError:
            return None

    def close(self) -> None:
        self._session.close()

    def _create(self, name: str, marker: str, origin: Origin, by_value: bool) -> str:
        """Looking for the marker takes many calls: while all of them fail, one tells as much."""
        if pace.is_out_of_order(self._id):
            self._client.ad_account(self._act_id)
        return self._client.create_custom_audience(self._act_id, name, marker, origin, by_value)

    def _send(self, send: Callable[[], BatchResult], audience_id: str) -> BatchResult:
        """A deleted audience and a lost account are both 100/33: one must not pass for the other."""
        try:
            return send()
        except NeedsPersonError as error:
            if error.problem.code == "100/33":
                self._read(audience_id)
            raise
        except PermanentError as error:
            raise _gone_or_other(error) from None

    def _read(self, audience_id: str) -> dict[str, Any]:
        """Raises AudienceGoneError when only the audience is gone."""
        try:
            return self._client.custom_audience(audience_id, self._act_id)
        except PermanentError as error:
            raise _gone_or_other(error) from None

    def _call(self, call: Callable[[], T], writes: bool = False, is_work: bool = False) -> T:
        """*is_work*: of an upload, so that its failures count; a page that somebody opens says little."""
        self._refuse_while_resting()
        try:
            answer = call()
        except NeedsPersonError as error:
            set_problem(self._id, error)
            self._problem = error.problem.code
            raise
        except TemporaryError as error:
            if is_work or error.account_wide:
                raise pace.after_failure(self._id, error) from None
            raise
        # That reading works says nothing about terms and the permission to write.
        if self._problem and (writes or self._problem.startswith(CURED_BY_READING)):
            accounts.clear_problem(self._id)
            self._problem = None
        return answer

    def _refuse_while_resting(self) -> None:
        """Insisting while Meta throttles an account makes the wait longer. Source: Meta sheet §7."""
        rest = pace.resting(self._id)
        left = rest.until - clock.epoch()
        if left > 0:
            raise TemporaryError(texts.resting(rest.problem, rest.until), left, account_wide=True)


def _gone_or_other(error: PermanentError) -> PermanentError:
    return AudienceGoneError(error.problem) if error.problem.what == GONE.what else error


def set_problem(account_id: int, error: NeedsPersonError) -> None:
    accounts.set_problem(account_id, error.problem.code, f"{error.problem.what} {error.problem.todo}")
