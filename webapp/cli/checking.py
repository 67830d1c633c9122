"""`platea carica --verifica`: the check before an upload, for people or as JSON; nothing is sent."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import NamedTuple

import click

from webapp import clock
from webapp.cli import terminal
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.destinations.base import Account, Identifier, Medium, Origin
from webapp.uploads import problems
from webapp.uploads.checking import judging
from webapp.uploads.checking.lines import Tone
from webapp.uploads.checking.reading import Check
from webapp.uploads.operations import Operation
from webapp.uploads.screens import check_texts
from webapp.uploads.screens.form import audience_list, check
from webapp.uploads.screens.form.forms import EXISTING, NEW, Draft
from webapp.uploads.screens.sources import Source
from webapp.values.texts import ROME, number

SAID = {Tone.OK: "A posto", Tone.WARN: "Da confermare", Tone.ERR: "Blocca"}
SIGNS = {"less": "− ", "equals": "= "}


class There(NamedTuple):
    """Where to send: *audience_id* None for a new audience."""

    account: Account
    audience: str
    audience_id: str | None


def draft(
    there: There,
    medium: Medium,
    policy: ConsentPolicy,
    identifiers: Sequence[Identifier],
    origin: Origin,
    operation: Operation,
    value_field: str | None = None,
) -> Draft:
    """The form of the page as the command fills it in."""
    includes_refused = policy == ConsentPolicy.ANYONE
    return Draft(
        medium=medium,
        account=there.account.public_id,
        mode=NEW if there.audience_id is None else EXISTING,
        name=there.audience,
        audience=there.audience_id or "",
        who=ConsentPolicy.NOT_REFUSED if includes_refused else policy,
        includes_refused=includes_refused,
        identifiers=tuple(identifiers),
        origin=origin,
        operation=operation,
        value=value_field or "",
    )


def made(source: Source, draft: Draft, account: Account) -> Check:
    """The check of what the command was told. Raises Stop for a filter that uses a field that is gone."""
    listing = audience_list.read(source.database.client_id, account, again=True)
    try:
        return check.read(source, draft, account, listing, clock.now().astimezone(ROME).date(), again=True)
    except BrokenRule:
        raise terminal.Stop(f"{problems.FILTER_BROKEN.what} {problems.FILTER_BROKEN.todo}") from None


def refuse_blocked(one: Check) -> None:
    """Raises Stop with what keeps the upload from being sent."""
    if red := judging.blocking(one.lines):
        told = f"{red[0].title}. {red[0].detail}".strip()
        raise terminal.Stop(f"{told} Per vederli tutti ripeti il comando con --verifica.", terminal.BAD)


def report(one: Check, as_json: bool) -> None:
    """Print it; ends the command with a status when something blocks."""
    if as_json:
        terminal.print_json(_summary(one))
    else:
        click.echo("\n".join(_sentences(one)))
    if one.is_blocked:
        raise SystemExit(terminal.BAD)


def _sentences(one: Check) -> list[str]:
    facts = one.facts
    lines = [f"{SAID[line.tone]}: {line.title}. {line.detail}".strip() for line in one.lines]
    bill = [
        f"{SIGNS.get(term.op, '')}{term.label}: {number(term.value)}"
        + (f" ({term.detail})" if term.detail else "")
        for term in check_texts.bill(facts.numbers, facts.operation)
    ]
    effort = check_texts.effort(facts.calls, facts.lasts_s, facts.label)
    return [*lines, *bill, effort, "Non è partito niente: per inviare, ripeti il comando senza --verifica."]


def _summary(one: Check) -> dict[str, object]:
    facts = one.facts
    lines = [
        {"key": line.key, "tone": line.tone.value, "title": line.title, "detail": line.detail}
        for line in one.lines
    ]
    return {
        "blocked": one.is_blocked,
        "operation": facts.operation.value,
        "lines": lines,
        **asdict(facts.numbers),
        "reasons": {reason: some.contacts for reason, some in one.reasons.items()},
        "calls": facts.calls,
        "lasts_s": round(facts.lasts_s, 1),
    }
