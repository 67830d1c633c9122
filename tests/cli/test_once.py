"""The command line as a script uses it: Italian words, JSON, exit codes that mean something."""

import json
import subprocess
from pathlib import Path

import pytest
import requests
from babel.messages import Catalog, mofile, pofile

from tests.support.command_line import platea
from tests.support.running import PLATEA, Workers, environment
from webapp.cli import language
from webapp.destinations.meta.accounts import accounts

FILE = """\
Email;Cellulare;Città
anna@posta.com;333 1234567;Milano
luca@posta.com;;Torino
anna(at)posta;02 1234567;Milano
"""
# sha256 of "mary@example.com". Source: Meta's page on customer information parameters (vectors.json).
MARY = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"


def process(*arguments: str, env: dict | None = None, **more: object) -> subprocess.CompletedProcess:
    """The command in a process of its own, as `platea` does the same without one."""
    return subprocess.run(
        [*PLATEA, *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        env=env or {"PATH": "/usr/bin:/bin", "PLATEA_DATA": "/nonexistent"},
        **more,
    )


@pytest.fixture
def env(connected, aurora, simulator) -> dict[str, str]:
    """An installation with the client Studio Aurora and one account, for commands in other processes."""
    accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
    return environment(connected)


@pytest.fixture
def csv(tmp_path) -> Path:
    path = tmp_path / "clienti.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["importa"],
        ["esporta"],
        ["cancella"],
        ["carica"],
        ["stato"],
        ["demo"],
        ["operatore", "crea"],
        ["chiavi"],
        ["registro"],
        ["copia"],
        ["ripristina"],
    ],
)
def test_help_is_italian(command):
    done = platea(*command, "--help")

    assert done.returncode == 0
    assert done.stdout.startswith("Uso: platea")
    assert "Usage" not in done.stdout and "Show this message" not in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["pippo"], ["stato", "--pippo"], ["stato"]])
def test_a_process_of_its_own_ends_with_the_same_words(arguments):
    width = {"COLUMNS": "82"}  # Click leaves two of them free, and its runner writes eighty
    alone = process(*arguments, env={"PATH": "/usr/bin:/bin", "PLATEA_DATA": "/nonexistent", **width})
    here = platea(*arguments)

    assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pippo"], "il comando pippo non esiste"),
        (["stato", "--pippo"], "l’opzione --pippo non esiste"),
        (["importa"], "Manca l’argomento"),
        (["importa", "manca.csv", "--database", "X"], "manca.csv non esiste"),
        (["stato"], "Manca REDIS_URL"),
        (["simulatore", "--port", "x"], "numero"),
    ],
)
def test_a_wrong_request_is_answered_in_italian_with_exit_code_2(arguments, says):
    done = platea(*arguments)

    assert done.returncode == 2
    assert says in done.stderr


def test_the_compiled_words_are_those_of_the_readable_file():
    folder = language.FOLDER / "it" / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as readable, (folder / "messages.mo").open("rb") as compiled:
        written, used = pofile.read_po(readable), mofile.read_mo(compiled)

    assert words(used) == words(written)


def words(catalog: Catalog) -> set[tuple]:
    def plain(text: object) -> object:
        return tuple(text) if isinstance(text, list | tuple) else text

    return {(plain(message.id), plain(message.string)) for message in catalog if message.id}


def test_the_first_administrator_is_made_from_the_command_line(connected):
    env = environment(connected) | {"PLATEA_PASSWORD": "una frase lunga abbastanza"}
    crea = ["operatore", "crea", "--email", "anna@studio.example", "--nome", "Anna", "--cliente", "Studio"]

    made, again = platea(*crea, env=env), platea(*crea, env=env)

    assert (made.returncode, made.stdout) == (
        0,
        "Creato Anna (anna@studio.example), amministratore di “Studio” e proprietario dell’installazione.\n",
    )
    assert again.returncode == 2
    assert "C’è già un operatore con l’indirizzo anna@studio.example." in again.stderr


@pytest.mark.processes
def test_a_file_is_imported_uploaded_and_followed(env, csv, simulator, connected, tmp_path):
    imported = process("importa", str(csv), "--database", "Clienti", "--json", env=env)
    assert imported.returncode == 0, imported.stderr
    told = json.loads(imported.stdout)
    assert (told["rows"], told["new"], told["rejected"]) == (3, 3, 0)
    carica = ["carica", "--database", "Clienti", "--account", simulator.account_id, "--audience", "Clienti"]
    undecided = platea(*carica, env=env)
    assert undecided.returncode == 2
    assert "scegli con --medium email o --medium sms" in undecided.stderr

    crew = Workers(connected, tmp_path / "log")
    crew.start(1)
    try:
        done = process(*carica, "--medium", "email", "--attendi", "--json", env=env)
    finally:
        crew.supervisor.stop()

    assert done.returncode == 0, done.stderr
    upload = json.loads(done.stdout)
    assert (upload["sent"], upload["discarded"]) == (2, {"email_invalid": 1})
    state = platea("stato", upload["id"], env=env)
    assert "2 utenti inviati a “Clienti”" in state.stdout
    assert platea("stato", "manca22222aa", env=env).returncode == 2


