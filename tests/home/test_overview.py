"""The overview: what to do the first time, then what went out and what needs a look."""

import pytest

from tests.conftest import add_operator, make_app
from webapp import clock, db
from webapp.access.models import Client, Role
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import BatchStatus, UploadStatus


def add(*rows):
    with db.writing() as session:
        session.add_all(rows)
    return rows[0]


@pytest.fixture
def clienti(aurora) -> UserDatabase:
    return add(UserDatabase(client_id=aurora.id, name="Clienti Italia"))


def add_upload(database: UserDatabase, status: UploadStatus, sent: int = 0) -> Upload:
    upload = add(
        Upload(
            client_id=database.client_id,
            database_id=database.id,
            destination="meta",
            audience_name="Black Friday",
            audience_id="23847293847293847",
            medium="email",
            consent="not_refused",
            status=status,
            selected=sent,
            duplicates=0,
            to_send=sent,
        )
    )
    if sent:
        add(
            Batch(
                upload_id=upload.id,
                seq=1,
                status=BatchStatus.SENT,
                n_rows=sent,
                num_received=sent,
                schema_=["EMAIL_SHA256"],
                sent_at=clock.now(),
            )
        )
    return upload


def steps(tree) -> list[tuple[str, bool]]:
    return [
        (item.findtext(".//h3"), "done" in item.get("class", ""))
        for item in tree.xpath("//*[@id='steps']//li")
    ]


def numbers(tree) -> dict[str, str]:
    return {
        item.findtext("dt"): item.find("dd").text.strip() for item in tree.xpath("//dl[@class='stats']/div")
    }


def count_beside(tree, entry: str) -> str:
    return tree.xpath("//nav//a[contains(., $entry)]", entry=entry)[0].find_class("count")[0].text_content()


def test_the_first_time_three_things_are_to_do(signed_in, page):
    tree = page(signed_in.get("/"))

    assert steps(tree) == [
        ("Collega il primo account Facebook", False),
        ("Importa i contatti", False),
        ("Carica gli utenti per una custom audience", False),
    ]
    assert [link.text for link in tree.xpath("//*[@id='steps']//a")] == [
        "Configura un account Facebook",
        "Importa i contatti",
    ]
    assert numbers(tree) == {}


def test_the_three_things_have_a_page_of_their_own_until_they_are_done(signed_in, aurora, clienti, page):
    tree = page(signed_in.get("/benvenuto"))
    assert len(steps(tree)) == 3
    assert "salta" in [link.text for link in tree.xpath("//main//a[@href='/']")]

    add(MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1029384756102", token=b"x"))
    add(Contact(database_id=clienti.id, email="anna@posta.example"))
    add_upload(clienti, UploadStatus.COMPLETED, sent=1)

    answer = signed_in.get("/benvenuto")
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_step_that_is_done_hands_the_button_to_the_next(signed_in, aurora, page):
    add(MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1029384756102", token=b"x"))

    tree = page(signed_in.get("/"))

    assert [done for _, done in steps(tree)] == [True, False, False]
    assert [link.text for link in tree.xpath("//*[@id='steps']//a")] == ["Importa i contatti"]


def test_when_all_is_done_the_steps_make_room_for_the_numbers(signed_in, aurora, clienti, page):
    add(MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1029384756102", token=b"x"))
    add(Contact(database_id=clienti.id, email="mario.rossi@posta.example"))
    add_upload(clienti, UploadStatus.COMPLETED, sent=12400)
    add_upload(clienti, UploadStatus.SENDING)
    add_upload(clienti, UploadStatus.FAILED)

    tree = page(signed_in.get("/"))

    assert steps(tree) == []
    assert numbers(tree) == {
        "Utenti inviati, ultimi 30 giorni": "12.400",
        "Dati non validi": "0,0%",
        "In corso adesso": "1",
        "Da controllare": "1",
    }


def test_an_account_that_needs_a_person_is_the_first_thing_one_reads(signed_in, aurora, page):
    add(
        MetaAccount(
            client_id=aurora.id,
            name="Aurora Outlet",
            act_id="1029384756102",
            token=b"x",
            problem="190/463",
            problem_text="L’autorizzazione è scaduta: autorizza di nuovo l’account.",
        )
    )

    first = page(signed_in.get("/")).get_element_by_id("to-check").xpath(".//li")[0]

    assert "“Aurora Outlet” L’autorizzazione è scaduta" in " ".join(first.text_content().split())
    assert first.xpath(".//a/@href") == ["/configura/integrazioni/facebook"]


def test_the_menu_counts_what_this_client_has_and_nothing_of_others(signed_in, clienti, page):
    other = add(Client(name="Bottega Verdi"))
    theirs = add(UserDatabase(client_id=other.id, name="Altri"))
    add(
        Filter(database_id=clienti.id, name="Milano", rule={}),
        Filter(database_id=theirs.id, name="Roma", rule={}),
    )
    add_upload(clienti, UploadStatus.SENDING)
    add_upload(theirs, UploadStatus.SENDING)

    tree = page(signed_in.get("/"))

    assert count_beside(tree, "Database utenti") == "1"
    assert count_beside(tree, "Filtri") == "1"
    assert count_beside(tree, "Caricamenti") == "1 in corso"


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETER])
def test_who_may_not_connect_an_account_is_told_whom_to_ask(app, aurora, page, role):
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, role))

    first = page(browser.get("/")).xpath("//*[@id='steps']//li")[0]

    assert "Chiedi a chi amministra lo spazio" in first.text_content()
    assert first.xpath(".//a") == []


def test_the_demo_says_on_every_page_that_it_is_one(database, giulia, page):
    browser = make_app(database, demo=True).test_client()
    browser.sign_in(giulia)

    for path in ("/", "/stile", "/demo"):
        banner = page(browser.get(path)).find_class("banner")[0].text_content()
        assert "Modalità demo: nessun dato raggiunge Facebook e i contatti sono inventati." in banner


def test_outside_the_demo_there_is_nothing_to_leave(signed_in):
    assert "Modalità demo" not in signed_in.get("/stile").text
    assert signed_in.get("/demo").status_code == 404
