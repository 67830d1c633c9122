"""Contacts as a file: nothing a spreadsheet would run, nothing lost when it is imported again."""

import csv
import io
from datetime import date
from itertools import chain

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rounds
from hypothesis import strategies as st
from sqlmodel import select

from tests.conftest import add_operator
from tests.contacts.conftest import contacts_of, import_file
from webapp import db
from webapp.access.models import AuditEntry, Role
from webapp.contacts import databases, queries
from webapp.contacts.answers import BY_HAND, FIELDS, pack_unread
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import Contact, Filter, OwnField
from webapp.contacts.people import contact_export
from webapp.contacts.store import row_converter
from webapp.web import csv_file

FILE = """\
Codice;Email;Cellulare;Nome;Città;Data di nascita;Consenso;Totale speso;VIP
C1;anna@posta.example.com;+39 333 1234567;=HYPERLINK("http://x");Forlì;14/02/1970;sì;-1.459,26;no
C2;dario@;02 1234567;@Dario;"due
righe; e virgole, ""anche"" qui";;no;1000;
"""
TORINO = {"groups": [{"match": "all", "conditions": [{"field": "code", "operator": "is", "values": ["C2"]}]}]}


@pytest.fixture
def here(clienti):
    import_file(clienti, FILE)
    return f"/database/{clienti.public_id}/contatti"


def rows_of(answer) -> list[list[str]]:
    assert answer.status_code == 200, answer.status_code
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_a_database_is_exported_with_every_field(signed_in, here):
    head, first, second = rows_of(signed_in.post_form(f"{here}/esporta"))
    one = dict(zip(head, first, strict=True))
    assert one["Nome"] == '\'=HYPERLINK("http://x")' and one["Cellulare"] == "+39 333 1234567"
    assert one["Totale speso"] == "-1459,26"
    assert (one["Data di nascita"], one["Consenso"], one["VIP"]) == ("14/02/1970", "sì", "no")
    assert dict(zip(head, second, strict=True))["Nome"] == "'@Dario"


def test_an_export_is_told_of_without_naming_anybody(signed_in, here):
    signed_in.post_form(f"{here}/esporta")
    with db.reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "contacts_exported")).one()
    assert entry.target == "Clienti Italia" and "posta.example" not in str(entry)


def test_a_filter_is_exported_alone(signed_in, clienti, here):
    with db.writing() as session:
        saved = Filter(database_id=clienti.id, name="Solo C2", rule=TORINO)
        session.add(saved)
    rows = rows_of(signed_in.post_form(f"{here}/esporta", {"filtro": saved.public_id}))
    assert [row[0] for row in rows] == ["Codice cliente", "C2"]
    assert signed_in.post_form(f"{here}/esporta", {"filtro": "222222222222"}).status_code == 404


def test_support_and_a_plain_link_get_nothing(app, aurora, signed_in, here):
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))
    assert support.post_form(f"{here}/esporta").status_code == 403
    assert signed_in.get(f"{here}/esporta").status_code in (404, 405)


words = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=12)
risky = st.builds(str.__add__, st.sampled_from(["=", "+", "-", "@", "'", "'=", "＝", '"', ";", "’"]), words)
texts = (words | risky).map(lambda text: row_converter.read.read_text(text))
numbers = st.integers(-(10**12), 10**12) | st.decimals(-(10**6), 10**6, places=2).map(float)
days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
births = st.dates(date(1900, 1, 1), date(2024, 12, 31))  # a birth date to come is none
answers = st.none() | st.booleans()


@st.composite
def people(draw, number):
    email = row_converter.digest_email(draw(words | risky | st.just(f"p{number}@posta.example.com")))
    mobile = row_converter.digest_mobile(
        draw(risky | st.sampled_from(["+39 333 1234567", "02 123", "3,33E+09"]))
    )
    own = {"note": draw(texts), "speso": draw(st.none() | numbers), "vip": draw(st.none() | st.booleans()),
           "visto": draw(st.none() | days.map(date.isoformat))}  # fmt: skip
    said = {field: draw(answers) for field in FIELDS}
    # beside an answer that stands an undecided one is not told: it is one or the other in a file
    undecided = [field for field in FIELDS if said[field] is None and draw(st.booleans())]
    return Contact(
        database_id=0, code=f"C{number}", own_fields={k: v for k, v in own.items() if v is not None},
        email=email.typed, email_sha256=email.sha256, email_reason=email.reason,
        mobile=mobile.typed, mobile_sha256=mobile.sha256, mobile_reason=mobile.reason,
        first_name=draw(texts), last_name=draw(texts), city=draw(texts), gender=draw(st.sampled_from("mf")),
        birth_date=draw(st.none() | births), **said,
        consent_unread=pack_unread(dict.fromkeys(undecided, BY_HAND)),
    )  # fmt: skip


@given(data=st.data())
@rounds(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_exported_is_imported_again_as_the_same_contacts(aurora, settings, data):
    size = data.draw(st.integers(1, 5))
    with db.writing() as session:
        source = databases.create_database(session, aurora.id, _free_name(session, aurora, "Da"))
        copy = databases.create_database(session, aurora.id, _free_name(session, aurora, "A"))
        for database in (source, copy):
            for key, kind in (("note", "text"), ("speso", "number"), ("vip", "yes_no"), ("visto", "date")):
                session.add(OwnField(database_id=database.id, key=key, label=key.title(), type=kind))
        for number in range(size):
            person = data.draw(people(number))
            person.database_id = source.id
            session.add(person)
    with db.reading() as session:
        fields = queries.fields_of(session, source.id)
    chosen = selected(source.id, None, {}, date(2026, 11, 24))
    exported = "".join(csv_file.lines(contact_export.rows(chosen, fields)))
    cells = chain(*csv.reader(io.StringIO(exported.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert not any(cell.startswith(("=", "@", "＝")) for cell in cells)

    done = import_file(copy, exported.encode(), key="code")
    undecided = exported.count(BY_HAND)
    unread = sum(done.unreadable_cells.values())
    assert (done.rows_new, done.rows_rejected, unread) == (size, 0, undecided), exported
    assert [_told(one) for one in contacts_of(copy)] == [_told(one) for one in contacts_of(source)]


def _told(contact: Contact) -> dict:
    return contact.model_dump(exclude={"id", "database_id", "created_at", "updated_at"})


def _free_name(session, aurora, start: str) -> str:
    return f"{start} {len(queries.databases_of(session, aurora.id))}"