def test_normalizza_reads_and_writes_json_lines():
    lines = [
        {"key": "EMAIL", "raw": " Mary@Example.com ", "country": None},
        {"key": "PHONE", "raw": "333 1234567", "country": "IT"},
        {"key": "EMAIL", "raw": "", "country": "IT"},
    ]

    done = process("normalizza", input="".join(json.dumps(line) + "\n" for line in lines))

    mary, phone, empty = map(json.loads, done.stdout.splitlines())
    assert (mary["normalised"], mary["sha256"], mary["reason"]) == ("mary@example.com", MARY, None)
    assert phone["normalised"] == "393331234567"
    assert (empty["normalised"], empty["sha256"]) == (None, None) and empty["reason"]


def test_normalizza_names_the_line_that_is_no_json():
    done = platea("normalizza", typed="{}\n")

    assert done.returncode == 2
    assert "riga 1" in done.stderr


def test_the_simulator_alone_prints_one_line_and_serves():
    process = subprocess.Popen(
        [*PLATEA, "simulatore", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        told = json.loads(process.stdout.readline())
        answer = requests.get(
            f"{told['graph_url']}/v26.0/act_{told['account_id']}",
            headers={"Authorization": f"Bearer {told['access_token']}"},
            timeout=10,
        )
        assert answer.json()["id"] == f"act_{told['account_id']}"
        assert {"graph_url", "dialog_url", "access_token", "account_id"} <= set(told)
    finally:
        process.terminate()
        assert process.communicate(timeout=10)[0] == ""


def test_what_an_import_came_to_is_said_in_one_sentence(env, csv):
    told = platea("importa", str(csv), "--database", "Clienti", env=env)
    assert told.stdout == "3 righe lette in “Clienti”: 3 contatti nuovi, 0 aggiornati, 0 righe scartate.\n"

    again = platea("importa", str(csv), "--database", "Clienti", env=env)
    assert "1 contatto nuovo, 2 aggiornati (di cui 2 già uguali), 0 righe scartate." in again.stdout


def test_who_is_present_is_recognised_by_the_key_that_was_asked_for(env, tmp_path):
    first, second = tmp_path / "prima.csv", tmp_path / "seconda.csv"
    first.write_text("Codice;Email\nC1;anna@posta.example.com\n", encoding="utf-8")
    second.write_text("Codice;Email\nC2;anna@posta.example.com\nC3;b@posta.example.com\n", encoding="utf-8")
    assert platea("importa", str(first), "--database", "Soci", env=env).returncode == 0
    importa = ["importa", str(second), "--database", "Soci", "--json"]

    refused = platea(*importa, "--chiave", "cellulare", env=env)
    told = json.loads(platea(*importa, "--chiave", "email", "--modo", "presenti", env=env).stdout)

    assert refused.returncode == 2
    assert "nel file nessuna colonna è abbinata a “Cellulare”" in refused.stderr
    assert (told["new"], told["updated"], told["rejected"]) == (0, 1, 0)


@pytest.mark.processes
def test_the_command_leaves_out_who_said_no_unless_it_is_told_why_not(env, simulator, connected, tmp_path):
    file = tmp_path / "soci.csv"
    file.write_text("Email;Consenso\nsi@posta.com;sì\nno@posta.com;no\n", encoding="utf-8")
    assert platea("importa", str(file), "--database", "Soci", env=env).returncode == 0
    carica = ["carica", "--database", "Soci", "--account", simulator.account_id, "--attendi", "--json"]
    why = ["--consenso", "tutti", "--motivo", "Contratto di fornitura"]
    crew = Workers(connected, tmp_path / "log")
    crew.start(1)
    try:
        without = platea(*carica, "--audience", "Chi può", env=env)
        everybody = platea(*carica, "--audience", "Tutti", *why, env=env)
    finally:
        crew.supervisor.stop()

    told = [json.loads(done.stdout) for done in (without, everybody)]
    assert [(one["sent"], one["excluded"]) for one in told] == [(1, 1), (2, 0)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--consenso", "tutti"], "scrivi perché puoi farlo con --motivo"),
        (["--consenso", "tutti", "--motivo", "perché sì"], "almeno 10 caratteri"),
        (["--motivo", "Contratto di fornitura"], "--motivo serve solo con --consenso tutti"),
    ],
)
def test_the_command_wants_a_reason_for_who_said_no_and_for_nobody_else(env, asked, said):
    done = platea("carica", "--database", "Soci", "--account", "1", "--audience", "Soci", *asked, env=env)

    assert done.returncode == 2
    assert said in done.stderr
