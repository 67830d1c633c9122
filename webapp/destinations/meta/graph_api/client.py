"""The Graph API's endpoints that Platea uses, one method each. Source of shapes: Meta sheet §1–§4."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from requests import Session

from webapp.destinations.base import (
    BatchResult,
    EncodedRows,
    NeedsPersonError,
    Origin,
    TemporaryError,
    Totals,
)
from webapp.destinations.meta.graph_api import error_table as table
from webapp.destinations.meta.graph_api.answers import batch_result, joined, node
from webapp.destinations.meta.graph_api.audiences import SOURCES
from webapp.destinations.meta.graph_api.deadline import within
from webapp.destinations.meta.graph_api.errors import HEAVY, failure
from webapp.destinations.meta.graph_api.graph import DEADLINE_S, GRAPH_VERSION, HUGE, Answer, Graph
from webapp.destinations.meta.graph_api.payload import (
    UploadSession,
    only_batch,
    parts_by_extern_id,
    users_body,
)

ACCOUNT_FIELDS = (
    "id,account_id,name,account_status,disable_reason,currency,timezone_name,business{id,name},"
    "tos_accepted,user_tasks"
)
# Exactly what the list shows and what decides whether an audience can take data.
AUDIENCE_FIELDS = (
    "id,name,description,subtype,approximate_count_lower_bound,approximate_count_upper_bound,time_updated,"
    "time_content_updated,operation_status,delivery_status,data_source,is_value_based,"
    "permission_for_actions,delete_time"
)
# Neutral on purpose: Meta flags audiences for words in name and description. Source: Meta sheet §10.28.
DESCRIPTION = "Creata con Platea"

# Graph answers code 1 "reduce the amount of data" to pages too heavy for it (Meta sheet §3.2), however few
# they are; Meta's own SDK for Java goes down to one (facebook-java-business-sdk#46).
PAGE_ROWS = 200
TOO_HEAVY = ("1", HEAVY, HUGE)


class GraphClient:
    """Every method raises TemporaryError, NeedsPersonError or PermanentError and ends within *deadline_s*."""

    def __init__(
        self,
        session: Session,
        graph_url: str,
        token: str,
        app_secret: str | None = None,
        act_id: str | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._graph = Graph(session, graph_url, token, app_secret, act_id, deadline_s)
        self._token = token
        self._app_secret = app_secret or ""

    @property
    def usage_percent(self) -> float | None:
        """Of the account's limit of calls, as the last answer told it; 100 = Meta refuses."""
        return self._graph.usage_percent

    @property
    def other_version(self) -> str | None:
        """The version that answered last, when it is not the one that was asked."""
        return self._graph.version if self._graph.version != GRAPH_VERSION else None

    # Who we are

    def me(self) -> dict[str, Any]:
        """`{"id", "name"}` of the token's person or system user."""
        return node(self._graph.get("me", fields="id,name"))

    def permissions(self) -> dict[str, str]:
        """Permission → `granted` or `declined`. A person may untick each one in the dialog."""
        rows = _rows(self._graph.get("me/permissions"))
        return {str(row.get("permission")): str(row.get("status")) for row in rows}

    def debug_token(self, app_id: str) -> dict[str, Any]:
        """The token as its app sees it: `is_valid`, `scopes`, `expires_at` (0 = never), `app_id`.

        An invalid token is an answer, not an error; what is raised is about the app, never about the token.
        A GET, as documented: POST with `method=get` is closed to new apps. Source: Meta sheet §1.4, §8.
        """
        app_token = f"{app_id}|{self._app_secret}"
        answer = self._graph.get_as_app("debug_token", app_token, input_token=self._token)
        data = node(answer).get("data")
        return data if isinstance(data, dict) else {}

    def exchange_code(self, app_id: str, redirect_uri: str, code: str) -> dict[str, Any]:
        """`{"access_token", "expires_in"}` for the dialog's *code*; no `expires_in`: it does not expire."""
        return self._access_token(client_id=app_id, redirect_uri=redirect_uri, code=code)

    def exchange_long_lived(self, app_id: str) -> dict[str, Any]:
        """A token of about 60 days for this one, in the same shape."""
        return self._access_token(
            grant_type="fb_exchange_token", client_id=app_id, fb_exchange_token=self._token
        )

    def _access_token(self, **fields: str) -> dict[str, Any]:
        secret = self._app_secret
        return node(self._graph.post_secrets("oauth/access_token", client_secret=secret, **fields))

    # Ad account and audiences

    def ad_accounts(self) -> list[dict[str, Any]]:
        """`account_id` and `name` of every ad account the token's person is assigned to. Source: sheet §2."""
        with within(self._graph.deadline_s):
            return list(self._pages("me/adaccounts", "account_id,name"))

    def ad_account(self, act_id: str) -> dict[str, Any]:
        """The ad account *act_id* (digits) with `ACCOUNT_FIELDS`."""
        return node(self._graph.get(f"act_{act_id}", fields=ACCOUNT_FIELDS))

    def custom_audiences(self, act_id: str, deadline_s: float | None = None) -> list[dict[str, Any]]:
        """Every audience of the account with `AUDIENCE_FIELDS`, newest first.

        *deadline_s*: for all pages together, where each still ends within that of the client.
        """
        with within(deadline_s or self._graph.deadline_s):
            return list(self._pages(f"act_{act_id}/customaudiences", AUDIENCE_FIELDS))

    def custom_audience(self, audience_id: str, act_id: str | None = None) -> dict[str, Any]:
        """The audience with `AUDIENCE_FIELDS`.

        A missing audience and a lost account look the same to Graph (100/33): with *act_id* the account is
        asked too, and PermanentError then says that only the audience is gone.
        """
        with within(self._graph.deadline_s):
            try:
                return node(self._graph.get(audience_id, fields=AUDIENCE_FIELDS))
            except NeedsPersonError as error:
                if act_id is None or error.problem.code != "100/33":
                    raise
            self.ad_account(act_id)
            raise failure(table.GONE, "100/33")

    def create_custom_audience(
        self,
        act_id: str,
        name: str,
        marker: str,
        origin: Origin = Origin.CUSTOMERS,
        by_value: bool = False,
    ) -> str:
        """The id of the audience whose description holds *marker*, created when there is none.

        *by_value*: `is_value_based`, which nothing changes later (Meta sheet §3.1).
        Names are not unique and creating has no idempotency key, so the marker is looked for before, and
        again when the answer to the creation was lost. Source: Meta sheet §3.3.
        """
        with within(self._graph.deadline_s):
            found = self._find_marked(act_id, marker)
            if found:
                return found
            try:
                return self._create(act_id, name, marker, origin, by_value)
            except TemporaryError as lost:
                if lost.account_wide:  # refused before anything was done
                    raise
                found = self._find_marked(act_id, marker)
                if not found:
                    raise
                return found

    def edge(self, audience_id: str, name: str, fields: str) -> dict[str, Any]:
        """Whatever Graph has at the audience's edge *name*."""
        return node(self._graph.get(f"{audience_id}/{name}", fields=fields))

    def delete_custom_audience(self, audience_id: str) -> None:
        self._graph.delete(audience_id)

    # Users of an audience

    def add_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        """Add people. Repeating adds nobody twice."""
        return self._users("POST", f"{audience_id}/users", rows)

    def remove_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        """Remove people, by a JSON body: in the URL, as Meta's SDKs send it, 1,500 rows break the pipe
        (facebook-python-business-sdk#367). Small audiences refuse (200/1870047).
        """
        return self._users("DELETE", f"{audience_id}/users", rows)

    def replace_users(
        self, audience_id: str, rows: EncodedRows, session: UploadSession, before: Totals | None = None
    ) -> BatchResult:
        """One batch of a replacement of everybody. Batch 1 starts it and is sent first and once per
        `session_id`; the others follow in any order within 90 minutes. Source: Meta sheet §4.5.

        *before*: the session's totals of the last answer. *rows* have no external id: those that lack one
        would need a schema of their own, and a session has one (Meta sheet §4.2, §4.3).
        """
        with within(self._graph.deadline_s):
            body = users_body(rows, session, self._graph.proof)
            answer = self._graph.send("POST", f"{audience_id}/usersreplace", body)
        return batch_result(answer, rows, range(len(rows)), before or Totals())

    def _users(self, method: str, path: str, rows: EncodedRows) -> BatchResult:
        with within(self._graph.deadline_s):
            results = []
            for part, places in parts_by_extern_id(rows):
                body = users_body(part, only_batch(len(part), secrets.randbits(63) or 1), self._graph.proof)
                results.append(batch_result(self._graph.send(method, path, body), part, places))
        return joined(results)

    # Inside

    def _pages(self, path: str, fields: str) -> Iterator[dict[str, Any]]:
        """The rows of every page. `next` only says that there is one: as a URL it holds the token.

        Short and even empty pages are not the end (Meta sheet §3.2); a cursor seen before is.
        """
        limit, after, seen = PAGE_ROWS, "", set[str]()
        while after not in seen:
            seen.add(after)
            answer, limit = self._page(path, fields, limit, after)
            yield from _rows(answer)
            paging = node(answer).get("paging")
            after = _next_cursor(paging) if isinstance(paging, dict) else ""

    def _page(self, path: str, fields: str, limit: int, after: str) -> tuple[Answer, int]:
        """One page, and the *limit* that Graph could bear."""
        cursor = {"after": after} if after else {}
        while True:
            try:
                return self._graph.get(path, fields=fields, limit=limit, **cursor), limit
            except TemporaryError as error:
                code = error.problem.code
                if limit == 1 or not (code in TOO_HEAVY or code.startswith("1/")):
                    raise
                # Without the words for a heavy page it may be an outage, where every try is one too many.
                limit = max(1, limit // (2 if code in (HEAVY, HUGE) else 4))

    def _find_marked(self, act_id: str, marker: str) -> str | None:
        for row in self._pages(f"act_{act_id}/customaudiences", "id,description"):
            if marker in str(row.get("description", "")):
                return str(row["id"])
        return None

    def _create(self, act_id: str, name: str, marker: str, origin: Origin, by_value: bool) -> str:
        more = {"is_value_based": "true"} if by_value else {}
        # The other half of the time is for looking whether a lost answer meant success.
        with within(self._graph.deadline_s / 2):
            answer = self._graph.post(
                f"act_{act_id}/customaudiences",
                name=name,
                subtype="CUSTOM",
                description=f"{DESCRIPTION} ({marker})",
                customer_file_source=SOURCES[origin],
                **more,
            )
        audience_id = node(answer).get("id")
        if not audience_id:
            raise failure(table.UNREADABLE, "risposta senza id")
        return str(audience_id)


def _next_cursor(paging: Mapping[str, Any]) -> str:
    cursors = paging.get("cursors")
    if not paging.get("next") or not isinstance(cursors, dict):
        return ""
    return str(cursors.get("after") or "")


def _rows(answer: Answer) -> list[dict[str, Any]]:
    rows = node(answer).get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
