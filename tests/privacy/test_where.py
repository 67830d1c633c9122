"""Where a contact went: what the page and the command tell of an address, and whom they tell it of."""

import hashlib
import json

import pytest
from sqlalchemy import delete, insert, text
from sqlmodel import col, select

from tests.cli.test_once import platea
from tests.conftest import add_operator, make_app
from tests.support.running import environment
from tests.uploads.conftest import add_contacts
from tests.uploads.screens.building import save
from tests.uploads.screens.test_upload_form import words
from webapp import db, services
from webapp.access.models import AuditEntry, Client, Role
from webapp.contacts.erasure import erased
from webapp.contacts.ledger import due, members, tracing
from webapp.contacts.ledger.models import AudienceMember, Feed, RemovalDue
from webapp.contacts.models import CONTACT, Contact, Filter, UserDatabase
from webapp.privacy import searching
from webapp.uploads import jobs
from webapp.uploads.operations import Operation

ANNA, BRUNO, NEW = "anna@posta.example", "bruno@posta.example", "anna.verdi@posta.example"
ONLY_ANNA = {
    "groups": [
        {"match": "all", "conditions": [{"field": "email", "operator": "is", "values": [ANNA]}]},
    ],
    "exclude": {"match": "all", "conditions": []},
}


def digest(email: str) -> bytes:
    return hashlib.sha256(email.encode()).digest()


def traces(world, email: str) -> list[tuple[str, bool]]:
    """State of each line, and whether it is by that very address."""
    with db.reading() as session:
        found = tracing.contacts_with(session, world.client.id, {digest(email)})
        ids = [one.contact_id for one in found]
        return [
            (one.state, one.has_typed)
            for one in tracing.traces(session, world.client.id, {digest(email)}, ids)
        ]


def change_email(contact_id: int, email: str) -> None:
    with db.writing() as session:
        contact = session.get_one(Contact, contact_id)
        contact.email, contact.email_sha256 = email, digest(email)
        session.add(contact)


@pytest.fixture
def signed_in(world):
    """A browser of an operator with that role, of that client."""

    def sign_in(role: Role, client: Client | None = None):
        browser = make_app(services.services().settings).test_client()
        browser.sign_in(add_operator(client or world.client, role, f"{role}@{id(client)}.example", "Giulia"))
        return browser

    return sign_in


def ask(browser, typed: str):
    return browser.post_form("/privacy", {"chi": typed})


def lines(tree) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in tree.xpath("//*[@id='custom-audience']//tbody/tr")]


def test_an_address_is_found_in_databases_filters_and_audiences(world, work, signed_in, page, both):
    world.add_contacts(ANNA, BRUNO)
    save(Filter(database_id=world.database.id, name="Solo Anna", rule=ONLY_ANNA))
    upload = work(world.start())

    tree = page(ask(signed_in(Role.MARKETER), "  Anna@Posta.example "))

    [[audience, sent, source, now]] = lines(tree)
    assert audience == "Clienti, novembre Facebook"
    assert tree.xpath("//*[@id='custom-audience']//td/a/@href") == [f"/caricamenti/{upload.public_id}"]
    assert (source, now) == ("Clienti Italia, intero database, Email", "Presente")
    assert sent == words(tree.xpath("//*[@id='custom-audience']//time")[0])
    assert "filtri di oggi: Solo Anna" in words(tree.get_element_by_id("database"))
    assert tree.xpath("//*[@id='database']//a/text()") == ["apri il contatto"]
    with db.reading() as session:
        told = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq).desc())).first()
    assert (told.action, told.target) == ("contact_traced", "1 database, 1 riga di custom audience")
    assert told.detail == {}


def test_support_is_told_without_the_person(world, work, signed_in, page):
    world.add_contacts(ANNA, first_name="Anna", last_name="Verdi", mobile="3331234567")
    work(world.start())

    tree = page(ask(signed_in(Role.SUPPORT), ANNA))

    assert lines(tree)[0][3] == "Presente"
    told = tree.text_content() + "".join(tree.xpath("//@value | //@href"))
    for word in (ANNA, "anna", "Anna", "Verdi", "3331234567", "apri il contatto"):
        assert word not in told


