"""The choice of the ad account, once somebody has authorised: it comes into the form by itself."""

from flask import abort, render_template, request

from webapp.destinations.meta.accounts import reach
from webapp.destinations.meta.routes import FACEBOOK, blueprint, find_draft


@blueprint.get(f"{FACEBOOK}/nuovo/scelta")
def choose_account() -> str:
    """The field "Account ID" as a list of the accounts that the draft's authorisation reaches."""
    draft = find_draft(request.args.get("bozza", "")) or abort(404)
    typed = request.args.get("account_id", draft.act_id)[:40]
    return render_template(
        "destinations/meta/_account_id.html",
        draft=draft,
        typed=typed,
        reach=reach.of_draft(draft),
        error=None,
    )
