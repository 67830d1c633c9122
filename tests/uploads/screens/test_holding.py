"""What an upload still needs cannot be deleted from under it, whichever room it belongs to."""

import pytest
from sqlmodel import select

from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.contacts.models import Filter
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.status import BatchStatus, UploadStatus

PENDING = [(BatchStatus.PENDING, 100, 0)]


@pytest.fixture
def delete_filter(clienti, inattivi, signed_in):
    url = f"/database/{clienti.public_id}/filtri/{inattivi.public_id}/elimina"
    return lambda: signed_in.post_form(url, follow_redirects=True)


@pytest.fixture
def delete_account(italia, signed_in):
    url = f"/configura/integrazioni/facebook/{italia.public_id}/elimina"
    return lambda: signed_in.post_form(url, follow_redirects=True)


def remaining(table: type) -> int:
    with db.reading() as session:
        return len(session.exec(select(table)).all())


def test_a_filter_stays_while_an_upload_of_it_is_not_over(clienti, inattivi, delete_filter):
    add_upload(clienti, PENDING, status=UploadStatus.QUEUED, saved=inattivi)

    answer = delete_filter()

    assert "Un caricamento in corso usa questo filtro" in answer.text
    assert remaining(Filter) == 1


def test_a_filter_may_go_once_its_uploads_are_over(clienti, inattivi, delete_filter):
    add_upload(clienti, saved=inattivi)

    delete_filter()

    assert remaining(Filter) == 0


def test_an_account_stays_while_an_upload_to_it_is_not_over(clienti, italia, delete_account):
    add_upload(clienti, PENDING, status=UploadStatus.SENDING, account=italia)

    assert delete_account().status_code == 409
    assert remaining(MetaAccount) == 1


def test_an_account_may_go_once_its_uploads_are_over(clienti, italia, delete_account):
    add_upload(clienti, account=italia)

    delete_account()

    assert remaining(MetaAccount) == 0