def test_another_client_is_told_nothing(world, work, signed_in, page):
    """Their own contact of the same address has been sent nowhere."""
    other = Client(name="Birrificio Nord")
    save(other)
    theirs = UserDatabase(client_id=other.id, name="Birra")
    save(theirs)
    world.add_contacts(ANNA, BRUNO)
    work(world.start())
    browser = signed_in(Role.MARKETER, other)

    assert "Nessuna traccia di questo contatto" in page(ask(browser, BRUNO)).text_content()
    add_contacts(theirs, (BRUNO,))
    tree = page(ask(browser, BRUNO))
    assert lines(tree) == [] and "Birra" in words(tree.get_element_by_id("database"))
    assert "Clienti Italia" not in tree.text_content()


def test_who_is_gone_or_changed_is_found_by_the_address_that_was_sent(world, work, both):
    anna, _ = world.add_contacts(ANNA, BRUNO)
    work(world.start())

    change_email(anna, NEW)
    with db.writing() as session:
        session.execute(delete(CONTACT).where(CONTACT.c.email == BRUNO))

    assert traces(world, ANNA) == [("present", True)]
    assert traces(world, BRUNO) == [("present", True)]
    assert traces(world, NEW) == [("present", False)]


def test_who_changed_while_the_batch_was_on_its_way_is_found(world, work, both):
    """The answer comes when the contact has another address: nothing was there for the change to mark."""
    [anna] = world.add_contacts(ANNA)
    upload = world.start()
    jobs.prepare_upload(upload.id)
    change_email(anna, NEW)
    jobs.send_upload(upload.id)

    assert traces(world, ANNA) == [("present", True)]


def test_each_state_is_told_until_the_person_has_left(world, work, both):
    anna, _ = world.add_contacts(ANNA, BRUNO)
    first = work(world.start())
    assert traces(world, ANNA) == [("present", True)]

    with db.writing() as session:
        database = session.get_one(UserDatabase, world.database.id)
        erased.erase(session, database, session.get_one(Contact, anna))
    assert traces(world, ANNA) == [("leaving", True)]
    with db.writing() as session:
        due.put_off(session, session.exec(select(RemovalDue)).all(), "100/1870145")
    assert traces(world, ANNA) == [("refused", True)]

    world.add_contacts("carla@posta.example")
    work(world.start(operation=Operation.REMOVE, audience_id=first.audience_id))
    assert traces(world, BRUNO) == [("left", True)]
    with db.reading() as session:
        assert erased.erased_among(session, world.client.id, {digest(ANNA)}) == {digest(ANNA)}


def test_every_look_up_in_the_ledger_goes_through_an_index(world, work, both):
    """However many members there are: read from the plan of each statement that is asked."""
    world.add_contacts(ANNA)
    work(world.start())
    with db.writing() as session:
        feed = session.exec(select(Feed)).one()
        fill(session, world, feed)
        first, second = tracing.PLACES
        asked = {
            "pk|audience_member_pkey|PRIMARY KEY": (tracing.members_of([feed.id], [1]), {}),
            "ix_audience_member_apart_1": (tracing.members_by(first), {"cell": b"x" * 32}),
            "ix_audience_member_apart_2": (tracing.members_by(second), {"cell": b"x" * 32}),
            "ix_removal_due_contact": (tracing.owed_to(world.client.id, [1, 2]), {}),
            "ix_removal_due_cell_1": (tracing.owed_by(first), {"cell": b"x" * 32}),
            "ix_removal_due_cell_2": (tracing.owed_by(second), {"cell": b"x" * 32}),
            "ix_contact_email": (
                tracing.contacts_by(CONTACT.c.email_sha256, [world.database.id], [digest(ANNA)]),
                {},
            ),
            "ix_contact_mobile": (
                tracing.contacts_by(CONTACT.c.mobile_sha256, [world.database.id], [digest(ANNA)]),
                {},
            ),
        }
        for names, (query, values) in asked.items():
            plan = plan_of(session, query, values)
            assert any(name in plan for name in names.split("|")), plan
            assert "SCAN" not in plan and "Seq Scan" not in plan, plan


