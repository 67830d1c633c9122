"""The frame around every page: menu, theme, demo banner, static addresses.

The shell knows no room. A room adds numbers beside the menu by registering a function:

    def menu_counts(session: Session, client_id: int) -> dict[str, Badge]: ...
    blueprint.record_once(lambda state: shell.add_counts(state.app, menu_counts))

Keys are the sections of `MENU`, the same that a page names with `{% set section = "database" %}`.
"""

import json
from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, current_app, request
from flask.sansio.app import App
from sqlmodel import Session

from webapp.config import Settings
from webapp.values import texts
from webapp.web import seen
from webapp.web.assets import asset

THEMES = ("light", "dark")
HTMX_CONFIG = json.dumps(
    {
        "includeIndicatorCSS": False,  # it would be an inline style; ours is in app.css
        "defaultTimeout": 15_000,
        "noSwap": [204, 304, "5xx"],
        "history": "reload",
    }
)


class Entry(NamedTuple):
    section: str
    endpoint: str
    icon: str
    label: str


class Badge(NamedTuple):
    """A number beside an entry. *tone*: "", "is-run" or "is-err"; *spoken* is added for screen readers."""

    text: str
    tone: str = ""
    spoken: str = ""


MENU = {
    "Lavoro": (
        Entry("home", "home.overview", "layout-dashboard", "Panoramica"),
        Entry("database", "contacts.databases", "database", "Database utenti"),
        Entry("filters", "contacts.all_filters", "filter", "Filtri"),
        Entry("uploads", "uploads.monitor", "activity", "Caricamenti"),
        Entry("privacy", "privacy.where", "shield-check", "Privacy"),
    ),
    "Configura": (
        Entry("integrations", "meta.integrations", "plug", "Integrazioni"),
        Entry("people", "access.operators", "users", "Utenti e ruoli"),
        Entry("clients", "access.clients", "layers", "Spazi cliente"),
        Entry("trail", "access.trail", "scroll-text", "Registro attività"),
        Entry("settings", "access.settings", "settings", "Impostazioni"),
    ),
}

CONFIGURE = MENU["Configura"][0].endpoint  # where the breadcrumb "Configura" leads
GUIDE = Entry("guide", "home.guide", "circle-question-mark", "Guida")  # in the same place on every page

# Which paragraph of the guide the “?” of a page leads to: by its endpoint, else by its entry of the menu.
HELP_OF_PAGE = {
    "meta.account_info": "info",
    "uploads.new_upload": "carica",
    "uploads.choose_source": "carica",
    "uploads.detail": "stati",
    "uploads.left_out_rows": "dati-non-validi",
    "uploads.diagnosis": "errori",
    "contacts.contact": "consenso",
    "contacts.consent_words": "consenso",
    "contacts.erase_contact": "consenso",
}
HELP_OF_SECTION = {
    "home": "configura",
    "database": "importa",
    "filters": "filtri",
    "uploads": "storico",
    "privacy": "consenso",
    "integrations": "configura",
    "people": "ruoli",
    "clients": "ruoli",
    "trail": "ruoli",
    "settings": "ruoli",
    "search": "cerca",
}
FILTER_PAGES = ("contacts.new_filter", "contacts.edit_filter", "contacts.filters", "contacts.all_filters")
HISTORY_PAGES = ("uploads.history", "uploads.filter_history")

CountProvider = Callable[[Session, int], dict[str, Badge]]


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["platea_nav"] = []
    app.jinja_env.filters.update(texts.FILTERS)
    app.jinja_env.globals.update(
        texts.GLOBALS,
        asset=asset,
        mark_of=seen.mark,
        help_of=help_of,
        MENU=MENU,
        CONFIGURE=CONFIGURE,
        GUIDE=GUIDE,
        HTMX_CONFIG=HTMX_CONFIG,
        demo=settings.demo,
        root=settings.prefix,  # before addresses that are written out
    )
    app.context_processor(lambda: {"theme": theme()})


def help_of(section: str) -> str:
    """The anchor in the guide for the page that is being answered."""
    here = request.endpoint or ""
    if here in FILTER_PAGES:
        return "filtri"
    if here in HISTORY_PAGES:
        return "storico"
    return HELP_OF_PAGE.get(here) or HELP_OF_SECTION.get(section, "domande")


def add_counts(app: App, provider: CountProvider) -> None:
    app.extensions["platea_nav"].append(provider)


def counts(session: Session, client_id: int) -> dict[str, Badge]:
    """The badges that rooms add to the menu entries of a client's pages."""
    badges: dict[str, Badge] = {}
    for provider in current_app.extensions["platea_nav"]:
        badges |= provider(session, client_id)
    return badges


def theme() -> str | None:
    """The theme this browser chose, None to follow the system; in the first byte, so no flash."""
    chosen = request.cookies.get("tema")
    return chosen if chosen in THEMES else None
