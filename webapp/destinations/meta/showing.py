"""A connected account as the list of accounts shows it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from webapp import clock
from webapp.destinations.meta import accounts, checks, texts
from webapp.destinations.meta.models import MetaAccount


@dataclass(frozen=True)
class AccountRow:
    """*expiring*: the sentence that warns before the authorisation ends; *resting_until*: Meta's pause."""

    public_id: str
    name: str
    act_id: str
    authorisation: texts.Authorisation
    authorised_at: datetime | None
    is_system_user: bool
    expiring: str | None = None
    resting_until: datetime | None = None
    terms_url: str | None = None


def account_row(account: MetaAccount) -> AccountRow:
    state, now = accounts.authorisation(account), clock.now()
    end = account.token_expires_at
    is_ending = state.problem is None and end is not None and end - now < timedelta(days=texts.WARN_DAYS)
    rests = account.paused_until > now.timestamp()
    return AccountRow(
        account.public_id,
        account.name,
        account.act_id,
        state,
        account.authorised_at,
        account.token_kind == "system_user",
        texts.expiring(account.name, end, now) if is_ending and end else None,
        datetime.fromtimestamp(account.paused_until, UTC) if rests else None,
        checks.terms_url(account.problem, account.act_id),
    )
