"""`--riconosci`: other data of each person from the command line, and what the simulated Meta receives."""

import hashlib
import json
import subprocess

import pytest
from sqlmodel import select

from tests.support.running import PLATEA
from webapp import db
from webapp.destinations import registry
from webapp.destinations.meta.models import MetaAccount

FILE = """\
Email;Cellulare;Nome;Cognome;Città;CAP;Totale speso
anna@posta.com;333 1234567;Anna Maria;D’Angelo;Milano;20121;"1.044,50"
luca@posta.com;;Luca;;Roma;XX;140
anna(at)posta;333 7654321;No;No;Torino;10121;7
"""


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clienti.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_the_data_asked_for_arrive_and_are_told(cli, file):
    assert cli.importa(file, "Clienti").code == 0

    held, sent = cli.received("Clienti", "email", "--riconosci", "Nome, città,cap")

    assert (held, sent) == (
        {
            "\t".join([sha("anna@posta.com"), sha("annamaria"), sha("milano"), sha("20121")]),
            "\t".join([sha("luca@posta.com"), sha("luca"), sha("roma"), ""]),
        },
        2,
    )
    [told] = cli.run("stato").json
    assert told["identifiers"] == ["first_name", "city", "postcode"]
    assert told["missing"] == {"first_name": 0, "city": 0, "postcode": 1}


def test_a_word_that_is_no_datum_is_refused_with_those_there_are(cli):
    done = cli.run(
        "carica", "--database", "X", "--account", "1", "--audience", "Y", "--riconosci", "nome,eta"
    )

    assert done.code == 2
    assert "--riconosci non conosce “eta”." in done.complaint
    assert "nessuno, tutti" in done.complaint
    assert "email, cellulare, nome, cognome, sesso, nascita, citta, provincia, cap, paese, codice" in (
        done.complaint
    )


def test_the_whole_way_once_writes_the_schema_and_a_line_a_person(file, tmp_path):
    out = tmp_path / "ricevuti.txt"
    whole_way = [
        "demo",
        "--una-volta",
        str(file),
        "--medium",
        "email",
        "--riconosci",
        "cellulare,nome,codice",
        "--valore",
        "totale speso",
    ]
    env = {"PATH": "/usr/bin:/bin", "PLATEA_DATA": "/nonexistent", "TMPDIR": str(tmp_path)}

    done = subprocess.run(
        [*PLATEA, *whole_way, "--ricevuti", str(out), "--json"],
        capture_output=True, text=True, timeout=90, env=env,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    schema, *people = [line.split("\t") for line in out.read_text().splitlines()]
    assert schema == ["EMAIL", "PHONE", "FN", "EXTERN_ID", "LOOKALIKE_VALUE"]
    assert sorted(people) == sorted(
        [
            [sha("anna@posta.com"), sha("393331234567"), sha("annamaria"), "", "1044.5"],
            [sha("luca@posta.com"), "", sha("luca"), "", "140"],
        ]
    )
    told = json.loads(done.stdout)
    assert (told["sent"], told["received"], told["missing"]) == (
        2,
        2,
        {"mobile": 1, "first_name": 0, "code": 2},
    )


def test_a_check_says_who_would_go_and_sends_nobody(cli, file):
    assert cli.importa(file, "Clienti").code == 0
    where = ("--database", "Clienti", "--account", cli.account_id, "--medium", "email", "--audience", "Nuova")

    said = cli.run("carica", *where, "--verifica")

    assert said.code == 0
    assert (said.json["blocked"], said.json["to_send"]) == (False, 2)
    assert {line["key"]: line["tone"] for line in said.json["lines"]} == {
        "account": "ok",
        "audience": "ok",
        "numero": "warn",
    }
    assert cli.run("stato").json == []


def test_a_field_that_is_no_number_is_no_value(cli, file):
    assert cli.importa(file, "Clienti").code == 0
    where = ("--database", "Clienti", "--account", cli.account_id, "--medium", "email", "--audience", "X")

    refused = cli.run("carica", *where, "--valore", "Nome")
    taken = cli.run("carica", *where, "--valore", "TOTALE SPESO")

    assert refused.code == 2
    assert "“Nome” non è un campo numerico di “Clienti”" in refused.complaint
    assert "Ci sono: “Totale speso”." in refused.complaint
    assert (taken.code, taken.json["value"]) == (0, "Totale speso")


def test_who_says_how_to_fill_the_audience_says_who_stays_in_it(cli, file):
    assert cli.importa(file, "Clienti").code == 0
    where = ("--database", "Clienti", "--account", cli.account_id, "--medium", "email")

    unknown = cli.run("carica", *where, "--audience", "Nuova", "--modo", "girala")
    added = cli.run("carica", *where, "--audience", "Nuova", "--modo", "aggiungi", "--origine", "entrambi")

    with db.reading() as session:
        account = session.exec(select(MetaAccount)).one()
    registry.destination("meta").connect(account.client_id, account.id).create_audience("Vecchia", "vecchia")
    replace = ("--audience", "Vecchia", "--modo", "sostituisci")
    unsure = cli.run("carica", *where, *replace)
    wrong = cli.run("carica", *where, *replace, "--restano", "9")
    sure = cli.run("carica", *where, *replace, "--restano", "2")
    new = cli.run("carica", *where, "--audience", "Mai vista", "--modo", "sostituisci", "--restano", "2")

    assert unsure.code == wrong.code == new.code == 2
    assert "per confermare aggiungi --restano 2." in unsure.complaint == wrong.complaint
    assert "che esiste già" in new.complaint
    assert (sure.code, sure.json["operation"]) == (0, "replace")
    assert unknown.code == 2 and "girala" in unknown.complaint
    assert (added.code, added.json["operation"], added.json["data_origin"]) == (0, "add", "both")
