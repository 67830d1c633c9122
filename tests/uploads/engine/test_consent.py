"""Who said no is never sent; who said nothing is, unless only those who said yes are wanted."""

import hashlib
from collections import Counter

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import html
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from tests.conftest import make_app
from tests.uploads.conftest import add_contacts, read
from webapp import clock, db
from webapp.access.models import AuditEntry
from webapp.contacts.answers import Answer, answer_for
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.contact_ids import public_id
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.destinations.base import Medium
from webapp.uploads import jobs
from webapp.uploads.commands import NotAllowed, ReasonMissing, repeat_upload, retry_upload, stop_upload
from webapp.uploads.models import Upload
from webapp.uploads.screens import queries
from webapp.uploads.screens.detail.left_out import csv_rows, listed
from webapp.uploads.screens.form import forecast
from webapp.uploads.screens.sources import Source
from webapp.uploads.status import FINAL, UploadStatus

REASON = "Contratto di fornitura, parere del DPO"
MILAN = {
    "groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Milano"]}]}]
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def row_of(world, upload):
    with db.reading() as session:
        return queries.read_one(session, world.client.id, upload.public_id)


def look(database: UserDatabase, saved: Filter | None = None) -> forecast.Forecast:
    with db.reading() as session:
        return forecast.forecast(session, Source(database, saved), clock.today())


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
        ("no@posta.example", "ha detto no"),
        ("anna(at)posta", "ha detto no"),
    ]
    assert [one.detail for one in listed(row, "opted_out", 10, masked=True)][0] != "no@posta.example"


def test_only_who_said_yes_leaves_out_who_said_nothing(world, people, work):
    upload = work(world.start(consent=ConsentPolicy.GIVEN))

    assert world.simulator.received(upload.audience_id) == {digest("si@posta.example")}
    assert row_of(world, upload).numbers.excluded == {"opted_out": 2, "no_consent": 1}


def test_everybody_is_sent_when_that_was_chosen(world, people, work):
    upload = work(world.start(consent=ConsentPolicy.ANYONE))

    assert len(world.simulator.received(upload.audience_id)) == 3
    done = read(upload)
    assert (done.excluded, done.to_send, done.refused_included) == ({}, 3, 1)
    assert (done.consent_reason, done.consent_by) == (REASON, "Giulia Ferri")


@pytest.mark.parametrize("choice", list(ConsentPolicy))
def test_an_answer_nobody_could_read_is_sent_under_no_choice(world, people, work, choice):
    world.add_contacts("forse@posta.example", consent=True, consent_unread='{"consent":"forse"}')
    world.add_contacts("forse@posta.example", consent=True)  # the same person, with a yes beside it

    upload = work(world.start(consent=choice))

    assert digest("forse@posta.example") not in world.simulator.received(upload.audience_id)
    row = row_of(world, upload)
    assert row.numbers.excluded["undecided"] == 2
    assert row.numbers.adds_up()
    assert {line[-1] for key in ("undecided", "undecided.same") for line in list(csv_rows(row, key))[1:]} == {
        "risposta da decidere",
        "lo stesso dato è di un altro contatto con una risposta da decidere",
    }


def test_the_answer_for_a_channel_holds_for_its_medium_only(world, work):
    mobile = {"mobile": "393331234567", "mobile_sha256": bytes.fromhex(digest("393331234567"))}
    world.add_contacts("anna@posta.example", consent=True, consent_email=False, **mobile)

    by_email = work(world.start(consent=ConsentPolicy.NOT_REFUSED))
    by_sms = work(world.start(consent=ConsentPolicy.GIVEN, medium=Medium.SMS, audience_name="Per SMS"))

    assert (by_email.to_send, by_email.excluded) == (0, {"opted_out": 1})
    assert world.simulator.received(by_sms.audience_id) == {digest("393331234567")}


@pytest.mark.parametrize("reason", [None, "", "  perché  ", "contratto"])
def test_who_said_no_is_sent_only_with_a_reason(world, people, reason):
    with pytest.raises(ReasonMissing, match="almeno 10 caratteri"):
        world.start(consent=ConsentPolicy.ANYONE, reason=reason)


def test_including_who_said_no_is_told_of_with_the_reason_and_the_number(world, people):
    world.start(consent=ConsentPolicy.ANYONE)

    with db.reading() as session:
        told = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq).desc())).first()
    assert (told.action, told.detail["motivo"], told.detail["hanno_detto_no"]) == (
        "refusals_included", REASON, 2,
    )  # fmt: skip


@pytest.mark.parametrize("missing", ["consent", "database_id", "destination"])
def test_an_upload_that_does_not_say_whom_to_send_is_not_kept(world, missing):
    values = {"client_id": world.client.id, "database_id": world.database.id, "audience_name": "Prova"}
    values |= {"medium": "email", "consent": "not_refused", "destination": "meta"}
    del values[missing]

    with pytest.raises(IntegrityError), db.writing() as session:
        session.add(Upload(**values))


def test_a_repeat_of_who_said_no_needs_who_may_and_keeps_the_reason(world, people, work):
    first = work(world.start(consent=ConsentPolicy.ANYONE))

    with pytest.raises(NotAllowed):
        repeat_upload(first.id, "Paolo Neri", may_include=False)
    again = work(repeat_upload(first.id, "Paolo Neri", may_include=True))

    assert (again.consent, again.consent_reason, again.consent_by) == ("anyone", REASON, "Paolo Neri")


