"""Guessing made slow: attempts are counted, and past a limit must wait.

Per account in one network, per account wherever they come from, per network, and overall. Who guesses
cannot keep the owner of an account out: a browser that has signed in before has a count of its own.

Kept in the database, so that it works with several web processes and while Redis is away. An attempt is
written before the password is looked at, so that a hundred at once count as a hundred.
"""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import NamedTuple

from sqlalchemy import delete, func, select, text
from sqlmodel import Session, col

from webapp import clock
from webapp.access.models import LoginAttempt
from webapp.access.signing_in.keys import keyed_hash

DAY_S = 86_400


class Limit(NamedTuple):
    """At most *most* attempts in *window_s* seconds."""

    most: int
    window_s: int


# What PyPI lives with. Source: warehouse, `warehouse/config.py` (rate limits of logins and of codes).
ACCOUNT_HERE = (Limit(10, 300),)  # from one network, or from one known browser
ACCOUNT = (Limit(30, 300),)  # from everywhere
ADDRESS = (Limit(10, 300),)
SITE = (Limit(50, 300),)  # a /48 of IPv6: what one customer of a provider may have, 65,536 networks of /64
UNTOLD = (Limit(100, 300),)  # all who come through a proxy that is not declared (PLATEA_PROXIES)
OVERALL = Limit(1_000, 300)
WHEN_BUSY = (Limit(2, 300),)  # of each network, once there are so many overall: slowly, nobody is shut out
CODE = (Limit(5, 300), Limit(20, 3_600), Limit(50, DAY_S))
RESET = (Limit(3, 3_600),)  # e-mails about a new password to one address

Count = tuple[str, tuple[Limit, ...]]  # the key attempts are counted under, and its limits


def key(kind: str, value: str = "") -> str:
    """The key under which tries are counted; from it nobody learns the account or the address."""
    return keyed_hash(f"tentativi, {kind}", value.lower())


def network(address: str) -> str:
    """What attempts from *address* are counted under: a host of IPv6 has a whole /64 to come from."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((int(found), 64), strict=False))
    return str(found)


def places(kind: str, address: str) -> list[Count]:
    """The counts of where an attempt comes from; *address* "" when a proxy does not tell."""
    here = network(address)
    counts: list[Count] = [(key(kind, here), ADDRESS if here else UNTOLD)]
    if here.endswith("/64"):
        site = ip_network(here).supernet(new_prefix=48)
        counts.append((key(f"{kind}, rete", str(site)), SITE))
    return counts


def is_full(session: Session, key: str, limit: Limit) -> bool:
    return _wait_s(session, key, limit, clock.epoch()) > 0


def try_once(session: Session, *counts: Count) -> int:
    """Take note of an attempt; returns how many seconds it must wait, 0 when it may go on.

    A count without limits only notes it.
    """
    now, at = clock.epoch(), col(LoginAttempt.at)
    # What is dated ahead was written by a wrong clock, and would keep people out until then.
    session.execute(delete(LoginAttempt).where((at <= now - DAY_S) | (at > now + clock.SLACK_S)))
    _one_at_a_time(session, [key for key, _ in counts])
    waits = (_wait_s(session, key, limit, now) for key, limits in counts for limit in limits)
    wait_s = max(waits, default=0)
    if not wait_s:
        session.add_all(LoginAttempt(key=key, at=now) for key, _ in counts)
    return wait_s


def forget(session: Session, key: str) -> None:
    """Start from nothing."""
    session.execute(delete(LoginAttempt).where(col(LoginAttempt.key) == key))


def take_back(session: Session, key: str) -> None:
    """Forget the newest attempt only: one known password must not open the way to guess all the others."""
    newest = select(func.max(LoginAttempt.id)).where(col(LoginAttempt.key) == key)
    session.execute(delete(LoginAttempt).where(col(LoginAttempt.id) == newest.scalar_subquery()))


def in_words(wait_s: int) -> str:
    minutes = -(-wait_s // 60)
    return f"Troppi tentativi. Riprova tra {minutes} {'minuto' if minutes == 1 else 'minuti'}."


def _one_at_a_time(session: Session, keys: Sequence[str]) -> None:
    """Nobody else counts under these keys until the transaction ends, so that counting and writing are one.

    On SQLite nobody else writes anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        for number in sorted(
            int(key[:15], 16) for key in keys
        ):  # in one order, so that none waits for another
            session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _wait_s(session: Session, key: str, limit: Limit, now: float) -> int:
    """When the attempt that fills the limit leaves the window."""
    since = now - limit.window_s
    query = (
        select(col(LoginAttempt.at))
        .where(col(LoginAttempt.key) == key, col(LoginAttempt.at) > since)
        .order_by(col(LoginAttempt.at).desc())
        .limit(limit.most)
    )
    attempts = session.scalars(query).all()
    return ceil(attempts[-1] + limit.window_s - now) if len(attempts) == limit.most else 0
