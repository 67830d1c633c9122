"""The main path in Firefox: what one browser forgives, another may not."""

import pytest
from sqlmodel import col, select

from tests.conftest import TEST_PASSWORD, make_app, served_at
from tests.support.running import wait_until
from tests.web.firefox import Firefox
from webapp import db
from webapp.contacts import databases
from webapp.contacts.imports import import_run
from webapp.contacts.models import Filter
from webapp.contacts.models_imports import ContactImport
from webapp.destinations.meta.accounts import accounts
from webapp.uploads import jobs
from webapp.uploads.models import Upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FILE = """Email;Nome;Città
anna@posta.example.com;Anna;Torino
bruno@posta.example.com;Bruno;Milano
carla@posta.example.com;Carla;Torino
dario(at)posta.example.com;Dario;Torino
"""


def test_the_main_path(firefox: Firefox, connected, aurora, giulia, simulator, tmp_path):
    accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, "Clienti Italia")
    file = tmp_path / "clienti.csv"
    file.write_text(FILE, encoding="utf-8")
    here = f"/database/{clienti.public_id}"
    with served_at(make_app(connected)) as address:
        sign_in(firefox, address)
        import_the_file(firefox, f"{address}{here}", str(file))
        save_a_filter(firefox, f"{address}{here}")
        upload_the_filter(firefox, f"{address}{here}")
        look_at_the_history(firefox, f"{address}{here}")
        search(firefox)
    with db.reading() as session:
        audience = session.exec(select(Upload.audience_id)).one()
    assert len(simulator.received(audience)) == 2


def sign_in(firefox: Firefox, address: str) -> None:
    firefox.go(f"{address}/accesso")
    firefox.write(firefox.field("Email"), "giulia@aurora.example")
    firefox.write(firefox.field("Password"), TEST_PASSWORD)
    firefox.click("//main//form//button[@type = 'submit']")
    firefox.wait_for_url("/")


def import_the_file(firefox: Firefox, here: str, file: str) -> None:
    firefox.go(f"{here}/importazioni/nuova")
    firefox.write("//input[@type = 'file']", file)
    firefox.press("continua")
    firefox.wait_for_url("/colonne")
    firefox.press("continua")
    firefox.wait_for_url("/controlla")
    firefox.click("//main//button[contains(normalize-space(.), 'importa')]")
    firefox.find("//h2[contains(., 'Importazione in corso')]")
    with db.reading() as session:
        newest = session.exec(select(ContactImport.id).order_by(col(ContactImport.id).desc())).first()
    import_run.run_until_final(newest)
    firefox.find("//h2[normalize-space(.) = 'E adesso']")  # the page has asked again by itself


def save_a_filter(firefox: Firefox, here: str) -> None:
    firefox.go(f"{here}/filtri/nuovo")
    firefox.write(firefox.field("Nome del filtro"), "Clienti di Torino")
    firefox.write("//*[@aria-label = 'Valore di Città' or @id = 'g1c1-value']", "torino")
    firefox.find("//*[@id = 'totale'][normalize-space(.) = '3']")
    firefox.press("salva")
    firefox.find("//a[normalize-space(.) = 'Clienti di Torino']")


def upload_the_filter(firefox: Firefox, here: str) -> None:
    with db.reading() as session:
        saved = session.exec(select(Filter.public_id)).one()
    firefox.go(f"{here}/custom-audience/carica?filtro={saved}")
    firefox.click("//label[contains(., 'Ho raccolto il consenso')]")
    firefox.press("carica gli utenti")
    # So few that Facebook may not use them: it is to be confirmed.
    firefox.find("//*[@data-error-summary][contains(., 'Prima conferma')]")
    for box in range(firefox.evaluate("return document.querySelectorAll('#verifica .checks input').length")):
        firefox.click(f"(//*[@id = 'verifica']//*[contains(@class, 'checks')]//input)[{box + 1}]")
    firefox.press("carica gli utenti")
    firefox.wait_for_url("/custom-audience")


def look_at_the_history(firefox: Firefox, here: str) -> None:
    firefox.find("//tbody//*[contains(@class, 'status')][contains(., 'In coda')]")
    with db.reading() as session:
        upload_id = session.exec(select(Upload.id)).one()
    jobs.prepare_upload(upload_id)
    jobs.send_upload(upload_id)
    firefox.find("//tbody//*[contains(@class, 'status')][contains(., 'Completato')]")
    assert "2" in firefox.text("//tbody//td[@data-label = 'Utenti inviati']")


def search(firefox: Firefox) -> None:
    """Ctrl K is Firefox's own key for its search bar: the page takes it, and Enter opens what is found."""
    firefox.command(
        "WebDriver:PerformActions",
        actions=[
            {
                "type": "key",
                "id": "keyboard",
                "actions": [
                    {"type": "keyDown", "value": "\ue009"},
                    {"type": "keyDown", "value": "k"},
                    {"type": "keyUp", "value": "k"},
                    {"type": "keyUp", "value": "\ue009"},
                ],
            }
        ],
    )
    wait_until(lambda: firefox.evaluate("return document.querySelector('#ricerca').open"))
    firefox.write("//*[@id = 'ricerca']//input[@name = 'q']", "registro attività\ue007")
    firefox.wait_for_url("/configura/registro")
