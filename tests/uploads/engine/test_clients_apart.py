"""An ad account is opened for the client it belongs to, whatever number its row has."""

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from tests.uploads.conftest import read
from tests.uploads.engine.test_sending import many
from webapp import db
from webapp.access.models import Client
from webapp.contacts.models import Filter, UserDatabase
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.destination import MetaDestination
from webapp.uploads import commands, jobs
from webapp.uploads.models import Upload
from webapp.uploads.status import UploadStatus

pytestmark = pytest.mark.usefixtures("both")

ACCOUNT_GONE = "L’account Facebook è stato eliminato: configuralo di nuovo."
RULE = {"groups": []}


@pytest.fixture
def bottega(connected) -> Client:
    with db.writing() as session:
        client = Client(name="Bottega Verdi")
        session.add(client)
    return client


def account_of(client, simulator):
    return accounts.save_with_token(client.id, "Conto", simulator.account_id, simulator.access_token)


def test_an_account_of_another_client_is_not_there(world, bottega):
    for call in (MetaDestination().account, MetaDestination().connect):
        with pytest.raises(LookupError):
            call(bottega.id, world.account.id)
    with pytest.raises(LookupError):
        MetaDestination().audience_sizes(bottega.id, world.account.id, "1", world.account.created_at.date())


def test_an_upload_repeated_after_another_client_added_an_account_goes_nowhere(world, bottega, work):
    """Client A deletes its account, client B adds one, somebody of A presses “carica di nuovo”."""
    world.add_contacts(*many(3))
    first = work(world.start())
    assert first.status == UploadStatus.COMPLETED
    assert accounts.delete(world.account)
    theirs = account_of(bottega, world.simulator)

    assert theirs.id != world.account.id  # no number is given twice
    assert read(first).account_id is None and read(first).account_name == "Aurora Italia"
    with pytest.raises(commands.Gone) as gone:
        commands.repeat_upload(first.id, "Giulia Ferri", may_include=False)
    assert str(gone.value) == ACCOUNT_GONE
    with pytest.raises(commands.Gone):
        world.start(account_id=theirs.id)
    assert len(world.simulator.received(first.audience_id)) == 3
    assert accounts.delete(theirs)  # nothing of A's holds it


def test_even_an_upload_that_points_to_another_clients_account_sends_nothing(world, bottega, simulator):
    world.add_contacts(*many(3))
    upload = world.start()
    assert not accounts.delete(world.account)  # an upload of its client uses it
    with db.writing() as session:
        session.execute(update(Upload).values(status=UploadStatus.STOPPED))
    assert accounts.delete(world.account)
    theirs = account_of(bottega, simulator)
    with db.writing() as session:  # as the numbers of rows once allowed
        session.execute(
            update(Upload)
            .where(col(Upload.id) == upload.id)
            .values(status=UploadStatus.QUEUED, account_id=theirs.id)
        )

    jobs.prepare_upload(upload.id)

    done = read(upload)
    assert (done.status, done.reason_code) == (UploadStatus.FAILED, "account_eliminato")
    assert done.audience_id == ""


def test_a_database_or_filter_of_another_client_is_not_there(world, bottega):
    with db.writing() as session:
        theirs = UserDatabase(client_id=bottega.id, name="Clienti")
        session.add(theirs)
        session.flush()
        saved = Filter(database_id=theirs.id, name="Tutti", rule=RULE)
        session.add(saved)

    with pytest.raises(commands.Gone, match="Il database utenti è stato eliminato"):
        world.start(database_id=theirs.id)
    with pytest.raises(commands.Gone, match="Il filtro è stato eliminato"):
        world.start(filter_id=saved.id)


def test_an_upload_whose_filter_was_deleted_is_not_repeated_on_the_whole_database(world, work):
    """Without its filter it would choose everybody."""
    world.add_contacts("anna@posta.example", "bruno@posta.example")
    with db.writing() as session:
        saved = Filter(database_id=world.database.id, name="Di Torino", rule=RULE)
        session.add(saved)
    first = work(world.start(filter_id=saved.id))
    with db.writing() as session:
        session.execute(delete(Filter).where(col(Filter.id) == saved.id))

    with pytest.raises(commands.Gone, match="Il filtro è stato eliminato: scegli da dove caricare"):
        commands.repeat_upload(first.id, "Giulia Ferri", may_include=False)