def test_an_upload_from_before_reasons_is_repeated_where_nobody_said_no(world, people, work):
    with db.writing() as session:
        former = session.get_one(Upload, work(world.start()).id)
        former.consent = ConsentPolicy.ANYONE
        session.add(former)

    with pytest.raises(ReasonMissing):  # here somebody has
        repeat_upload(former.id, "Giulia Ferri", may_include=True)
    with db.writing() as session:
        for one in session.exec(select(Contact)):
            one.consent = None
    assert repeat_upload(former.id, "Giulia Ferri", may_include=False).consent == "not_refused"


def test_an_address_is_not_sent_when_another_contact_with_it_said_no(world, work):
    world.add_contacts("anna@posta.example", consent=True, city="Milano")
    world.add_contacts("anna@posta.example", consent=False, city="Roma")
    world.add_contacts("luca@posta.example", city="Milano")
    with db.writing() as session:
        saved = Filter(database_id=world.database.id, name="Milano", rule=MILAN)
        session.add(saved)

    upload = work(world.start(consent=ConsentPolicy.NOT_REFUSED, filter_id=saved.id))

    assert world.simulator.received(upload.audience_id) == {digest("luca@posta.example")}
    assert read(upload).excluded == {"same_opted_out": 1}
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


def test_when_a_decision_would_let_somebody_go_the_upload_says_so(world, work):
    world.add_contacts("anna@posta.example", consent=False)
    world.add_contacts("luca@posta.example", consent_unread='{"consent":"forse"}')

    assert work(world.start(consent=ConsentPolicy.NOT_REFUSED)).reason == (
        "Tutti i contatti con un dato valido hanno detto no o hanno una risposta da decidere: "
        "non c’è nulla da inviare."
    )


def test_a_repeat_keeps_the_choice_and_reads_the_answers_of_today(world, people, work):
    first = work(world.start(consent=ConsentPolicy.GIVEN))
    with db.writing() as session:
        session.add(
            Contact(database_id=world.database.id, **sent_by_email("nuova@posta.example"), consent=True)
        )

    again = work(repeat_upload(first.id, "Giulia Ferri", may_include=True))

    assert (again.consent, again.to_send) == (ConsentPolicy.GIVEN, 2)


def sent_by_email(address: str) -> dict[str, object]:
    return {"email": address, "email_sha256": bytes.fromhex(digest(address))}


said = st.sampled_from([True, False, None])
contacts = st.lists(
    st.builds(
        lambda email, city, **answers: {"email": email, "city": city, **answers},
        email=st.sampled_from(["a@posta.example", "b@posta.example", "c@posta.example", "no", None]),
        city=st.sampled_from(["Milano", "Roma"]),
        consent=said,
        consent_email=said,
        consent_sms=said,
        consent_unread=st.sampled_from([None, None, None, '{"consent":"forse"}']),
    ),
    max_size=25,
)


@given(people=contacts, choice=st.sampled_from(list(ConsentPolicy)), filtered=st.booleans())
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_announced_is_what_is_prepared_and_all_adds_up(world, people, choice, filtered):
    with db.writing() as session:
        database = UserDatabase(client_id=world.client.id, name=f"Prova {clock.now().isoformat()}")
        session.add(database)
    for one in people:
        add_contacts(database, (one["email"],), **{key: one[key] for key in one if key != "email"})
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
    wanted = sent(people, choice, filtered)
    assert done.to_send == announced.to_send(Medium.EMAIL, choice) == len(wanted)
    assert Counter(done.excluded) == excluded(people, choice, filtered)
    if choice == ConsentPolicy.ANYONE:
        refused = [email for email in wanted if Answer.NO in answers_with(people, email)]
        assert done.refused_included == announced.reach[Medium.EMAIL].included == len(refused)


def answers_with(people, email: str | None) -> set[Answer]:
    """What all contacts with the address answered; an address that is none is nobody else's."""
    return {said_by(one) for one in people if one["email"] == email and "@posta" in (email or "")}


def said_by(one) -> Answer:
    return answer_for(one["consent"], one["consent_email"], one["consent_unread"])


def sent(people, choice: ConsentPolicy, filtered: bool) -> set[str]:
    return {
        one["email"]
        for one in people
        if "@posta" in (one["email"] or "")
        and (not filtered or one["city"] == "Milano")
        and why(one, people, choice) is None
    }


def excluded(people, choice: ConsentPolicy, filtered: bool) -> Counter[str]:
    chosen = [one for one in people if not filtered or one["city"] == "Milano"]
    return Counter(reason for one in chosen if (reason := why(one, people, choice)))


def why(one, people, choice: ConsentPolicy) -> str | None:
    """The first reason that applies, as numbers are counted."""
    mine, same = said_by(one), answers_with(people, one["email"])
    if choice != ConsentPolicy.ANYONE and mine == Answer.NO:
        return "opted_out"
    if choice != ConsentPolicy.ANYONE and Answer.NO in same:
        return "same_opted_out"
    if mine == Answer.UNDECIDED or Answer.UNDECIDED in same:
        return "undecided"
    return "no_consent" if choice == ConsentPolicy.GIVEN and mine != Answer.YES else None


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
