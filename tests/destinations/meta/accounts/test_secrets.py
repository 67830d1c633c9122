"""The access token and the code: nowhere but sealed in the database and on the wire to Meta."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.destinations.meta.accounts.journey import FACEBOOK, come_back, drafts, saved
from webapp import clock
from webapp.destinations.meta.accounts import accounts, authorisation


@pytest.fixture
def everything_said(capsys, caplog):
    """All that was logged or printed so far, whatever the level."""
    caplog.set_level(logging.DEBUG)

    def said() -> str:
        printed = capsys.readouterr()
        return caplog.text + printed.out + printed.err

    return said


def whole_database(settings) -> bytes:
    return b"".join(path.read_bytes() for path in settings.data_dir.glob("platea.db*"))


def test_a_token_is_never_shown_logged_or_kept_in_clear(
    start, signed_in, meta_settings, simulator, everything_said
):
    address = start().grant()
    code = parse_qs(urlsplit(address).query)["code"][0]
    back = come_back(signed_in, address)
    token = authorisation.grant_of(drafts()[0]).token
    pages = [back.headers["Location"], back.text, signed_in.get(back.headers["Location"]).text]
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "bozza": drafts()[0].public_id}
    signed_in.post_form(f"{FACEBOOK}/nuovo", fields)
    (account,) = saved()
    for path in ("", f"/{account.public_id}/modifica", f"/{account.public_id}/info?elenco=1"):
        pages.append(signed_in.get(FACEBOOK + path).text)
    with signed_in.session_transaction() as cookie:
        pages.append(str(dict(cookie)))

    assert accounts.token_of(account) == token
    said = "\n".join([*pages, everything_said(), repr(account)])
    for secret in (token, code, meta_settings.meta_app_secret):
        assert secret not in said
        if meta_settings.database_url.startswith("sqlite"):
            assert secret.encode() not in whole_database(meta_settings)


def test_the_state_is_kept_only_as_a_digest(start, meta_settings):
    state = parse_qs(urlsplit(start().url).query)["state"][0]

    assert len(state) == 43 and len(drafts()[0].state_sha256) == 64
    if meta_settings.database_url.startswith("sqlite"):
        assert state.encode() not in whole_database(meta_settings)


def test_a_pasted_token_does_not_come_back_in_the_form(signed_in):
    token = "EAAB" + "z" * 40
    answer = signed_in.post_form(
        f"{FACEBOOK}/nuovo", {"nome": "", "account_id": "1", "token": token}, htmx=True
    )

    assert answer.status_code == 422 and token not in answer.text


def test_old_drafts_are_forgotten(start):
    start()
    authorisation._settle(drafts()[0], created_at=clock.now().replace(year=2025), state_sha256="x")

    start()

    assert len(drafts()) == 1
