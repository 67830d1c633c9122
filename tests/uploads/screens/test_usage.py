"""What must not be deleted while an upload needs it."""

import pytest

from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.uploads.status import FINAL, UploadStatus
from webapp.uploads.usage import account_is_busy, filter_is_busy


@pytest.mark.parametrize("status", UploadStatus)
def test_account_and_filter_are_held_until_the_upload_ends(clienti, inattivi, italia, status):
    add_upload(clienti, account=italia, saved=inattivi, status=status)

    with db.reading() as session:
        assert account_is_busy(session, italia.id) == (status not in FINAL)
        assert filter_is_busy(session, inattivi.id) == (status not in FINAL)
        assert not account_is_busy(session, italia.id + 1)
        assert not account_is_busy(session, italia.id, "another")
