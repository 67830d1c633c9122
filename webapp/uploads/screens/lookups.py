"""The upload a URL names, for the client whose pages are open; everything else is a 404."""

from flask import abort

from webapp import db
from webapp.access.current import current_client_id
from webapp.uploads.screens import queries
from webapp.uploads.screens.rows import UploadRow
from webapp.values.identifiers import looks_like_public_id


def upload_or_404(public_id: str) -> UploadRow:
    if not looks_like_public_id(public_id):
        abort(404)
    with db.reading() as session:
        row = queries.read_one(session, current_client_id(), public_id)
    if row is None:
        abort(404)
    return row
