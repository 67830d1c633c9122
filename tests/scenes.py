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

from tests.conftest import Browser, add_operator, make_app
from tests.contacts.conftest import add_draft, import_file
from tests.running import Simulator
from tests.uploads.screens.building import add_event, add_upload, change_batch, leave_out, save, sign
from webapp import clock, db, migrations
from webapp import services as platea
from webapp.access.models import Client, Membership, Operator, Role
from webapp.access.policy import POLICY, Who
from webapp.config import ROOT, Settings
from webapp.contacts import databases
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.crypto import new_key
from webapp.destinations.meta import accounts, health
from webapp.destinations.meta.models import AudienceSize, MetaAccount, MetaHealth
from webapp.processes import python
from webapp.texts import ROME
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING, FAILED = BatchStatus.SENT, BatchStatus.PENDING, BatchStatus.FAILED
CSV = """Nome;Email;Cellulare;Città
Mario;mario.rossi@posta.example;333 1234567;Torino
Anna;non valida;02 1;Milano
"""
RULE = {
    "groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Torino"]}]}],
    "exclude": {"match": "any", "conditions": []},
}
GIULIA, PAOLO, NADIA, LUCA = "giulia", "paolo", "nadia", "luca"


@dataclass(frozen=True)
class Scene:
    """*act* is what is done on the page before the picture."""

    name: str
    path: str
    who: str = GIULIA
    act: Callable[[Page], None] | None = None


@dataclass
class Stage:
    app: Flask
    people: dict[str, Operator]
    scenes: list[Scene]

    def browser(self, who: str) -> Browser:
        made = self.app.test_client()
        made.sign_in(self.people[who])
        return made


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
        app = make_app(replace(simulator.settings(settings), demo=True))
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
    add_draft(clienti, CSV, "da-completare.csv")
    saved = Filter(database_id=clienti.id, name="Clienti di Torino", rule=RULE)
    # Seen in the time to come, so that it is alive until the last picture.
    save(
        saved, sign("worker-1", seen_ago=timedelta(hours=-1)), sign("worker-2", seen_ago=timedelta(minutes=9))
    )
    italia = _accounts(aurora, simulator)
    uploads = _uploads(clienti, saved, italia)
    _errors(app)
    return Stage(app, people, _scenes(clienti, vuoto, saved, italia, uploads))


def _accounts(aurora: Client, simulator: Simulator) -> MetaAccount:
    """One in order, one whose authorisation ends soon, one that has ended."""
    italia = accounts.save_with_token(
        aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token
    )
    health.check(italia.id)
    spagna = MetaAccount(
        client_id=aurora.id, name="Aurora Spagna", act_id="5647382910564", token=b"x",
        facebook_user_name="Paolo Neri", token_expires_at=clock.now() + timedelta(days=6, hours=2),
    )  # fmt: skip
    outlet = MetaAccount(
        client_id=aurora.id, name="Aurora Outlet", act_id="9182736450918", token=b"x",
        facebook_user_name="Marta Riva", token_expires_at=clock.now() - timedelta(days=2),
    )  # fmt: skip
    for account in (spagna, outlet):
        account.token = platea.services().seal.close(simulator.access_token, account.purpose)
    save(spagna, outlet)
    limit = MetaHealth(
        account_id=spagna.id, usage_percent=82, has_terms=True, has_permission=True, n_audiences=12
    )
    save(limit)
    return italia


