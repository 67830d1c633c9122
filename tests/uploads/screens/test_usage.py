"""What must not be deleted while an upload needs it."""

import pytest

from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.destinations.meta.models import KIND
from webapp.uploads.status import FINAL, UploadStatus
from webapp.uploads.usage import is_account_busy, is_filter_busy, running_names


@pytest.mark.parametrize("status", UploadStatus)
def test_account_and_filter_are_held_until_the_upload_ends(clienti, inattivi, italia, status):
    add_upload(clienti, account=italia, saved=inattivi, status=status)

    with db.reading() as session:
        assert is_account_busy(session, KIND, italia.client_id, italia.id) == (status not in FINAL)
        assert is_filter_busy(session, inattivi.id) == (status not in FINAL)
        assert not is_account_busy(session, KIND, italia.client_id, italia.id + 1)
        assert not is_account_busy(session, "another", italia.client_id, italia.id)
        assert not is_account_busy(session, KIND, italia.client_id + 1, italia.id)
        assert not running_names(session, KIND, italia.client_id + 1, italia.id)
        assert bool(running_names(session, KIND, italia.client_id, italia.id)) == (status not in FINAL)


def test_who_deletes_an_account_sees_what_still_uses_it(signed_in, clienti, italia, page):
    address = f"/configura/integrazioni/facebook/{italia.public_id}/elimina"
    assert not page(signed_in.get(address)).find_class("alert")

    add_upload(clienti, account=italia, status=UploadStatus.SENDING, audience_name="Black Friday")

    alert = page(signed_in.get(address)).find_class("alert")[0]
    assert "1 caricamento in corso su questo account" in " ".join(alert.text_content().split())
    assert [item.text for item in alert.iter("li")] == ["Black Friday"]