def fill(session, world, feed: Feed) -> None:
    """Enough of everything that a plan without an index is the dearer one."""
    numbers = range(10_000, 14_000)
    cells = {one: hashlib.sha256(str(one).encode()).digest() for one in numbers}
    contact = {"database_id": world.database.id, "country": "IT", "own_fields": {}}
    rows = [
        {**contact, "id": one, "email_sha256": cells[one], "mobile_sha256": cells[one]} for one in numbers
    ]
    session.execute(insert(CONTACT), rows)
    member = {"feed_id": feed.id, "batch_id": 0, "print": 1}
    held = [{**member, "contact_id": one, "ident": cells[one], "is_apart": one % 2 == 0} for one in numbers]
    session.execute(insert(AudienceMember), held)
    people = [(one, cells[one] * 2) for one in numbers]
    due.owe(session, world.client.id, feed.audience_ref, people, due.Reason.CHANGED, None)
    session.execute(text("ANALYZE"))


def plan_of(session, query, values) -> str:
    compiled = query.params(**values).compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    explain = "EXPLAIN" if session.get_bind().dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    given = compiled.params
    if compiled.positional:
        given = tuple(compiled.params[name] for name in compiled.positiontup)
    return "\n".join(str(row) for row in session.connection().exec_driver_sql(f"{explain} {compiled}", given))


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "12", "a" * 400 + "@posta.example", "\x00", "=1+1"])
def test_what_is_neither_an_address_nor_a_number_is_told_so(signed_in, page, typed):
    answer = ask(signed_in(Role.MARKETER), typed)

    assert answer.status_code == 422
    assert "Scrivi un’email o un cellulare per intero" in answer.text


def test_what_was_typed_stands_in_no_log(world, signed_in, capfd):
    ask(signed_in(Role.MARKETER), ANNA)
    ask(signed_in(Role.SUPPORT), "333 1234567")

    told = "".join(capfd.readouterr())
    assert "path=/privacy" in told
    assert ANNA not in told and "1234567" not in told
    with db.reading() as session:
        assert all(ANNA not in f"{one.target}{one.detail}" for one in session.exec(select(AuditEntry)))


def test_the_command_asks_for_the_person_and_tells_the_same(world, work):
    world.add_contacts(ANNA)
    work(world.start())
    env = environment(services.services().settings)

    told = platea("dove", env=env, typed=f"{ANNA}\n")
    assert told.returncode == 0, told.stderr
    assert "Nel database “Clienti Italia”: 1 contatto." in told.stdout
    assert "Nella custom audience “Clienti, novembre” (Clienti Italia, intero database, Email" in told.stdout
    assert told.stdout.endswith("): Presente.\n")
    data = json.loads(platea("dove", "--json", env=env, typed=f"{ANNA}\n").stdout)
    assert [one["state"] for one in data["audiences"]] == ["present"]
    nothing = platea("dove", env=env, typed=f"{BRUNO}\n")
    assert "Nessuna traccia di questo contatto" in nothing.stdout
    wrong = platea("dove", env=env, typed="anna\n")
    assert (wrong.returncode, "Scrivi un’email o un cellulare" in wrong.stderr) == (2, True)
    assert "anna" not in wrong.stderr


def test_members_are_indexed_by_digest_only_when_no_contact_leads_to_them(world, work, both):
    anna, _ = world.add_contacts(ANNA, BRUNO)
    work(world.start())
    change_email(anna, NEW)

    with db.reading() as session:
        apart = session.exec(select(AudienceMember.contact_id).where(col(AudienceMember.is_apart).is_(True)))
        assert list(apart) == [anna]


def test_a_member_by_two_digests_is_apart_unless_the_contact_has_both(world, both):
    nothing, mobile = bytes(32), hashlib.sha256(b"393331234567").digest()
    has_both, lost_one, has_one = (
        world.add_contacts(email, mobile_sha256=number)[0]
        for email, number in ((ANNA, mobile), (BRUNO, None), (NEW, mobile))
    )
    sent = {
        has_both: digest(ANNA) + mobile,
        lost_one: digest(BRUNO) + mobile,
        has_one: digest(NEW) + nothing,
        99: nothing + mobile,  # no contact any more
    }

    with db.reading() as session:
        rows = members.Rows(list(sent), b"".join(sent.values()), [0] * len(sent))
        assert sorted(members.without_their_contact(session, rows)) == sorted([lost_one, 99])


def test_a_mobile_is_found_however_it_is_written(world, both):
    world.add_contacts(ANNA, mobile_sha256=hashlib.sha256(b"393331234567").digest())

    for typed in ("333 1234567", "+39 333-1234567", "0039 3331234567"):
        with db.reading() as session:
            found = searching.search(session, world.client.id, typed)
        assert [one.database.name for one in found.databases] == ["Clienti Italia"], typed
