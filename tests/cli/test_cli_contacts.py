"""Contacts taken out and people erased from the command line."""

import json
import stat

import pytest

from tests.cli.test_once import platea
from tests.contacts.conftest import contacts_of, import_file
from tests.support.running import environment
from webapp import db
from webapp.contacts import databases
from webapp.contacts.models import Filter

FILE = """\
Codice;Email;Cellulare;Nome
C1;anna@posta.example.com;333 1234567;=Anna
C2;bruno@posta.example.com;340 7654321;Bruno
"""
RULE = {"groups": [{"match": "all", "conditions": [{"field": "code", "operator": "is", "values": ["C2"]}]}]}


@pytest.fixture
def env(connected, aurora) -> dict[str, str]:
    return environment(connected)


@pytest.fixture
def clienti(connected, aurora):
    with db.writing() as session:
        job = databases.create_database(session, aurora.id, "Clienti Italia")
        session.add(Filter(database_id=job.id, name="Solo C2", rule=RULE))
    import_file(job, FILE)
    return job


def test_contacts_are_written_to_a_file_only_its_owner_reads(env, clienti, tmp_path):
    file = tmp_path / "contatti.csv"
    done = platea("esporta", str(file), "--database", "Clienti Italia", env=env)
    assert (done.returncode, done.stdout) == (0, f"2 contatti scritti in {file}.\n"), done.stderr
    text = file.read_text(encoding="utf-8-sig")
    assert "'=Anna" in text and text.startswith("Codice cliente;Email;Cellulare;Nome;")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    part = platea(
        "esporta", str(file), "--database", "Clienti Italia", "--filtro", "Solo C2", "--json", env=env
    )
    assert json.loads(part.stdout) == {"file": str(file), "contacts": 1}
    assert "bruno@" in file.read_text() and "anna@" not in file.read_text()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--database", "Altri"], "il database utenti “Altri” non esiste."),
        (
            ["--database", "Clienti Italia", "--filtro", "Altro"],
            "il filtro “Altro” non esiste in “Clienti Italia”.",
        ),
    ],
)
def test_what_does_not_exist_writes_no_file(env, clienti, tmp_path, arguments, said):
    done = platea("esporta", str(tmp_path / "contatti.csv"), *arguments, env=env)
    assert done.returncode == 2 and said in done.stderr
    assert not (tmp_path / "contatti.csv").exists()


def test_a_person_is_erased_when_somebody_is_sure(env, clienti):
    not_sure = platea("cancella", env=env, typed="anna@posta.example.com\nno\n")
    assert not_sure.returncode == 1 and "non ho cancellato nulla" in not_sure.stderr
    nobody = platea("cancella", "--si", env=env, typed="elena@posta.example.com\n")
    assert nobody.returncode == 1 and "nessun contatto ha questa email" in nobody.stderr
    assert len(contacts_of(clienti)) == 2

    done = platea("cancella", env=env, typed="+39 333 1234567\ncancella\n")
    assert done.returncode == 0 and "1 contatto cancellato." in done.stdout, done.stderr
    assert [one.code for one in contacts_of(clienti)] == ["C2"]
    assert import_file(clienti, FILE, key="code").rows_rejected == 1
