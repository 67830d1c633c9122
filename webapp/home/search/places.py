"""Pages and actions that a search leads to, by their name and by other words people have for them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from flask import url_for

from webapp.access.policy import Who, who_may
from webapp.contacts.cells import fold
from webapp.contacts.models import UserDatabase
from webapp.destinations import registry
from webapp.home.guide import QUESTIONS
from webapp.home.search.found import Hit
from webapp.web import shell


class Place(NamedTuple):
    """*words*: what it is also called; *values* go into its address."""

    label: str
    endpoint: str
    icon: str
    words: str = ""
    detail: str = ""
    values: tuple[tuple[str, Any], ...] = ()

    def is_meant(self, words: Sequence[str]) -> bool:
        """Whether each of the folded *words* stands in its names."""
        names = fold(f"{self.label} {self.words} {self.detail}")
        return all(word in names for word in words)

    def hit(self) -> Hit:
        return Hit(self.label, url_for(self.endpoint, **dict(self.values)), self.icon, self.detail)


OTHER_WORDS = {
    "home": "home inizio dashboard",
    "database": "contatti rubrica elenco importazioni",
    "filters": "segmenti",
    "uploads": "custom audience storico coda monitor da controllare invii",
    "integrations": "account inserzionista collegamenti",
    "people": "operatori permessi inviti colleghi",
    "clients": "clienti",
    "trail": "chi ha fatto cosa audit",
    "settings": "soglia secondo fattore",
}


def pages(rank: Who) -> list[Place]:
    """The menu, and the pages that have no entry in it."""
    menu = [
        Place(one.label, one.endpoint, one.icon, OTHER_WORDS.get(one.section, ""))
        for entries in shell.MENU.values()
        for one in entries
    ]
    theirs = registry.proposed()
    others = [
        Place(f"Account {theirs.label}", theirs.pages.accounts, "plug", "account inserzionista"),
        Place(f"Salute degli account {theirs.label}", theirs.pages.health, "activity", "scadenza"),
        Place("Il tuo profilo", "access.profile", "settings", "password sessioni secondo fattore"),
        Place("Guida", "home.guide", "circle-question-mark", "aiuto istruzioni"),
    ]
    return _open_to(rank, [*menu, *others])


def questions(rank: Who) -> list[Place]:
    """The paragraphs of the guide."""
    found = [
        Place(one.title, "home.guide", "circle-question-mark", values=(("_anchor", one.anchor),))
        for one in QUESTIONS
    ]
    return _open_to(rank, found)


def actions(rank: Who, databases: Iterable[UserDatabase]) -> list[Place]:
    """What can be begun from anywhere, then what is begun in each of *databases*."""
    theirs = registry.proposed()
    general = [
        Place("Crea un database utenti", "contacts.new_database", "plus", "nuovo aggiungi"),
        Place(f"Configura un account {theirs.label}", theirs.pages.new_account, "plug", "collega nuovo"),
        Place("Invita una persona", "access.new_invitation", "mail", "nuovo utente collega"),
        Place("Crea uno spazio cliente", "access.new_client", "layers", "nuovo aggiungi"),
    ]
    inside = [
        Place(*what, detail=one.name, values=(("database_id", one.public_id),))
        for one in databases
        for what in _IN_A_DATABASE
    ]
    return _open_to(rank, [*general, *inside])


_IN_A_DATABASE = (
    ("Carica gli utenti", "uploads.new_upload", "megaphone", "custom audience invia aggiungi togli"),
    ("Importa contatti", "contacts.new_import", "upload", "file csv excel"),
    ("Crea un filtro", "contacts.new_filter", "filter", "nuovo segmento"),
    ("Aggiungi un contatto", "contacts.new_contact", "plus", "nuovo persona"),
)


def _open_to(rank: Who, places: Iterable[Place]) -> list[Place]:
    return [one for one in places if rank >= who_may(one.endpoint)]
