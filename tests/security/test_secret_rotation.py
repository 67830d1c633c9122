"""PLATEA_SECRET_KEYS changes while people work: nobody notices, and what is kept for years stays readable.

The erased, the ledger and recovery codes have keys of their own. The literal digests of the first test are
those of the version that had none: HMAC-SHA256 under HKDF-SHA256 (RFC 5869) of the secret.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import update

from tests.conftest import make_app
from webapp import data_keys, db
from webapp import services as platea
from webapp.access.models import AuditEntry
from webapp.access.signing_in import second_factor
from webapp.access.trail.audit import Action, close_chain, record_alone
from webapp.access.trail.audit_chain import is_closed, verify
from webapp.contacts import contact_ids
from webapp.contacts.erasure import erased
from webapp.contacts.erasure.erased_keys import key_of
from webapp.contacts.ledger import idents
from webapp.crypto import CannotOpen, Seal, new_key
from webapp.mail import OutgoingMail

FIRST, SECOND = "prima chiave, lunga abbastanza per firmare", "seconda chiave, lunga abbastanza anche lei"
MARIO = bytes.fromhex("b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514")  # any 32 bytes


@pytest.fixture
def old(database, aurora):
    """An installation with the first secret; it had a client before there were data keys."""
    platea.start(replace(database, secret_key=FIRST))
    return replace(database, secret_key=FIRST)


def rotated(settings):
    return replace(settings, secret_key=SECOND, former_secret_keys=(FIRST,))


def changed(settings):
    return replace(settings, secret_key=SECOND, former_secret_keys=())


def what_lasts(client_id: int):
    secret = data_keys.key(data_keys.ERASED)
    return (
        key_of(secret, client_id, MARIO).hex(),
        idents.seal(MARIO).hex(),
        second_factor._recovery_hash(1, "abcd"),
    )


def test_an_installation_of_before_keeps_what_it_had_and_then_outlives_its_secret(old, aurora):
    before = what_lasts(aurora.id)
    data_keys.make()
    platea.start(rotated(old))
    data_keys.make()
    platea.start(changed(old))

    assert before == (
        "0a8a09481ea0c1215dec3f381800888685a25bcf5993595ee4738e9388bb6da2",
        "b39b6ab21dbc62a1a90fc3f0719c5fd403949c4837f9bac268def6234f625b0a",
        "a74947bd2763de262f706f6e4261f073df6db29562eabc6696eba1f333c0dab4",
    )
    assert what_lasts(aurora.id) == before


def test_token_keys_may_all_be_replaced_too_but_not_both_at_once(old, aurora):
    data_keys.make()
    before = what_lasts(aurora.id)
    others = (new_key(),)
    platea.start(replace(old, token_keys=others))
    data_keys.make()  # the secret still opens them, and they are sealed with both again
    platea.start(replace(changed(old), token_keys=others))

    assert what_lasts(aurora.id) == before
    platea.start(replace(changed(old), token_keys=(new_key(),)))
    with pytest.raises(data_keys.KeysLost, match="PLATEA_SECRET_KEYS"):
        data_keys.make()


def test_a_new_installation_has_keys_that_no_secret_gives_away(database):
    platea.start(replace(database, secret_key=FIRST))
    derived = data_keys.key(data_keys.LEDGER)
    data_keys.make()

    made = data_keys.key(data_keys.LEDGER)
    assert made != derived and len(made) == 32
    assert made != data_keys.key(data_keys.ERASED)


def test_who_is_erased_stays_erased_when_the_secret_is_another(old, aurora):
    data_keys.make()
    with db.writing() as session:
        key = key_of(data_keys.key(data_keys.ERASED), aurora.id, MARIO)
        session.add(erased.ErasedPerson(client_id=aurora.id, key=key))
    platea.start(changed(old))

    with db.reading() as session:
        assert erased.erased_among(session, aurora.id, [MARIO]) == {MARIO}


def test_who_is_signed_in_goes_on_and_sends_the_form_that_was_open(old, giulia):
    browser = make_app(old).test_client()
    browser.sign_in(giulia)
    form, cookie = {"csrf_token": browser.csrf_token()}, browser.get_cookie("platea").value

    def with_the_same_cookie(settings):
        there = make_app(settings).test_client()
        there.set_cookie("platea", cookie)
        return there

    gone = with_the_same_cookie(changed(old))
    assert gone.get("/profilo").status_code == 303
    later = with_the_same_cookie(rotated(old))
    assert later.get("/profilo").status_code == 200
    assert later.post("/uscita", data=form).status_code == 303
    assert later.get("/profilo").status_code == 303


def test_an_address_of_a_contact_from_before_still_opens_it(old):
    before = contact_ids.public_id(4_321)
    platea.start(rotated(old))

    assert contact_ids.public_id(4_321) != before
    assert [contact_ids.contact_id(one) for one in (before, contact_ids.public_id(4_321))] == [4_321, 4_321]
    platea.start(changed(old))
    assert contact_ids.contact_id(before) is None


def entries(count: int) -> None:
    for _ in range(count):
        record_alone(Action.SETTINGS_CHANGED, client_id=None)


def test_the_chain_goes_on_under_the_new_secret_and_stays_anchored_without_the_old_one(old):
    entries(3)
    platea.start(rotated(old))
    entries(1)
    with db.writing() as session:
        assert close_chain(session)
    entries(2)

    assert is_closed() and verify().last == 7 and verify().broken_at is None
    platea.start(changed(old))
    found = verify()
    assert (found.sealed_off, found.checked, found.last, found.broken_at) == (4, 3, 7, None)


def test_after_the_closing_entry_the_old_secret_links_nothing_any_more(old):
    entries(2)
    platea.start(rotated(old))
    with db.writing() as session:
        close_chain(session)
    platea.start(old)  # as somebody who knows the old secret only
    entries(1)
    platea.start(rotated(old))

    assert verify().broken_at == 4
    assert verify(newest=1).broken_at == 4


def test_an_entry_from_before_that_was_changed_shows_with_the_old_secret_gone(old, database):
    entries(2)
    platea.start(rotated(old))
    with db.writing() as session:
        close_chain(session)
    _change_behind_the_triggers("link", b"x" * 32, seq=2)
    platea.start(changed(old))

    assert verify().broken_at == 1  # nothing anchors them: the closing entry names another link


def _change_behind_the_triggers(column: str, value: object, seq: int) -> None:
    with db.writing() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        else:
            for name in session.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
            ).scalars():
                session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(update(AuditEntry).where(AuditEntry.seq == seq).values({column: value}))
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_a_sealed_text_opens_for_its_own_purpose_alone(told, here, there):
    seal = _SEAL
    closed = seal.close(told, here)

    assert seal.open(closed, here) == told
    if here != there:
        with pytest.raises(CannotOpen):
            seal.open(closed, there)


@given(st.data())
def test_a_sealed_text_that_was_changed_anywhere_does_not_open(data):
    closed = bytearray(_SEAL.close("token", "meta_account:abc"))
    at = data.draw(st.integers(0, len(closed) - 1))
    closed[at] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(CannotOpen):
        _SEAL.open(bytes(closed), "meta_account:abc")


_SEAL = Seal((new_key(),))


def test_what_an_earlier_version_sealed_still_opens_for_its_purpose_only():
    """Made by `Fernet(key).encrypt(b'["meta_account:abc","EAAB"]')` of cryptography 46."""
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    fernet = (
        b"gAAAAABrDZ5I_GhR-Sgme8g5KvAXYj2Sa5ntVadTcurXr91TZQmcbsH5HxiWb_LFdwpKixurZJfjtAh5"
        b"Dk7VO9BLlkwNv2qnu5ch309TGSk2KHSS0tj7Sv0="
    )
    seal = Seal((new_key(), key))

    assert seal.open(fernet, "meta_account:abc") == "EAAB"
    assert not seal.is_newest(fernet)
    with pytest.raises(CannotOpen):
        seal.open(fernet, "meta_account:xyz")


def test_an_email_does_not_open_for_somebody_else(database):
    seal = platea.services().seal
    info = OutgoingMail.__table__.c.text.info
    closed = seal.close("link", info["sealed"]({"recipient": "giulia@aurora.example"}))

    with pytest.raises(CannotOpen):
        seal.open(closed, info["sealed"]({"recipient": "altra@aurora.example"}), info["formerly"])
