"""Files that are hard to believe, through `platea importa`: for each the result that is stated."""

import resource
from io import BytesIO

from openpyxl import Workbook

from tests.support.found_files import hashed, people
from tests.support.in_time import in_time
from tests.support.own_files import rows
from webapp import db

FIFTY_THOUSAND = 50_000


def test_fifty_thousand_words_are_undecided_and_take_seconds_and_little_memory(cli, tmp_path):
    file = tmp_path / "clienti.csv"
    file.write_text(rows("Email;Consenso", *(f"u{n}@;parola {n}" for n in range(FIFTY_THOUSAND))))
    asked = cli.importa(file, "Clienti")
    assert (asked.code, asked.json["status"]) == (2, "to_confirm")
    assert set(asked.alerts) == {"nobody_to_send", "undecided_words"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with in_time():
        done = cli.importa(file, "Clienti", "--conferma-avvisi")

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 200_000  # KB
    assert (done.code, done.json["status"]) == (0, "completed_with_warnings")
    assert done.alerts == {"nobody_to_send": FIFTY_THOUSAND, "undecided_words": FIFTY_THOUSAND}
    assert cli.received("Clienti", "email") == (set(), 0)


def test_of_channels_that_contradict_each_no_holds(cli, tmp_path):
    file = tmp_path / "clienti.csv"
    file.write_text(
        rows(
            "Email;Cellulare;Consenso;Consenso email;Consenso SMS",
            *("a@;3475580001;NO;SI;SI", "b@;3475580002;SI;NO;", "c@;3475580003;;SI;NO"),
            "d@;3475580004;SI;boh;SI",
        )
    )
    done = cli.importa(file, "Clienti")
    assert (done.code, done.json["status"], done.alerts) == (
        0,
        "completed_with_warnings",
        {"undecided_words": 1},
    )
    assert cli.received("Clienti", "email")[0] == hexes(people("c"))
    assert cli.received("Clienti", "sms")[0] == hexes({"393475580002"})


def test_a_dialling_code_that_disagrees_leaves_the_number_out_with_a_true_reason(cli, tmp_path):
    file = tmp_path / "clienti.csv"
    file.write_text(rows("Prefisso;Cellulare", "0041;+39 347 5551235", "0041;079 123 45 67", "39;3475551234"))
    assert cli.importa(file, "Clienti").code == 0
    assert cli.received("Clienti", "sms") == (hexes({"41791234567", "393475551234"}), 2)
    assert reasons() == ["phone_invalid.dial_code"]


def test_of_three_hundred_sheets_one_is_read_and_said(cli, tmp_path):
    book, out = Workbook(), BytesIO()
    for number in range(300):
        page = book.create_sheet(f"F{number}")
        page.append(["Email", "Consenso"])
        page.append([f"f{number}@posta.example.com", "SI"])
    book.remove(book.worksheets[0])
    book.save(out)
    file = tmp_path / "clienti.xlsx"
    file.write_bytes(out.getvalue())
    done = cli.importa(file, "Clienti")
    assert (done.code, done.alerts) == (0, {"other_sheets": 299})
    assert done.json["avvisi"][0]["testo"] == "Letto solo il foglio “F0”: nel file ce ne sono altri 299."
    assert cli.received("Clienti", "email")[0] == hexes(people("f0"))
    chosen = cli.importa(file, "Altri", "--foglio", "F299")
    assert chosen.code == 0
    assert cli.received("Altri", "email")[0] == hexes(people("f299"))
    gone = cli.importa(file, "Altri", "--foglio", "F300")
    assert gone.code == 2 and "nessun foglio “F300”" in gone.complaint


def test_names_of_columns_that_look_like_data_are_names(cli, tmp_path):
    """A line of numbers and a date above the contacts names the columns; a first contact is a contact."""
    numbers, contact = tmp_path / "numeri.csv", tmp_path / "contatto.csv"
    numbers.write_text(rows("1;2;31/12/2025", "Anna;a@;3475580001", "Bea;b@;3475580002"))
    contact.write_text(rows("Anna;a@;3475580001", "Bea;b@;3475580002"))
    for file, count in ((numbers, 2), (contact, 2)):
        done = cli.importa(file, file.stem)
        assert (done.code, done.json["new"], done.json["rejected"]) == (0, count, 0)
        assert cli.received(file.stem, "email") == (hexes(people("a", "b")), 2)
        assert cli.received(file.stem, "sms") == (hexes({"393475580001", "393475580002"}), 2)


def hexes(values: set[str]) -> set[str]:
    return {one.hex() for one in hashed(values)}


def reasons() -> list[str]:
    from sqlmodel import col, select

    from webapp.contacts.models import Contact

    with db.reading() as session:
        return list(
            session.exec(select(Contact.mobile_reason).where(col(Contact.mobile_reason).is_not(None)))
        )
