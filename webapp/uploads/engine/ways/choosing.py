"""The preparation of an upload, by the way that it fills its audience."""

from collections import Counter
from datetime import date

from webapp import db
from webapp.contacts.ledger import feeds
from webapp.contacts.ledger.filling import fill_in
from webapp.contacts.ledger.models import Feed
from webapp.contacts.models import UserDatabase
from webapp.destinations.base import Destination, Medium
from webapp.uploads.engine import batches, sent_ledger
from webapp.uploads.engine.preparation_lease import PreparationLease
from webapp.uploads.engine.ways import removals
from webapp.uploads.engine.ways.aligning import Aligning
from webapp.uploads.engine.ways.prepared import Prepared, Way
from webapp.uploads.engine.ways.removing import prepare_removal
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation


def choose(upload: Upload, claim: PreparationLease, destination: Destination, today: date) -> Prepared:
    """Store the batches of *upload* and its numbers. Raises LeaseLost, BrokenRule."""
    if upload.only_due:
        return _whoever_is_owed(upload, claim, destination)
    if upload.operation == Operation.REPLACE:  # whoever is owed leaves with all the others
        return batches.prepare(upload, claim, destination, today, Way(Operation.REPLACE))
    way: Way = removals.Adding(upload, claim, destination)
    if upload.operation != Operation.ADD and upload.audience_id:
        of_audience = filled_in(upload)
        if upload.operation == Operation.REMOVE:
            ours = [feed for feed in of_audience if feed.client_id == upload.client_id]
            return prepare_removal(upload, claim, destination, today, ours)
        with db.writing() as session:
            mine = sent_ledger.feed(session, upload)
            home = session.get_one(UserDatabase, upload.database_id).country
        # Of its own: what it encodes to compare counts for no datum that people lack.
        by_value = upload.value_field is not None
        encode = destination.encoder(Medium(upload.medium), upload.identifiers, home, by_value).encode
        feed = next((one for one in of_audience if one.id == mine), None)
        others = [one for one in of_audience if one.id != mine]
        way = Aligning(upload, claim, destination, encode, feed, others)
    return batches.prepare(upload, claim, destination, today, way)


def filled_in(upload: Upload) -> list[Feed]:
    """Every feed of the audience; those of the client with the idents that can be known."""
    with db.reading() as session:
        found = feeds.feeds_of_vendor(session, upload.destination, upload.audience_id)
    for feed in found:
        if feed.client_id == upload.client_id:
            fill_in(feed)
    return found


def _whoever_is_owed(upload: Upload, claim: PreparationLease, destination: Destination) -> Prepared:
    batches.forget_former_batches(claim)
    prepared = Prepared(Counter(), Counter(), 0)
    removals.store(claim, destination, prepared, removals.owed_now(upload))
    batches.record(claim, prepared)
    return prepared
