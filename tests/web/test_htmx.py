"""The same view answers a plain form and htmx, each in its own way."""

import json

import pytest

from webapp.web import htmx

HTMX = {"HX-Request": "true"}


@pytest.fixture
def plain(app):
    with app.test_request_context("/", method="POST"):
        yield


@pytest.fixture
def asked_by_htmx(app):
    with app.test_request_context("/", method="POST", headers=HTMX):
        yield


def test_a_plain_form_goes_on_with_303(plain):
    answer = htmx.go_to("/filtri")

    assert (answer.status_code, answer.location) == (303, "/filtri")


def test_htmx_goes_on_with_204_and_a_header(asked_by_htmx):
    answer = htmx.go_to("/filtri")

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/filtri")


def test_a_notice_of_a_fragment_is_a_toast_at_once(asked_by_htmx):
    answer = htmx.notice(htmx.make_response("<p>"), "Salvato: è così.")

    assert json.loads(answer.headers["HX-Trigger"]) == {"avviso": {"testo": "Salvato: è così.", "tipo": "ok"}}
    assert answer.headers["HX-Trigger"].isascii()


def test_a_notice_of_a_redirect_waits_for_the_next_page(app, signed_in, page):
    app.add_url_rule("/fai", "fai", lambda: htmx.notice(htmx.go_to("/stile"), "Filtro salvato."))

    signed_in.get_htmx("/fai")

    assert page(signed_in.get("/stile")).xpath("//*[@id='avvisi']//p/text()") == ["Filtro salvato."]
    assert page(signed_in.get("/stile")).xpath("//*[@id='avvisi']//p/text()") == []


def test_events_add_up(asked_by_htmx):
    answer = htmx.notice(htmx.trigger(htmx.make_response(""), "refresh"), "Fermato.")

    assert set(json.loads(answer.headers["HX-Trigger"])) == {"refresh", "avviso"}


def test_a_refusal_swaps_nothing(asked_by_htmx):
    answer = htmx.refused("Il tuo ruolo non lo permette.", 403)

    assert (answer.status_code, answer.get_data(as_text=True), answer.headers["HX-Reswap"]) == (
        403,
        "",
        "none",
    )