def _uploads(clienti: UserDatabase, saved: Filter, italia: MetaAccount) -> dict[str, Upload]:
    """One in each state, and a month of finished ones for the charts."""
    now, made = clock.now(), {}
    for days in range(1, 28, 2):
        add_upload(
            clienti, [(SENT, 900 + days * 137 % 2600, days)],
            account=italia, audience_name="Clienti attivi 12 mesi",
            discarded={"email_invalid": 20 + days * 3}, created_at=now - timedelta(days=days),
            sent_at=now - timedelta(days=days), finished_at=now - timedelta(days=days, minutes=-3),
        )  # fmt: skip
        day = (now - timedelta(days=days)).astimezone(ROME).date()
        save(AudienceSize(account_id=italia.id, audience_id="23851", day=day, size=14_000 - days * 180))
    reasons = {
        UploadStatus.PAUSED: ("L’autorizzazione è scaduta.", "Autorizza di nuovo l’account.", "190/463"),
        UploadStatus.FAILED: ("Il filtro usa un campo che non esiste più.", "Apri il filtro.", "filtro"),
    }  # fmt: skip
    for number, status in enumerate(UploadStatus):
        reason, todo, code = reasons.get(status, (None, None, None))
        is_ended = status.value in ("completed", "completed_with_warnings")
        batches = [(SENT, 5000, 3), (SENT if is_ended else PENDING, 4200, 0)]
        made[status.value] = add_upload(
            clienti,
            [] if status in (UploadStatus.QUEUED, UploadStatus.PREPARING) else batches,
            status=status, account=italia, saved=saved if number % 2 else None, is_new_audience=True,
            prepared=status not in (UploadStatus.QUEUED, UploadStatus.PREPARING),
            discarded={"email_invalid.no_at": 31, "email_empty": 12}, duplicates=4, excluded={"opted_out": 9},
            audience_name=f"Black Friday, {status.value.replace('_', ' ')}", audience_id=f"2386{number}",
            reason=reason, todo=todo, reason_code=code, reason_trace="AbCdEf123" if code else None,
            sent_at=now - timedelta(minutes=4), finished_at=now if is_ended else None,
        )  # fmt: skip
        add_event(made[status.value], "started", detail={"by": "Giulia Ferri"})
    add_event(
        made["sending"], "retried", seq=2, attempt=1,
        detail={"code": "80003", "reason": "Facebook chiede di rallentare.", "wait_s": 60, "trace": "Xy9"},
    )  # fmt: skip
    change_batch(made["sending"], 2, status=BatchStatus.SENDING, worker="worker-1", attempt=2)
    with db.reading() as session:
        bad = session.query(Contact).filter(Contact.email_reason.is_not(None)).all()
        session.expunge_all()
    leave_out(made["completed_with_warnings"], "email_invalid.no_at", bad)
    return made


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
        Scene("storico-in-pausa", history, act=_press("Metti in pausa")),
        Scene("storico-connessione-persa", history, act=_lose_the_line),
        Scene("storico-niente", f"{history}?q=nessuno"),
        Scene("storico-vuoto", f"/database/{vuoto.public_id}/custom-audience"),
        Scene("storico-filtro", f"{here}/filtri/{saved.public_id}/custom-audience"),
        Scene("carica-nuova", upload),
        Scene("carica-nome", upload, act=_write_a_risky_name),
        Scene("carica-esistente", f"{upload}&modo=esistente"),
        Scene("carica-errori", f"{history}/carica?modo=esistente", act=_press("carica gli utenti")),
        Scene("carica-vuoto", f"/database/{vuoto.public_id}/custom-audience/carica"),
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


def _press(name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator("main").get_by_role("button", name=name).first.click()
        page.wait_for_timeout(800)

    return act


def _open_menu(page: Page) -> None:
    page.locator("main tbody [popovertarget]").first.click()


def _ask_to_stop(page: Page) -> None:
    page.get_by_role("button", name="Azioni per Black Friday, sending").click()
    page.get_by_role("button", name="Ferma il caricamento").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _ask_to_delete(page: Page) -> None:
    _open_menu(page)
    page.get_by_role("button", name="Elimina").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _write_a_risky_name(page: Page) -> None:
    page.get_by_label("Nome della nuova custom audience").fill("Pazienti in cura, novembre")
    expect(page.locator("#name-check")).to_contain_text("salute")


def _lose_the_line(page: Page) -> None:
    page.route("**/storico*", lambda route: route.abort())
    expect(page.locator(".toast.err")).to_be_visible(timeout=15_000)
