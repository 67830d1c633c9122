"""The screen of the audit trail: for administrators, narrowed by person, action and days, and as a file."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.conftest import add_operator
from webapp import clock, db
from webapp.access.models import Client, Role
from webapp.access.trail.audit import Action, record

URL = "/configura/registro"


def tell(client: Client | None, who=None, *names: str, action: Action = Action.FILTER_CREATED) -> None:
    with db.writing() as session:
        for name in names:
            record(session, action, on=name, client_id=client.id if client else None, who=who)


@pytest.fixture
def other(database) -> Client:
    with db.writing() as session:
        made = Client(name="Bottega Verdi")
        session.add(made)
    return made


def targets(tree) -> list[str]:
    return [cell.xpath("string(.//span[1])") for cell in tree.xpath("//tbody/tr/td[2]")]


def test_it_shows_the_newest_first_and_that_the_chain_is_whole(signed_in, page, aurora, giulia):
    tell(aurora, giulia, "Torino", "Forlì")

    tree = page(signed_in.get(URL))

    assert targets(tree) == ["Forlì", "Torino"]
    assert "Catena integra fino alla voce 2" in tree.text_content()
    assert tree.xpath("//nav//a[@aria-current='page']/text()")[-1].strip() == "Registro attività"


def test_a_broken_chain_is_said(signed_in, page, aurora, giulia):
    tell(aurora, giulia, "Torino", "Forlì")
    with db.engine().begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        guard = (
            "DROP TRIGGER audit_entry_no_update" if sqlite else "ALTER TABLE audit_entry DISABLE TRIGGER USER"
        )
        connection.execute(text(guard))
        connection.execute(text("UPDATE audit_entry SET target = 'altro' WHERE seq = 2"))

    assert "interrotta alla voce 2" in page(signed_in.get(URL)).text_content()


def test_nothing_yet(signed_in, page):
    assert "Ancora nessuna attività" in page(signed_in.get(URL)).text_content()


def test_another_clients_entries_are_not_shown(signed_in, page, aurora, giulia, other):
    tell(other, None, "filtro di Verdi")
    tell(None, None, "entrata sconosciuta", action=Action.SIGN_IN_REFUSED)
    tell(None, giulia, "la sua entrata", action=Action.SIGNED_IN)

    assert targets(page(signed_in.get(URL))) == ["la sua entrata"]
    assert "Verdi" not in signed_in.get(f"{URL}.csv").text


def test_the_owner_also_sees_what_nobody_known_tried(app, page, aurora):
    tell(None, None, "entrata sconosciuta", action=Action.SIGN_IN_REFUSED)
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, Role.ADMINISTRATOR, "capo@aurora.example", "Capo", is_owner=True))

    assert targets(page(browser.get(URL))) == ["entrata sconosciuta"]


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETER])
def test_it_is_not_for_the_other_roles(app, aurora, role):
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, role))

    assert [browser.get(path).status_code for path in (URL, f"{URL}.csv")] == [403, 403]
    assert "Registro attività" not in browser.get("/").text


def test_it_is_narrowed_by_person_action_and_days(signed_in, page, aurora, giulia):
    marco = add_operator(aurora, Role.MARKETER, "marco@aurora.example", "Marco Neri")
    tell(aurora, giulia, "di Giulia")
    tell(aurora, marco, "di Marco")
    tell(aurora, marco, "cancellato da Marco", action=Action.FILTER_DELETED)
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()

    def found(query: str) -> list[str]:
        return targets(page(signed_in.get(f"{URL}?{query}")))

    assert found(f"persona={marco.public_id}") == ["cancellato da Marco", "di Marco"]
    assert found("azione=filter_deleted") == ["cancellato da Marco"]
    assert len(found("azione=Filtri")) == 3
    assert found(f"dal={tomorrow}") == []
    assert len(found(f"al={tomorrow}")) == 3
    assert "Nessuna attività corrisponde" in signed_in.get(f"{URL}?azione=upload_started").text


@pytest.mark.parametrize(
    "query", ["dal=31/02/2026", "al=0000-00-00", "persona=zzz", "azione=%00", "prima=-1", "dopo=9" + "9" * 30]
)
def test_what_the_url_asks_wrongly_is_not_there(signed_in, page, aurora, giulia, query):
    tell(aurora, giulia, "Torino")

    assert targets(page(signed_in.get(f"{URL}?{query}"))) == ["Torino"]


def test_pages_follow_one_another(signed_in, page, aurora, giulia):
    tell(aurora, giulia, *(f"n{number}" for number in range(120)))
    first = page(signed_in.get(f"{URL}?azione=Filtri"))
    second = page(signed_in.get(first.xpath("//a[@aria-label='Pagina successiva']/@href")[0]))
    third = page(signed_in.get(second.xpath("//a[@aria-label='Pagina successiva']/@href")[0]))
    back = page(signed_in.get(third.xpath("//a[@aria-label='Pagina precedente']/@href")[0]))

    seen = targets(first) + targets(second) + targets(third)
    assert seen == [f"n{number}" for number in reversed(range(120))]
    assert targets(back) == targets(second)
    assert third.xpath("//a[@aria-label='Pagina successiva']") == []


def test_the_file_holds_what_is_shown_and_runs_nothing(signed_in, aurora, giulia):
    tell(aurora, giulia, "=HYPERLINK(1)", "Torino")
    tell(aurora, giulia, "altro", action=Action.DATABASE_CREATED)

    answer = signed_in.get(f"{URL}.csv?azione=Filtri")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="registro-attivita.csv"'
    lines = answer.text.splitlines()
    assert lines[0].startswith("\ufeffNumero;Quando;Chi")
    assert len(lines) == 3 and "'=HYPERLINK(1)" in lines[1]


def test_taking_the_file_is_told_too(signed_in, page, aurora, giulia):
    signed_in.get(f"{URL}.csv")

    assert targets(page(signed_in.get(URL))) == ["registro attività"]


def test_a_name_is_text_on_the_page(signed_in, page, aurora, giulia):
    tell(aurora, giulia, "<img src=x onerror=alert(1)>")

    tree = page(signed_in.get(URL))

    assert tree.xpath("//img") == [] and targets(tree) == ["<img src=x onerror=alert(1)>"]
