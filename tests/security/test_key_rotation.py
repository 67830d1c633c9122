"""The key that seals tokens changes while web and workers run, and no token fails to open."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel, select

from tests.support.command_line import platea as platea_here
from tests.support.running import PLATEA, Workers, environment, wait_until
from tests.uploads.conftest import add_contacts, is_final, read
from webapp import db
from webapp import services as platea
from webapp.access.trail.audit_chain import verify
from webapp.cli.keys import know_every_table
from webapp.config import ROOT, Settings
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import UserDatabase
from webapp.crypto import TOKENS, CannotOpen, Seal, new_key
from webapp.destinations.base import Medium
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.models import MetaAccount
from webapp.host import reseal
from webapp.host.installation import free_port
from webapp.host.processes import Supervisor, python
from webapp.uploads.commands import start_upload
from webapp.uploads.status import UploadStatus

pytestmark = pytest.mark.timeout(900)  # many requests, and the machine may be busy

NOT_SEALED = {  # digests that Meta gets, numbers of rows, links of the chain: nothing to keep secret here
    *(("audit_entry", "link"), ("contact", "email_sha256"), ("contact", "mobile_sha256")),
    *(("batch_rows", "digests"), ("batch_rows", "contact_ids"), ("batch_rows", "duplicates")),
    ("upload_discarded", "contact_ids"),
    # Sealed with a key made of the installation's secret, so that equal ones stay equal (`ledger.idents`).
    *(("audience_member", "ident"), ("removal_due", "ident")),
    ("stored_piece", "data"),  # sealed with the key of its file, which is sealed
    *(("import_block", "before"), ("erased_person", "key")),  # the key is a keyed hash: it opens nothing
}
OLD, NEW = new_key(), new_key()


def save_accounts(client_id: int, count: int) -> list[MetaAccount]:
    made = [MetaAccount(client_id=client_id, name=f"Conto {n}", act_id=str(9_000 + n)) for n in range(count)]
    with db.writing() as session:
        for account in made:
            account.token = platea.services().seal.close(f"token {account.act_id}", account.purpose)
            session.add(account)
    return made


def tokens_with(seal: Seal) -> list[str]:
    """Every account's token opened with *seal*. Raises CannotOpen."""
    with db.reading() as session:
        return [seal.open(account.token, account.purpose) for account in session.exec(select(MetaAccount))]


def test_every_column_of_bytes_is_known_to_be_sealed_or_not():
    know_every_table()
    unknown = [
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and (table.name, column.name) not in NOT_SEALED
        if "sealed" not in column.info
    ]

    assert unknown == [], "seal it (info=crypto.sealed(…)), or say in NOT_SEALED why it is nothing secret"


def test_after_the_change_the_old_key_opens_nothing_and_the_new_one_everything(database, aurora):
    platea.start(replace(database, token_keys=(OLD,)))
    save_accounts(aurora.id, 7)

    done = reseal.reseal({TOKENS: Seal((NEW, OLD))}, at_once=3)

    assert done == reseal.Resealed(renewed=7)
    assert len(tokens_with(Seal((NEW,)))) == 7
    with pytest.raises(CannotOpen):
        tokens_with(Seal((OLD,)))


def test_it_may_be_done_again_and_says_what_no_key_opens(database, aurora):
    platea.start(replace(database, token_keys=(OLD,)))
    save_accounts(aurora.id, 2)
    reseal.reseal({TOKENS: Seal((NEW, OLD))})

    assert reseal.reseal({TOKENS: Seal((NEW, OLD))}) == reseal.Resealed(newest=2)
    assert reseal.reseal({TOKENS: Seal((new_key(),))}) == reseal.Resealed(lost=2)
    assert len(tokens_with(Seal((NEW,)))) == 2


def test_a_token_stays_bound_to_its_row(database, aurora):
    platea.start(replace(database, token_keys=(OLD,)))
    first, second = save_accounts(aurora.id, 2)
    reseal.reseal({TOKENS: Seal((NEW, OLD))})

    with db.reading() as session:
        moved = session.get_one(MetaAccount, first.id).token
    with pytest.raises(CannotOpen):
        Seal((NEW,)).open(moved, second.purpose)


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*PLATEA, *arguments], env=environment(settings), capture_output=True, text=True, timeout=120
    )


def logs_in(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.log"))


@pytest.fixture
def running(connected: Settings, tmp_path: Path):
    """`running(keys)` → settings with those keys, a web server and two workers on them."""
    households: list[Supervisor] = []

    def start(*keys: str) -> tuple[Settings, str]:
        for supervisor in households:
            supervisor.stop()
        port = free_port(0)
        own = {"token_keys": keys, "public_url": f"http://127.0.0.1:{port}"}
        settings = replace(connected, batch_rows=100, reconcile_s=2, **own)
        workers = Workers(settings, tmp_path / "log")
        argv = python(
            "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--threads", "4"
        )
        supervisor = workers.supervisor
        households.append(supervisor)
        supervisor.add("web", [*argv, "webapp.wsgi:app"], {**environment(settings), "PYTHONPATH": str(ROOT)})
        workers.start(2)
        wait_until(lambda: _answers(settings.public_url), within_s=120)
        return settings, settings.public_url

    yield start
    for supervisor in households:
        supervisor.stop()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


@pytest.mark.processes
def test_uploads_go_on_while_the_key_changes(connected, aurora, simulator, running, tmp_path):
    """Old key only → both → `platea chiavi ruota` in the middle of uploads → new key only."""
    platea.start(replace(connected, token_keys=(OLD,)))
    with db.writing() as session:
        database = UserDatabase(client_id=aurora.id, name="Clienti")
        session.add(database)
    add_contacts(database, tuple(f"persona{n}@posta.example" for n in range(2_000)))
    account = accounts.save_with_token(aurora.id, "Aurora", simulator.account_id, simulator.access_token)
    save_accounts(aurora.id, 8)

    def upload(name: str):
        return start_upload(
            client_id=aurora.id, database_id=database.id, destination="meta", account_id=account.id,
            audience_id=None, audience_name=name, medium=Medium.EMAIL, consent=ConsentPolicy.NOT_REFUSED,
            started_by="Giulia Ferri",
        )  # fmt: skip

    both, _ = running(NEW, OLD)
    going_on = [upload(f"prima {n}") for n in range(3)]
    wait_until(lambda: read(going_on[0]).status in (UploadStatus.SENDING, UploadStatus.COMPLETED), 300)
    rotated = [command(both, "chiavi", "ruota", "--json")]
    rotated += [platea_here("chiavi", "ruota", "--json", env=environment(both)) for _ in range(2)]
    later = upload("durante")
    wait_until(lambda: all(is_final(one) for one in (*going_on, later)), within_s=300)

    new_only, url = running(NEW)
    last = upload("dopo")
    wait_until(lambda: is_final(last), within_s=300)
    ready = requests.get(f"{url}/readyz", timeout=10)

    assert [done.returncode for done in rotated] == [0, 0, 0], rotated[0].stderr
    assert '"renewed":9' in rotated[0].stdout and '"renewed":0' in rotated[2].stdout
    every = [read(one) for one in (*going_on, later, last)]
    assert {one.status for one in every} == {UploadStatus.COMPLETED}
    assert all(len(simulator.received(one.audience_id)) == 2_000 for one in every)
    assert len(tokens_with(Seal((NEW,)))) == 9
    assert "CannotOpen" not in logs_in(tmp_path / "log")
    assert ready.status_code == 200, ready.text
    assert verify().broken_at is None
    print(f"\nRotazione: 9 token, {len(every)} caricamenti, 0 errori di apertura")
