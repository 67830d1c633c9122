"""`/cerca`: the page, and its answer, which the dialog of every page asks for too.

What is typed may be a person's e-mail or number: it comes in the body, never in an address.
"""

from flask import render_template, request

from webapp import db
from webapp.access import current
from webapp.contacts import queries
from webapp.home.routes import blueprint
from webapp.home.search import lookups
from webapp.home.search.found import Found
from webapp.web import htmx

LONGEST = 100


@blueprint.get("/cerca", endpoint="search")
def show_search() -> str:
    return _page("")


@blueprint.post("/cerca")
def find() -> str:
    typed = request.form.get("q", "").replace("\0", "").strip()[:LONGEST]
    if htmx.is_htmx():
        return render_template("home/search/_options.html", found=_found(typed))
    return _page(typed)


def _page(typed: str) -> str:
    return render_template("home/search/search.html", typed=typed, found=_found(typed))


def _found(typed: str) -> Found:
    client_id = current.current_client_id()
    with db.reading() as session:
        databases = queries.databases_of(session, client_id)
        return lookups.search(session, client_id, current.rank(), typed, databases)
