"""The file of the contacts that were not sent: whole, and harmless in a spreadsheet."""

import csv
import io

import pytest

from tests.conftest import Browser
from tests.uploads.screens.building import add_contacts, add_upload, change_batch, leave_out
from webapp import db
from webapp.contacts.models import UserDatabase
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus

SENT = BatchStatus.SENT


def rows_of(browser: Browser, upload: Upload, query: str = "") -> list[list[str]]:
    response = browser.get(f"/caricamenti/{upload.public_id}/dati-non-validi.csv{query}")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Cache-Control"] == "no-store"
    text = response.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


@pytest.fixture
def upload(clienti: UserDatabase) -> Upload:
    """One contact refused by Meta, two discarded for different reasons, one duplicate."""
    refused, formula, landline, twin = add_contacts(
        clienti,
        {"code": "1", "email": "sara@posta.example", "first_name": "Sara"},
        {"code": "2", "email": "=cmd|' /C calc'!A0", "first_name": "Mario", "last_name": "D’Angelo; jr"},
        {"code": "3", "email": "@anna", "mobile": "+3902123456", "first_name": "Anna"},
        {"code": "4", "email": "luca@posta.example", "first_name": "Luca"},
    )
    made = add_upload(clienti, [(SENT, 10, 1)], discarded={"email_invalid": 2}, duplicates=1)
    leave_out(made, "email_invalid.no_at", [formula])
    leave_out(made, "email_invalid.local", [landline])
    leave_out(made, "duplicate", [twin])
    change_batch(made, 1, rejected=[[refused.id, "Invalid hash"]])
    return made


def test_the_file_lists_who_meta_refused_and_who_was_discarded(signed_in: Browser, upload: Upload):
    header, *rows = rows_of(signed_in, upload)

    assert header == ["Codice", "Email", "Cellulare", "Nome", "Cognome", "Motivo"]
    assert [row[0] for row in rows] == ["1", "3", "2"]
    assert rows[0][5] == "rifiutato da Meta: Invalid hash"
    assert rows[2][5] == "indirizzo email non valido: manca la chiocciola"


def test_a_formula_does_not_run_and_a_phone_stays_a_phone(signed_in: Browser, upload: Upload):
    _, _, landline, formula = rows_of(signed_in, upload)

    assert formula[1] == "'=cmd|' /C calc'!A0"
    assert formula[4] == "D’Angelo; jr"
    assert landline[1] == "'@anna"
    assert landline[2] == "+3902123456"


def test_one_reason_can_be_asked_for_alone(signed_in: Browser, upload: Upload):
    assert [row[0] for row in rows_of(signed_in, upload, "?motivo=duplicate")[1:]] == ["4"]
    assert [row[0] for row in rows_of(signed_in, upload, "?motivo=rejected")[1:]] == ["1"]
    assert [row[0] for row in rows_of(signed_in, upload, "?motivo=email_invalid.no_at")[1:]] == ["2"]


def test_a_reason_the_upload_does_not_have_is_not_found(signed_in: Browser, upload: Upload):
    url = f"/caricamenti/{upload.public_id}/dati-non-validi.csv?motivo=phone_landline"
    assert signed_in.get(url).status_code == 404


def test_a_contact_deleted_since_is_left_out_of_the_file(signed_in: Browser, upload: Upload):
    with db.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM contact WHERE code = '2'")

    assert [row[0] for row in rows_of(signed_in, upload)[1:]] == ["1", "3"]
