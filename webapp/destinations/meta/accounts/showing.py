"""A connected account as the list of accounts shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp import clock
from webapp.destinations.base import Problem
from webapp.destinations.meta import texts
from webapp.destinations.meta.accounts import accounts, checks, pace
from webapp.destinations.meta.health.notices import expiry_tone
from webapp.destinations.meta.models import MetaAccount, MetaHealth


@dataclass(frozen=True)
class AccountRow:
    """*expiring*: the sentence that warns before the authorisation ends; *rests*: why it is not called now.

    *audiences*: how many custom audiences it holds, None until somebody has looked; *last_upload_at*: when
    the last upload to it was started.
    """

    public_id: str
    name: str
    act_id: str
    authorisation: texts.Authorisation
    authorised_at: datetime | None
    is_system_user: bool
    expiring: str | None = None
    expiring_tone: str = ""
    rests: str | None = None
    terms_url: str | None = None
    audiences: int | None = None
    last_upload_at: datetime | None = None


def account_row(
    account: MetaAccount, health: MetaHealth | None = None, last_upload_at: datetime | None = None
) -> AccountRow:
    state, now = accounts.authorisation(account), clock.now()
    end = account.token_expires_at
    is_ending = state.problem is None and end is not None and end - now < timedelta(days=texts.WARN_DAYS)
    rests = pace.is_resting(account.paused_until, now.timestamp())
    return AccountRow(
        account.public_id,
        account.name,
        account.act_id,
        state,
        account.authorised_at,
        account.token_kind == "system_user",
        texts.expiring(account.name, end, now) if is_ending and end else None,
        expiry_tone((end - now).days) if is_ending and end else "",
        texts.resting(_why(account), account.paused_until).what if rests else None,
        checks.terms_url(account.problem, account.act_id),
        health.n_audiences if health else None,
        last_upload_at,
    )


def _why(account: MetaAccount) -> Problem | None:
    return Problem(**account.pause) if account.pause else None
