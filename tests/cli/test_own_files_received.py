"""Files nobody sent us, in shapes near those that were: whom Meta receives of each by the command line."""

import hashlib

import pytest

from tests.cli import received
from tests.support.found_files import hashed
from tests.support.own_files import AT, OWN_FILES, rows


@pytest.mark.parametrize("what", OWN_FILES)
def test_of_a_file_of_another_kind_too_nobody_wrong_is_received(cli, tmp_path, what):
    own = OWN_FILES[what]
    (tmp_path / own.name).write_bytes(own.content if isinstance(own.content, bytes) else own.content.encode())
    done = cli.importa(tmp_path / own.name, "Clienti", "--conferma-avvisi")
    assert done.code == 0, done.complaint
    emails = hashed({name + AT for name in own.emails.split()})
    for medium, right in (("email", emails), ("sms", hashed(set(own.mobiles.split())))):
        held, sent = cli.received("Clienti", medium)
        wanted = {one.hex() for one in right}
        received.note(what, medium, sent, held, wanted)
        assert held == wanted
        assert sent == len(wanted)


def test_with_a_key_the_later_of_two_days_rules(cli, tmp_path):
    file = tmp_path / "clienti.csv"
    head = "Email;Consenso;Data del consenso"
    file.write_text(
        rows(head, "a@;NO;01/02/2024", "a@;SI;13/03/2024", "b@;SI;01/02/2024", "b@;NO;13/03/2024", "c@;NO;")
    )
    assert cli.importa(file, "Clienti", "--chiave", "email").code == 0
    held, _ = cli.received("Clienti", "email")
    assert held == {hashlib.sha256(f"a{AT}".encode()).hexdigest()}


def test_who_was_erased_is_not_sent_though_a_file_brings_them_back(cli, tmp_path):
    file = tmp_path / "clienti.csv"
    file.write_text(rows("Email;Consenso", "a@;SI", "b@;SI"))
    assert cli.importa(file, "Clienti").code == 0
    assert cli.erase(f"a{AT}") == 0
    assert cli.importa(file, "Clienti", "--chiave", "email").code == 0
    held, sent = cli.received("Clienti", "email")
    assert (held, sent) == ({hashlib.sha256(f"b{AT}".encode()).hexdigest()}, 1)
