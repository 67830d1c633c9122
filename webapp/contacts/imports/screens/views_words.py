"""The page where a person says the meaning of each word of a column about consent."""

from collections.abc import Mapping

from flask import Response, abort, make_response, render_template, request
from sqlmodel import Session

from webapp import db
from webapp.access.current import current_operator
from webapp.contacts import consent_words, texts
from webapp.contacts.answers import BY_HAND, FIELDS, field_of, is_turned
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.import_pages import find, url
from webapp.contacts.imports.matching.conversion import converter_of
from webapp.contacts.imports.screens.consent_page import Words, words_of
from webapp.contacts.imports.screens.file_sample import FileSample, read_sample
from webapp.contacts.imports.screens.two_answers import people_with_two
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.routes import IMPORT, blueprint
from webapp.values.texts import plural
from webapp.web import htmx

MEANINGS = {"si": True, "no": False, "da-decidere": None}


@blueprint.get(f"{IMPORT}/consenso/<int:column>", endpoint="import_words")
def show_words(database_id: str, import_id: str, column: int) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        sample, words = _words(session, database, draft, column)
        return make_response(
            render_template(
                "contacts/imports/steps/words.html",
                database=database,
                draft=draft,
                column=column,
                turned=is_turned(draft.mapping[str(column)]),
                found=words,
                two=_two(session, draft, column, sample),
                rows_read=len(sample.rows),
                is_whole=sample.is_whole,
                back=_back(),
                words=texts,
            )
        )


@blueprint.post(f"{IMPORT}/consenso/<int:column>")
def decide_import_words(database_id: str, import_id: str, column: int) -> Response:
    """Remember what was chosen where it is not what we read; then on to where the person came from."""
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        _, words = _words(session, database, draft, column)
    chosen, who = changed(request.form, words), current_operator().name
    for (turned, word), answer in chosen.items():
        with db.writing() as session:
            consent_words.decide(session, db.saved_id(database), turned, word, answer, who)
    answer_page = htmx.go_to(url("check_import" if _back() else "import_columns", database, draft))
    if not chosen:
        return answer_page
    said = plural(len(chosen), "parola decisa", "parole decise")
    return htmx.notice(answer_page, f"{said}: vale anche per le prossime importazioni in “{database.name}”.")


def changed(form: Mapping[str, str], words: Words) -> dict[tuple[bool, str], bool | None]:
    """(turned, word) → what a person said it means, of the words that meant something else so far. PURE."""
    offered = {word.word: word for word in words.offered}
    found: dict[tuple[bool, str], bool | None] = {}
    for place in range(len(offered)):
        word = offered.get(form.get(f"parola-{place}", ""))
        meaning = form.get(f"vuol-dire-{place}", "")
        if word and word.word != BY_HAND and meaning in MEANINGS and MEANINGS[meaning] != word.answer:
            found[word.turned, word.word] = MEANINGS[meaning]
    return found


def _words(
    session: Session, database: UserDatabase, draft: ContactImport, column: int
) -> tuple[FileSample, Words]:
    """404 for a column that is not there or holds no answers about consent."""
    target = draft.mapping.get(str(column), "")
    if field_of(target) not in FIELDS:
        abort(404)
    try:
        sample = read_sample(draft)
    except (UnreadableFile, FileNotFoundError):
        abort(404)
    meanings = consent_words.meanings(session, db.saved_id(database))
    return sample, words_of((row[column] for row in sample.rows), is_turned(target), meanings)


def _two(session: Session, draft: ContactImport, column: int, sample: FileSample) -> int:
    """How many people the file gives two different answers in the field of *column*."""
    converter = converter_of(session, draft)
    converter.answers = None  # which sets one of the two aside
    rows = [row for row in sample.rows if not converter.is_nobody(row)]
    field = field_of(draft.mapping[str(column)])
    return people_with_two(converter.columns, converter.convert_all(rows), draft.key, field)


def _back() -> bool:
    """Whether the person came from the check."""
    return request.args.get("da") == "controlla"
