""" "Verifica prima dell'invio" in the form: the check of what was typed, in its words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from webapp import db
from webapp.destinations import registry
from webapp.destinations.base import Account
from webapp.uploads.checking import asking, examples, judging, reading
from webapp.uploads.checking.examples import Change
from webapp.uploads.checking.facts import Answer, Target
from webapp.uploads.checking.lines import Line, Tone
from webapp.uploads.checking.reading import Check
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens import check_texts, texts
from webapp.uploads.screens.check_texts import Term
from webapp.uploads.screens.form.audience_list import Listing
from webapp.uploads.screens.form.forms import Draft
from webapp.uploads.screens.form.ways import Presence
from webapp.uploads.screens.sources import Source
from webapp.values.texts import number

CHANGED = "I dati sono cambiati dalla verifica: guarda i numeri nuovi e conferma."
MOST_BOTH_WAYS = 50_000  # contacts: of more, only the way that is chosen is counted, a second a million


class Reason(NamedTuple):
    """Contacts that share a fate: in words, how many, and a few of them masked."""

    words: str
    contacts: int
    masked: Sequence[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """The section of the check. *seal*: of its numbers, as the form brings them back."""

    lines: Sequence[Line]
    confirmed: Collection[str]
    tone: Tone
    badge: str
    bill: Sequence[Term]
    reasons: Sequence[Reason]
    exits: Sequence[Reason]
    changes: Sequence[Change]
    effort: str
    seal: str
    left_out: int
    leaving: int
    has_changed: bool = False


def read(
    source: Source,
    draft: Draft,
    account: Account | None,
    listing: Listing | None,
    today: date,
    again: bool = False,
) -> Check:
    """*listing*: the account's audiences, None when nobody read them. Raises BrokenRule.

    *again*: the vendor is asked anew, whatever it said a moment ago.
    """
    answer, account = _answer(source, account, listing, again)
    return reading.check(
        _proposal(source, draft, account),
        account,
        answer,
        _target(draft, account, listing),
        draft.origin,
        today,
    )


def _beside(
    source: Source, draft: Draft, account: Account | None, check: Check, today: date
) -> tuple[Presence | None, int | None]:
    """Those chosen against who is in the audience, and how many of them may be sent.

    Of a large source only what the check has counted.
    """
    takes_out, numbers = draft.takes_out, check.numbers
    sendable = None if takes_out else numbers.to_send + numbers.already_there
    if draft.is_new or not draft.audience or account is None:
        return None, sendable
    if takes_out:
        known = Presence(None, None, numbers.to_remove)
    else:
        known = Presence(numbers.present, check.leaving_if_aligned)
    if numbers.selected > MOST_BOTH_WAYS:
        return known, sendable
    other = replace(draft, operation=Operation.ADD if takes_out else Operation.REMOVE)
    counted = reading.counted(_proposal(source, other, account), today)
    if takes_out:
        both = replace(known, present=counted.present, leaving=counted.leaving)
        return both, counted.numbers.to_send
    return replace(known, removable=counted.numbers.to_remove), sendable


def is_due(draft: Draft) -> bool:
    """Whether enough was chosen for a check."""
    return bool(draft.account and (draft.name if draft.is_new else draft.audience))


def section(
    check: Check, source: Source, draft: Draft, account: Account | None, today: date
) -> dict[str, Any]:
    """What the templates of the form want of *check*. Raises BrokenRule."""
    has_changed = bool(draft.seen) and draft.seen != check.seal
    there, sendable = _beside(source, draft, account, check, today)
    return {
        "check": shown(check, source, draft, has_changed),
        "presence": there,
        **({} if sendable is None else {"sendable": sendable}),
    }


def refusal(check: Check, draft: Draft) -> tuple[int, str] | None:
    """Status and sentence, when what was checked may not be sent now; None when it may."""
    if red := judging.blocking(check.lines):
        return 422, f"La verifica blocca l’invio. {red[0].title}. {red[0].detail}".strip()
    was_shown = not draft.seen or draft.seen == check.seal
    if not was_shown and draft.seen.startswith(f"{check.about}:"):
        return 409, CHANGED
    # What was ticked beside the numbers of another choice, which a moment ago was the form's, is not ticked.
    if amber := judging.unconfirmed(check.lines, draft.confirmed if was_shown else ()):
        which = "la riga gialla" if len(amber) == 1 else f"le {number(len(amber))} righe gialle"
        return 422, f"Prima conferma {which} della verifica: {amber[0].title}."
    return None


def shown(check: Check, source: Source, draft: Draft, has_changed: bool = False) -> Shown:
    confirmed = frozenset() if has_changed else draft.confirmed
    tone, badge = judging.badge(check.lines, confirmed)
    database_id, home = db.saved_id(source.database), source.database.country
    with db.reading() as session:

        def some(ids: Sequence[int]) -> list[str]:
            return examples.masked(session, database_id, draft.medium, ids)

        reasons = [
            Reason(texts.left_out_reason(why), one.contacts, some(one.ids))
            for why, one in check.reasons.items()
        ]
        exits = [
            Reason(check_texts.EXITS[why], one.contacts, some(one.ids)) for why, one in check.exits.items()
        ]
        changes = examples.changes(session, database_id, draft.medium, check.going, home)
    label = check.facts.label
    return Shown(
        check.lines,
        confirmed,
        tone,
        badge,
        check_texts.bill(check.numbers, check.facts.operation),
        reasons,
        exits,
        changes,
        check_texts.effort(check.facts.calls, check.facts.lasts_s, label),
        check.seal,
        check.numbers.left_out,
        check.numbers.to_remove,
        has_changed,
    )


def _answer(
    source: Source, account: Account | None, listing: Listing | None, again: bool
) -> tuple[Answer, Account | None]:
    """The vendor's answer, and the account as it stands after that: being asked may have shown a problem."""
    client_id = source.database.client_id
    if account is None:
        return asking.nobody(), None
    if account.problem:
        return asking.nobody(), account
    if listing is not None and listing.problem:
        answer = asking.nobody(listing.problem)  # another call would only wait once more
    else:
        answer = asking.ask(client_id, account, again)
    try:
        return answer, registry.destination(account.kind).account(client_id, account.id)
    except LookupError:  # deleted meanwhile
        return answer, None


def _proposal(source: Source, draft: Draft, account: Account | None) -> Upload:
    return reading.proposal(
        source.database,
        source.filter,
        account,
        audience_id="" if draft.is_new else draft.audience,
        audience_name=draft.name,
        medium=draft.medium,
        consent=draft.policy,
        operation=draft.operation,
        identifiers=draft.identifiers,
        value_field=draft.value or None,
    )


def _target(draft: Draft, account: Account | None, listing: Listing | None) -> Target:
    unasked = listing.problem if listing else "L’elenco delle custom audience non è stato letto."
    if draft.is_new:
        return Target(
            draft.name,
            True,
            unasked=unasked,
            name_taken=listing is not None and listing.has_name(draft.name),
            name_warning=registry.name_warning(draft.name, account),
        )
    found = listing.find(draft.audience) if listing else None
    return Target(found.name if found else "", False, found, unasked)
