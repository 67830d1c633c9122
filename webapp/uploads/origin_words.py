"""The Italian words for whose the data of an audience are. PURE."""

from webapp.destinations.base import Origin

ORIGINS = {
    Origin.CUSTOMERS: "Dai clienti",
    Origin.PARTNERS: "Da terzi",
    Origin.BOTH: "Da entrambi",
}
# On the command line, after `--origine`.
NAMES = {"clienti": Origin.CUSTOMERS, "terzi": Origin.PARTNERS, "entrambi": Origin.BOTH}
HINT = "Facebook la mostra alle persone che chiedono perché vedono un’inserzione."
HINT_EXISTING = "Vale per le custom audience nuove: su questa resta quella dichiarata quando è nata."
