"""Filling the client with invented contacts."""

from flask import Response, url_for

from webapp.access.current import current_client_id, current_operator
from webapp.contacts import databases
from webapp.contacts.routes import DATABASES, blueprint
from webapp.contacts.samples import sample_data
from webapp.web import htmx


@blueprint.post(f"{DATABASES}/esempio")
def create_sample() -> Response:
    try:
        made = sample_data.create(current_client_id(), current_operator().name)
    except databases.DatabaseError as error:
        return htmx.notice(htmx.go_to(url_for("contacts.databases")), str(error), "err")
    answer = htmx.go_to(url_for("contacts.contacts", database_id=made.public_id))
    return htmx.notice(answer, "Ecco i contatti di esempio, con due filtri già pronti.")
