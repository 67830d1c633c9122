"""Every screen in every state it has, made up for pictures: an application, its people, and where to look."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.exc import OperationalError

from tests import screen_states
from tests.conftest import Browser, add_operator, make_app
from tests.contacts.conftest import add_draft, import_file
from tests.support import import_scenes, upload_scenes
from tests.support import scene_furniture as furniture
from tests.support.running import Simulator
from tests.uploads.screens.building import save, sign
from webapp import clock, db, migrations
from webapp import services as platea
from webapp.access.models import Client, Membership, Operator, Role
from webapp.access.policy import POLICY, Who
from webapp.config import ROOT, Settings
from webapp.contacts import databases
from webapp.contacts.models import Filter, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.samples import sample_data
from webapp.crypto import new_key
from webapp.destinations.meta.models import MetaAccount
from webapp.host.processes import python
from webapp.uploads.models import Upload

CSV = """Nome;Email;Cellulare;Città
Mario;mario.rossi@posta.example;333 1234567;Torino
Anna;non valida;02 1;Milano
"""
RULE = {
    "groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Torino"]}]}],
    "exclude": {"match": "any", "conditions": []},
}
GIULIA, PAOLO, NADIA, LUCA, NOBODY = "giulia", "paolo", "nadia", "luca", ""


@dataclass(frozen=True)
class Scene:
    """*act* is what is done on the page before the picture; it may give back what undoes it afterwards."""

    name: str
    path: str
    who: str = GIULIA
    act: Callable[[Page], screen_states.Undo | None] | None = None


@dataclass
class Stage:
    app: Flask
    people: dict[str, Operator]
    scenes: list[Scene]

    def browser(self, who: str) -> Browser:
        job = self.app.test_client()
        job.sign_in(self.people[who])
        return job


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    process = subprocess.Popen(
        python("-m", "webapp.destinations.meta.simulator", "--port", "0", "--json"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    simulator = Simulator(**json.loads(process.stdout.readline()))
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'platea.db'}",
        redis_url="redis://127.0.0.1:1/0",
        secret_key="chiave di prova, lunga abbastanza per firmare",
        token_keys=(new_key(),),
    )
    try:
        platea.start(settings)
        migrations.upgrade(db.engine())
        app = make_app(replace(simulator.settings(settings), demo=True, filter_patience_s=0.0))
        yield _furnished(app, simulator)
    finally:
        process.terminate()
        process.wait(10)


def _furnished(app: Flask, simulator: Simulator) -> Stage:
    aurora, nord, pieno = (
        Client(name="Studio Aurora"),
        Client(name="Birrificio Nord"),
        Client(name="Dieci Account"),
    )
    save(aurora, nord, pieno)
    people = {
        GIULIA: add_operator(aurora, Role.ADMINISTRATOR),
        PAOLO: add_operator(aurora, Role.SUPPORT, "paolo@platea.example", "Paolo Neri"),
        NADIA: add_operator(nord, Role.ADMINISTRATOR, "nadia@nord.example", "Nadia Gallo"),
        LUCA: add_operator(pieno, Role.ADMINISTRATOR, "luca@pieno.example", "Luca Testa"),
    }
    save(Membership(operator_id=people[PAOLO].id, client_id=nord.id, role=Role.SUPPORT))
    save(
        *(
            MetaAccount(client_id=pieno.id, name=f"Account {n}", act_id=f"10{n}", token=b"x")
            for n in range(10)
        )
    )
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, "Clienti Italia")
        vuoto = databases.create_database(session, aurora.id, "Lista nuova")
    import_file(clienti, CSV, "clienti-novembre.csv")
    draft = add_draft(clienti, CSV, "da-completare.csv")
    running = add_draft(
        clienti, CSV, "clienti-2025.csv", status=ImportStatus.RUNNING, rows_total=48_000, rows_read=20_400,
        rows_new=17_900, rows_updated=2_350, rows_rejected=150, lease_until=clock.epoch() + 3600,
        started_at=clock.now() - timedelta(seconds=9),
    )  # fmt: skip
    ended = add_draft(
        clienti, CSV, "clienti-notte.csv", status=ImportStatus.COMPLETED, rows_total=48_000,
        rows_read=48_000, rows_new=120, rows_updated=47_880, rows_unchanged=46_980,
        started_at=clock.now() - timedelta(seconds=4), finished_at=clock.now(),
    )  # fmt: skip
    sample = sample_data.create(pieno.id, "Luca Testa")
    large = _large_filter(aurora)
    saved = Filter(database_id=clienti.id, name="Clienti di Torino", rule=RULE)
    # Seen in the time to come, so that it is alive until the last picture.
    save(
        saved, sign("worker-1", seen_ago=timedelta(hours=-1)), sign("worker-2", seen_ago=timedelta(minutes=9))
    )
    italia, spagna = furniture.add_accounts(aurora, simulator)
    uploads = furniture.add_uploads(clienti, saved, italia)
    _errors(app)
    states = _states(clienti, (draft, running, ended), sample, spagna)
    states += [Scene("filtro-conta", large, act=_count_on)]
    states += [Scene(name, path) for name, path in import_scenes.add(aurora)]
    states += _lost_and_late(clienti, italia, simulator)
    return Stage(app, people, [*_scenes(clienti, vuoto, saved, italia, uploads), *states])


def _large_filter(aurora: Client) -> str:
    """The address of a filter whose conditions are counted one request after the other."""
    with db.writing() as session:
        database = databases.create_database(session, aurora.id, "Registro punti vendita")
    lines = (f"Codice{n};p{n}@posta.example.com;{'Torino' if n % 3 else 'Forlì'}" for n in range(12_000))
    import_file(database, "Codice;Email;Città\n" + "\n".join(lines), "registro.csv")
    job = Filter(database_id=database.id, name="Torino e dintorni", rule=RULE)
    save(job)
    return f"/database/{database.public_id}/filtri/{job.public_id}"


def _errors(app: Flask) -> None:
    """Pages that break, so that what is shown then can be looked at."""
    POLICY.update(dict.fromkeys(("rotto", "via"), Who.PUBLIC))
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> str:
        raise ZeroDivisionError

    def away() -> str:
        raise OperationalError("select 1", {}, Exception("database is locked"))

    app.add_url_rule("/rotto", "rotto", broken)
    app.add_url_rule("/via", "via", away)


def _scenes(
    clienti: UserDatabase, vuoto: UserDatabase, saved: Filter, italia: MetaAccount, uploads: dict[str, Upload]
) -> list[Scene]:
    facebook, here = "/configura/integrazioni/facebook", f"/database/{clienti.public_id}"
    history, account = f"{here}/custom-audience", f"{facebook}/{italia.public_id}"
    upload = f"{history}/carica?account={italia.public_id}"
    first = [
        Scene(f"vuoto-{name}", path, NADIA)
        for name, path in {
            "panoramica": "/", "benvenuto": "/benvenuto", "database": "/database", "filtri": "/filtri",
            "caricamenti": "/caricamenti",
            "facebook": facebook, "integrazioni": "/configura/integrazioni", "salute": f"{facebook}/salute",
        }.items()
    ]  # fmt: skip
    return [
        *first,
        *(Scene(f"caricamento-{status}", f"/caricamenti/{one.public_id}") for status, one in uploads.items()),
        Scene("panoramica", "/"),
        Scene("privacy", "/privacy"),
        Scene("privacy-trovato", "/privacy", act=_look_for("mario.rossi@posta.example")),
        Scene("privacy-nessuna-traccia", "/privacy", PAOLO, _look_for("nessuno@posta.example")),
        Scene("privacy-errore", "/privacy", act=_look_for("mario")),
        Scene("guida", "/guida"),
        Scene("integrazioni", "/configura/integrazioni"),
        Scene("facebook", facebook),
        Scene("facebook-menu", facebook, act=_open_menu),
        Scene("facebook-elimina", facebook, act=_ask_to_delete),
        Scene("facebook-dieci", facebook, LUCA),
        Scene("facebook-nuovo", f"{facebook}/nuovo"),
        Scene("facebook-nuovo-errori", f"{facebook}/nuovo", act=_press("autorizza")),
        Scene("facebook-modifica", f"{account}/modifica"),
        Scene("facebook-info", f"{account}/info"),
        Scene("salute", f"{facebook}/salute"),
        Scene("storico", history),
        Scene("storico-menu", history, act=_open_menu),
        Scene("storico-conferma", history, act=_ask_to_stop),
        Scene("storico-in-pausa", history, act=_press("Non aggiornare la pagina")),
        Scene("storico-connessione-persa", history, act=_lose_the_line),
        Scene("storico-niente", f"{history}?q=nessuno"),
        Scene("storico-vuoto", f"/database/{vuoto.public_id}/custom-audience"),
        Scene("storico-filtro", f"{here}/filtri/{saved.public_id}/custom-audience"),
        Scene("carica-nuova", upload),
        Scene("carica-nome", upload, act=upload_scenes.write_a_risky_name),
        Scene("carica-riconosci", upload, act=upload_scenes.open_recognise),
        Scene("carica-verifica", upload, act=upload_scenes.open_the_check),
        Scene("carica-esistente", f"{upload}&modo=esistente"),
        Scene("carica-errori", f"{history}/carica?modo=esistente", act=_press("carica gli utenti")),
        Scene("carica-vuoto", f"/database/{vuoto.public_id}/custom-audience/carica"),
        Scene("custom-audience-registro", f"/custom-audience?account={italia.public_id}&audience=23851"),
        Scene("carica-qui", f"/carica-qui?account={italia.public_id}&audience=1&nome=Clienti%20newsletter"),
        Scene("caricamenti", "/caricamenti"),
        Scene("caricamenti-assistenza", "/caricamenti?stato=tutti", PAOLO),
        Scene("caricamento-assistenza", f"/caricamenti/{uploads['paused'].public_id}/diagnosi"),
        Scene("errore-403", f"{facebook}/nuovo", PAOLO),
        Scene("errore-404", "/non-c-e"),
        Scene("errore-500", "/rotto"),
        Scene("errore-503", "/via"),
        Scene("stile", "/stile"),
        Scene("demo", "/demo"),
    ]


def _states(
    clienti: UserDatabase,
    imports: tuple[ContactImport, ContactImport, ContactImport],
    sample: UserDatabase,
    spagna: MetaAccount,
) -> list[Scene]:
    """Pages on their way, refused, or with nothing to show."""
    here, facebook = f"/database/{clienti.public_id}", "/configura/integrazioni/facebook"
    draft, running, ended = imports
    return [
        Scene("accesso-rifiutato", "/accesso", NOBODY, _give_a_wrong_password),
        Scene("benvenuto-esempio", "/benvenuto", LUCA),
        Scene("contatti-esempio", f"/database/{sample.public_id}/contatti", LUCA),
        Scene("contatti-clienti", f"{here}/contatti"),
        Scene("contatti-niente", f"{here}/contatti?cerca=nessuno"),
        Scene("importa-controlla", f"{here}/importazioni/{draft.public_id}/controlla"),
        Scene("importa-in-corso", f"{here}/importazioni/{running.public_id}"),
        Scene("importa-esito", f"{here}/importazioni/{ended.public_id}"),
        Scene("facebook-info-attesa", f"{facebook}/{spagna.public_id}/info", act=_wait_for_facebook),
        Scene("facebook-info-vuoto", f"{facebook}/{spagna.public_id}/info"),
        Scene("registro", "/configura/registro"),
        Scene("registro-niente", "/configura/registro?dal=2020-01-01&al=2020-01-02"),
    ]


def _lost_and_late(clienti: UserDatabase, italia: MetaAccount, simulator: Simulator) -> list[Scene]:
    """What a person meets seldom, and needs most when they do."""
    account = f"/configura/integrazioni/facebook/{italia.public_id}"
    upload = f"/database/{clienti.public_id}/custom-audience/carica?account={italia.public_id}"
    return [
        Scene("accesso-bloccato", "/accesso", NOBODY, screen_states.lock_the_sign_in),
        Scene("sessione-finisce", "/filtri", act=screen_states.come_to_the_end_of_the_session),
        Scene("nessun-worker", "/", act=screen_states.stop_all_workers),
        Scene("nessun-worker-caricamenti", "/caricamenti", act=screen_states.stop_all_workers),
        Scene(
            "facebook-info-errore",
            f"{account}/info",
            act=screen_states.facebook_answers_with_an_error(simulator, italia.id),
        ),
        Scene("carica-sostituisci", f"{upload}&modo=esistente", act=screen_states.choose_to_replace),
        Scene("caricamenti-da-controllare", "/caricamenti?stato=da-controllare"),
        Scene("ricerca", "/filtri", act=screen_states.search_for("")),
        Scene("ricerca-trovato", "/filtri", act=screen_states.search_for("clienti")),
        Scene("ricerca-assistenza", "/filtri", PAOLO, screen_states.search_for("caricamenti")),
    ]


def _give_a_wrong_password(page: Page) -> None:
    page.get_by_label("Email").fill("giulia@aurora.example")
    page.get_by_label("Password").fill("non è questa")
    page.get_by_role("button", name="entra", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def _wait_for_facebook(page: Page) -> None:
    page.route("**/info/audience*", lambda _: None)
    page.reload(wait_until="domcontentloaded")
    page.wait_for_timeout(400)


def _count_on(page: Page) -> None:
    page.route("**/conteggio", lambda _: None)
    page.reload()
    expect(page.get_by_text("5.000 letti su 12.000")).to_be_visible()


def _press(name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator("main").get_by_role("button", name=name).first.click()
        page.wait_for_timeout(800)

    return act


def _look_for(typed: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_label("Email o cellulare").fill(typed)
        _press("cerca")(page)

    return act


def _open_menu(page: Page) -> None:
    page.locator("main tbody [popovertarget]").first.click()


def _ask_to_stop(page: Page) -> None:
    page.get_by_role("button", name=f"Azioni per {furniture.NAMES['sending']}").click()
    page.get_by_role("button", name="Ferma il caricamento").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _ask_to_delete(page: Page) -> None:
    _open_menu(page)
    page.get_by_role("button", name="Elimina").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _lose_the_line(page: Page) -> None:
    page.route("**/storico*", lambda route: route.abort())
    expect(page.locator(".toast.err")).to_be_visible(timeout=15_000)
