"""Who said no is never sent; who said nothing is, unless only those who said yes are wanted."""

import hashlib
from collections import Counter

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import html

from tests.conftest import make_app
from tests.uploads.conftest import add_contacts, read
from webapp import clock, db
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.contact_ids import public_id
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.destinations.base import Medium
from webapp.uploads import jobs
from webapp.uploads.commands import repeat_upload, retry_upload, stop_upload
from webapp.uploads.screens import queries
from webapp.uploads.screens.detail.left_out import csv_rows, listed
from webapp.uploads.screens.form import forecast
from webapp.uploads.screens.sources import Source
from webapp.uploads.status import FINAL, UploadStatus

MILAN = {
    "groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Milano"]}]}]
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def row_of(world, upload):
    with db.reading() as session:
        return queries.read_one(session, world.client.id, upload.public_id)


def look(database: UserDatabase, saved: Filter | None = None) -> forecast.Prospect:
    with db.reading() as session:
        return forecast.look_at(session, Source(database, saved), clock.today())


@pytest.fixture
def people(world) -> None:
    world.add_contacts("si@posta.example", consent=True)
    world.add_contacts("no@posta.example", consent=False)
    world.add_contacts("boh@posta.example")
    world.add_contacts("no", consent=False)  # an address that is none, and a no: the no counts


def test_who_said_no_is_left_out_with_the_reason(world, people, work):
    upload = work(world.start(consent=ConsentPolicy.NOT_REFUSED))

    assert world.simulator.received(upload.audience_id) == {
        digest("si@posta.example"),
        digest("boh@posta.example"),
    }
    row = row_of(world, upload)
    assert (row.numbers.selected, row.numbers.to_send, row.numbers.excluded) == (4, 2, {"opted_out": 2})
    assert row.numbers.adds_up()
    csv = list(csv_rows(row, "opted_out"))
    assert [(line[1], line[-1]) for line in csv[1:]] == [
        ("no@posta.example", "esclusi (disiscritti)"),
        ("anna(at)posta", "esclusi (disiscritti)"),
    ]
    assert [one.detail for one in listed(row, "opted_out", 10, masked=True)][0] != "no@posta.example"


def test_only_who_said_yes_leaves_out_who_said_nothing(world, people, work):
    upload = work(world.start(consent=ConsentPolicy.GIVEN))

    assert world.simulator.received(upload.audience_id) == {digest("si@posta.example")}
    assert row_of(world, upload).numbers.excluded == {"opted_out": 2, "no_consent": 1}


def test_everybody_is_sent_when_that_was_chosen(world, people, work):
    upload = work(world.start(consent=ConsentPolicy.ANYONE))

    assert len(world.simulator.received(upload.audience_id)) == 3
    assert read(upload).excluded == {}


def test_an_address_is_not_sent_when_another_contact_with_it_said_no(world, work):
    world.add_contacts("anna@posta.example", consent=True, city="Milano")
    world.add_contacts("anna@posta.example", consent=False, city="Roma")
    world.add_contacts("luca@posta.example", city="Milano")
    with db.writing() as session:
        saved = Filter(database_id=world.database.id, name="Milano", rule=MILAN)
        session.add(saved)

    upload = work(world.start(consent=ConsentPolicy.NOT_REFUSED, filter_id=saved.id))

    assert world.simulator.received(upload.audience_id) == {digest("luca@posta.example")}
    assert read(upload).excluded == {"opted_out": 1}
    assert look(world.database, saved).to_send(Medium.EMAIL, ConsentPolicy.NOT_REFUSED) == 1


def test_a_no_in_another_database_leaves_nobody_out_here(world, work):
    with db.writing() as session:
        other = UserDatabase(client_id=world.client.id, name="Altro")
        session.add(other)
    add_contacts(other, ("anna@posta.example",), consent=False)
    world.add_contacts("anna@posta.example", consent=True)

    assert read(work(world.start(consent=ConsentPolicy.GIVEN))).to_send == 1


def test_when_everybody_said_no_the_upload_says_so(world, work):
    world.add_contacts("anna@posta.example", consent=False)

    done = work(world.start(consent=ConsentPolicy.NOT_REFUSED))

    assert done.status == UploadStatus.FAILED
    assert done.reason == "Tutti i contatti con un dato valido hanno detto no: non c’è nulla da inviare."
    assert row_of(world, done).numbers.adds_up()


def test_a_repeat_keeps_the_choice_and_reads_the_answers_of_today(world, people, work):
    first = work(world.start(consent=ConsentPolicy.GIVEN))
    with db.writing() as session:
        session.add(
            Contact(database_id=world.database.id, **sent_by_email("nuova@posta.example"), consent=True)
        )

    again = work(repeat_upload(first.id, "Giulia Ferri"))

    assert (again.consent, again.to_send) == (ConsentPolicy.GIVEN, 2)


def sent_by_email(address: str) -> dict[str, object]:
    return {"email": address, "email_sha256": bytes.fromhex(digest(address))}


