"""The argument of a view: the simulation, the call, and the slip on which the call is recorded."""

from dataclasses import dataclass
from typing import Any

from ..control.faults import Fault
from ..graph_call import GraphCall
from ..graph_errors import GraphError, no_such_object
from ..paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from ..state import AdAccount, Audience, Call, Simulation, Token
from . import auth


@dataclass
class Exchange:
    sim: Simulation
    call: GraphCall
    base_url: str
    record: Call
    fault: Fault | None = None

    def token(self) -> Token:
        """Raises GraphError when there is none that works."""
        return auth.signed_in(self.sim, self.call)

    def account(self, account_id: str) -> AdAccount:
        """The account, seen by this call's token; notes it on the record."""
        self.record.account_id = account_id
        return auth.visible_account(self.sim, self.token(), account_id, self.call.method)

    def audience(self, audience_id: str) -> Audience:
        """The audience, if its account is the caller's. Raises GraphError 100/33, 1487366 when deleted."""
        audience = self.sim.world.audiences.get(audience_id)
        token = self.token()
        if audience is None:
            raise no_such_object(audience_id, self.call.method)
        account = self.sim.world.accounts.get(audience.account_id)
        if account is None or token.person_id not in account.person_ids:
            raise no_such_object(audience_id, self.call.method)
        if audience.is_deleted:
            raise GraphError("Custom Audience Has Been Deleted", 1487366, type="GraphMethodException")
        return audience

    def page(self) -> Page:
        """Raises GraphError 100 for a limit that is no number."""
        text = self.call.text("limit", str(DEFAULT_LIMIT))
        if not text.isdigit() or int(text) == 0:
            raise GraphError("(#100) Param limit must be a positive integer", 100)
        kept: dict[str, str] = {
            name: str(value)
            for name, value in self.call.params.items()
            if name not in ("limit", "after", "before", "id")
        }
        # Graph repeats the token in the next page's address. Source: Meta sheet §3.2.
        kept = {"access_token": self.call.token or "", **kept}
        url = f"{self.base_url}/{self.call.version}{self.call.path}"
        return Page(
            url,
            kept,
            min(int(text), MAX_LIMIT),
            self.call.params.get("after"),
            self.call.params.get("before"),
        )

    def changed(self) -> None:
        self.sim.changed.set()


Answer = dict[str, Any]
