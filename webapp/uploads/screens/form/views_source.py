""" "carica qui": an audience is chosen already, the users to put into it are not."""

from flask import abort, render_template, request

from webapp import db
from webapp.access.current import current_client_id
from webapp.contacts import queries as contact_queries
from webapp.contacts.filters import filter_pages
from webapp.destinations import registry
from webapp.uploads.operations import Operation
from webapp.uploads.screens.form import forms
from webapp.uploads.screens.routes import blueprint


@blueprint.get("/carica-qui", endpoint="choose_source")
def choose_source() -> str:
    """The databases and filters of the client, each with the upload form filled in as far as is known.

    Without `account` nothing else is known yet.
    """
    client_id = current_client_id()
    accounts = registry.accounts(client_id)
    wanted = request.args.get("account")
    account = next((one for one in accounts if one.public_id == wanted), None)
    if account is None and wanted is not None:
        abort(404)
    with db.reading() as session:
        databases = contact_queries.database_rows(session, client_id)
        filters = filter_pages.rows(session, client_id)
        session.expunge_all()  # stays readable after the transaction
    return render_template(
        "uploads/screens/form/choose_source.html",
        account=account,
        destination=registry.destination(account.kind) if account else None,
        audience_name=request.args.get("nome", "")[:200],
        args={
            "account": account.public_id,
            "modo": forms.EXISTING,
            "audience": request.args.get("audience", ""),
            **({"come": Operation.ALIGN} if request.args.get("come") == Operation.ALIGN else {}),
        }
        if account
        else {},
        databases=databases,
        filters=filters,
    )