contacts = st.lists(
    st.tuples(
        st.sampled_from(["a@posta.example", "b@posta.example", "c@posta.example", "no", None]),
        st.sampled_from([True, False, None]),
        st.sampled_from(["Milano", "Roma"]),
    ),
    max_size=25,
)


@given(people=contacts, choice=st.sampled_from(list(ConsentPolicy)), filtered=st.booleans())
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_announced_is_what_is_prepared_and_all_adds_up(world, people, choice, filtered):
    with db.writing() as session:
        database = UserDatabase(client_id=world.client.id, name=f"Prova {clock.now().isoformat()}")
        session.add(database)
    for email, consent, city in people:
        add_contacts(database, (email,), consent=consent, city=city)
    saved = None
    if filtered:
        with db.writing() as session:
            saved = Filter(database_id=database.id, name="Milano", rule=MILAN)
            session.add(saved)
    announced = look(database, saved)

    upload = world.start(database_id=database.id, consent=choice, filter_id=saved.id if saved else None)
    jobs.prepare_upload(upload.id)

    done = read(upload)
    numbers = row_of(world, upload).numbers
    assert numbers.selected == announced.selected
    assert numbers.selected == sum(numbers.excluded.values()) + sum(numbers.discarded.values()) + (
        numbers.duplicates + numbers.to_send
    )
    assert numbers.adds_up()
    assert done.to_send == announced.to_send(Medium.EMAIL, choice) == len(expected(people, choice, filtered))
    assert Counter(done.excluded) == excluded(people, choice, filtered)


def expected(people, choice: ConsentPolicy, filtered: bool) -> set[str]:
    refused = {email for email, consent, _ in people if consent is False}
    allowed = {
        ConsentPolicy.ANYONE: lambda email, consent: True,
        ConsentPolicy.NOT_REFUSED: lambda email, consent: email not in refused,
        ConsentPolicy.GIVEN: lambda email, consent: consent is True and email not in refused,
    }[choice]
    return {
        email
        for email, consent, city in people
        if "@posta" in (email or "") and (not filtered or city == "Milano") and allowed(email, consent)
    }


def excluded(people, choice: ConsentPolicy, filtered: bool) -> Counter[str]:
    if choice == ConsentPolicy.ANYONE:
        return Counter()
    refused = {email for email, consent, _ in people if consent is False and "@posta" in (email or "")}
    found: Counter[str] = Counter()
    for email, consent, city in people:
        if filtered and city != "Milano":
            continue
        if consent is False or email in refused:
            found["opted_out"] += 1
        elif consent is None and choice == ConsentPolicy.GIVEN:
            found["no_consent"] += 1
    return found


def test_who_says_no_after_the_preparation_is_not_sent(world, connected, giulia, work):
    ids = world.add_contacts("anna@posta.example", "luca@posta.example", consent=True)
    upload = world.start(consent=ConsentPolicy.NOT_REFUSED)
    careless = world.start(consent=ConsentPolicy.ANYONE, audience_name="Tutti")
    jobs.prepare_upload(upload.id)
    jobs.prepare_upload(careless.id)
    browser = make_app(connected).test_client()
    browser.sign_in(giulia)
    page = f"/database/{world.database.public_id}/contatti/{public_id(ids[0])}/modifica"

    form = html.fromstring(browser.get(page).text).xpath("//form[@id='contatto']")[0]
    typed = {name: value or "" for name, value in form.form_values()} | {"campo-consent": "no"}
    assert browser.post_form(page, typed).status_code == 303

    done = work(upload)
    assert world.simulator.received(done.audience_id) == {digest("luca@posta.example")}
    assert (done.excluded, done.to_send) == ({"opted_out": 1}, 1)
    assert row_of(world, upload).numbers.adds_up()
    assert work(careless).to_send == 2


def test_a_retry_does_not_send_who_said_no_meanwhile(world, work):
    ids = world.add_contacts("anna@posta.example", "luca@posta.example", consent=True)
    upload = world.start(consent=ConsentPolicy.NOT_REFUSED)
    jobs.prepare_upload(upload.id)
    stop_upload(upload.id)
    with db.writing() as session:  # as an import does
        session.get_one(Contact, ids[1]).consent = False

    assert retry_upload(upload.id, "Giulia Ferri")

    done = work(upload)
    assert world.simulator.received(done.audience_id) == {digest("anna@posta.example")}
    assert (done.status, done.excluded) == (UploadStatus.COMPLETED, {"opted_out": 1})
    assert row_of(world, upload).numbers.adds_up()


def test_a_retry_of_whom_all_said_no_meanwhile_ends(world, work):
    ids = world.add_contacts("anna@posta.example", consent=True)
    upload = world.start(consent=ConsentPolicy.GIVEN)
    jobs.prepare_upload(upload.id)
    stop_upload(upload.id)
    with db.writing() as session:
        session.get_one(Contact, ids[0]).consent = False

    assert retry_upload(upload.id, "Giulia Ferri")

    done = work(upload)
    assert (done.status in FINAL, done.to_send, done.excluded) == (True, 0, {"opted_out": 1})
