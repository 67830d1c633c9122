"""Copies encrypted to a key that is not on the host: opened by its private key, and by nothing else."""

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp import db
from webapp.cli.group import platea
from webapp.config import WrongSetting
from webapp.host import backup, sealed_copies
from webapp.host.sealed_copies import CHUNK, CannotDecrypt
from webapp.setting_checks import copy_key

PUBLIC, PRIVATE = sealed_copies.new_pair()
OVERHEAD = 15 + 32  # the mark and the key made for the copy


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """Two chunks and a bit, encrypted."""
    folder = tmp_path_factory.mktemp("copie")
    (folder / "chiara").write_bytes(b"a" * CHUNK + b"b" * CHUNK + b"fine")
    sealed_copies.encrypt(folder / "chiara", folder / "cifrata", PUBLIC)
    return folder / "cifrata"


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_was_encrypted_comes_back_whatever_its_size(tmp_path, size):
    (tmp_path / "chiara").write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    sealed_copies.encrypt(tmp_path / "chiara", tmp_path / "cifrata", PUBLIC)
    sealed_copies.decrypt(tmp_path / "cifrata", tmp_path / "aperta", PRIVATE)

    assert (tmp_path / "aperta").read_bytes() == (tmp_path / "chiara").read_bytes()
    assert (tmp_path / "cifrata").stat().st_mode & 0o777 == 0o600


@settings(max_examples=30)
@given(st.data())
def test_a_file_changed_cut_or_rearranged_does_not_open_and_leaves_nothing(closed, tmp_path_factory, data):
    content = closed.read_bytes()
    how = data.draw(st.sampled_from(["flip", "cut", "longer", "swap", "drop"]))
    at = data.draw(st.integers(0, len(content) - 1))
    first, second = content[OVERHEAD:][: CHUNK + 16], content[OVERHEAD + CHUNK + 16 :][: CHUNK + 16]
    rest = content[OVERHEAD + 2 * (CHUNK + 16) :]
    broken = {
        "flip": content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
        "cut": content[:at],
        "longer": content + b"x",
        "swap": content[:OVERHEAD] + second + first + rest,
        "drop": content[:OVERHEAD] + first + second,
    }[how]
    folder = tmp_path_factory.mktemp("rotta")
    (folder / "rotta").write_bytes(broken)

    with pytest.raises(CannotDecrypt):
        sealed_copies.decrypt(folder / "rotta", folder / "aperta", PRIVATE)
    assert not (folder / "aperta").exists()


def test_another_key_does_not_open_it(closed, tmp_path):
    with pytest.raises(CannotDecrypt, match="la chiave è un’altra"):
        sealed_copies.decrypt(closed, tmp_path / "aperta", sealed_copies.new_pair()[1])
    with pytest.raises(CannotDecrypt, match="comincia con platea-privata-"):
        sealed_copies.decrypt(closed, tmp_path / "aperta", PUBLIC)


@pytest.mark.parametrize("text", ["x", PRIVATE, PUBLIC[:-4], "platea-copie-%%%"])
def test_a_key_that_is_none_stops_the_start(text):
    with pytest.raises(WrongSetting, match="PLATEA_BACKUP_KEY"):
        copy_key(text)


def test_a_copy_of_an_installation_is_encrypted_kept_like_the_others_and_opened_elsewhere(
    database, aurora, tmp_path
):
    copy = backup.save(db.engine(), tmp_path / "copie", PUBLIC)

    assert [one.path for one in backup.copies(tmp_path / "copie")] == [copy.path]
    assert [path.name for path in (tmp_path / "copie").iterdir()] == [copy.path.name]
    assert copy.path.name.endswith((".db.cifrata", ".dump.cifrata"))
    assert b"Studio Aurora" not in copy.path.read_bytes()
    with pytest.raises(backup.BackupError, match="apri-copia"):
        backup.check(copy.path)
    (tmp_path / "chiave").write_text(f"{PRIVATE}\n", encoding="utf-8")
    done = CliRunner().invoke(platea, ["apri-copia", str(copy.path), "--chiave", str(tmp_path / "chiave")])
    opened = copy.path.with_name(copy.path.name.removesuffix(".cifrata"))
    assert done.exit_code == 0, done.output
    assert str(opened) in done.output
    if opened.suffix == ".db":
        engine = db.make_engine(f"sqlite:///{opened}", pooled=False)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT name FROM client").scalars().all() == [aurora.name]
    again = CliRunner().invoke(platea, ["apri-copia", str(copy.path), "--chiave", str(tmp_path / "chiave")])
    assert "c’è già" in again.output and opened.exists()


def test_the_pair_is_made_by_a_command():
    said = CliRunner().invoke(platea, ["chiavi", "copie"]).stdout.splitlines()

    assert copy_key(said[0].removeprefix("PLATEA_BACKUP_KEY=")).startswith("platea-copie-")
    assert said[1].startswith("platea-privata-")
