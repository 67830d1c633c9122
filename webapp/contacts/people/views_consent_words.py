"""The words of a database's answers about consent that nobody could read: listed, and what each means."""

from collections.abc import Mapping
from typing import Final

from flask import Response, render_template, request, url_for

from webapp import db
from webapp.access.current import current_operator
from webapp.contacts import consent_words
from webapp.contacts.answers import BY_HAND
from webapp.contacts.routes import CONSENT, blueprint, database_or_404
from webapp.values import texts
from webapp.web import htmx

MEANINGS: Final = {"si": True, "no": False}  # as the form says it; anything else is still to decide
APPLY_S = 3.0  # within the request; the rest is done by a worker

Word = tuple[bool, str]  # is its column turned, the word


@blueprint.get(CONSENT, endpoint="consent_words")
def show_consent_words(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        undecided = consent_words.undecided(session, db.saved_id(database))
    return render_template("contacts/people/consent_words.html", database=database, undecided=undecided)


@blueprint.post(CONSENT)
def decide_words(database_id: str) -> Response:
    """Remember what was chosen and apply it; words left to decide stay as they are."""
    with db.reading() as session:
        database = database_or_404(session, database_id)
    held = [_decide(db.saved_id(database), word, answer) for word, answer in chosen(request.form).items()]
    contacts, words = sum(held), sum(map(bool, held))
    if words:
        consent_words.apply_some(APPLY_S)
    with db.reading() as session:
        is_left = consent_words.count_undecided(session, db.saved_id(database))
    page = "contacts.consent_words" if is_left else "contacts.contacts"
    answer_page = htmx.go_to(url_for(page, database_id=database.public_id))
    if not words:
        return htmx.notice(answer_page, "Nessuna parola decisa: chi le ha resta fuori dagli invii.")
    said = texts.plural(words, "parola decisa", "parole decise")
    return htmx.notice(answer_page, f"{said}, per {texts.plural(contacts, 'contatto', 'contatti')}.")


def _decide(database_id: int, word: Word, answer: bool) -> int:
    """How many contacts held the word; none when somebody was quicker, or it never stood there."""
    with db.writing() as session:
        if not consent_words.count(session, database_id, *word):
            return 0
        return consent_words.decide(session, database_id, *word, answer, current_operator().name)


def chosen(form: Mapping[str, str]) -> dict[Word, bool]:
    """The words a person said the meaning of, from the table of `_consent_words.html`. PURE."""
    found: dict[Word, bool] = {}
    for place in range(consent_words.MOST_OFFERED):
        word, meaning = form.get(f"parola-{place}", ""), form.get(f"vuol-dire-{place}", "")
        if word and word != BY_HAND and meaning in MEANINGS:
            found[form.get(f"colonna-{place}") == "fuori", word.replace("\0", "")] = MEANINGS[meaning]
    return found
