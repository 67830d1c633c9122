"""Obstacles between this server and Facebook: a name that is not found, a proxy, a certificate. PURE.

Each passes by itself now and then (a server that starts again), so it is first told as such; after a while
only the person who runs Platea can do something, and is told what. Seen: n8n-io/n8n#16374,
ToolJet/ToolJet#2575 (a proxy is the only way out), sysadminsmedia/homebox#449.
"""

from typing import NamedTuple

from webapp.destinations.meta.graph_api.error_table import Case, passing

CHECK = "Se continua, avvisa chi gestisce Platea."


class Obstacle(NamedTuple):
    """*code* as `Problem.code`; *case* the first words; *todo* for who runs Platea, once it has lasted."""

    code: str
    case: Case
    todo: str


def _obstacle(code: str, what: str, todo: str) -> Obstacle:
    return Obstacle(f"rete/{code}", passing(what), todo)


DNS = _obstacle(
    "dns",
    "Facebook non è raggiungibile: il server di Platea non trova l’indirizzo graph.facebook.com.",
    "Controlla il DNS del server di Platea; se esce da un proxy, impostalo con PLATEA_PROXY e riavvia.",
)
PROXY = _obstacle(
    "proxy",
    "Facebook non è raggiungibile: il proxy del server di Platea non lascia passare la richiesta.",
    "Controlla PLATEA_PROXY (indirizzo, utente e password) e che il proxy permetta graph.facebook.com.",
)
CERTIFICATE = _obstacle(
    "certificato",
    "Facebook non è raggiungibile: il certificato di chi risponde al suo posto non è tra quelli fidati.",
    "Se la rete controlla le connessioni con un certificato aziendale, indicalo in PLATEA_CA_FILE e riavvia.",
)
CONNECTION = _obstacle(
    "collegamento",
    "Facebook non è raggiungibile: il server di Platea non riesce a collegarsi.",
    "Controlla che il firewall lasci uscire verso graph.facebook.com, porta 443; se si esce solo da un proxy,"
    " impostalo con PLATEA_PROXY e riavvia.",
)
IN_BETWEEN = _obstacle(
    "filtro",
    "Qualcosa tra Platea e Facebook (un proxy o un firewall) risponde al suo posto.",
    "Controlla che la rete lasci passare le richieste verso graph.facebook.com.",
)

# Pages and empty answers with these statuses are a filter's: Graph itself answers them with JSON.
FILTER_STATUSES = (401, 403, 404, 407, 451, 511)
BY_CODE: dict[str, Obstacle] = {
    **{obstacle.code: obstacle for obstacle in (DNS, PROXY, CERTIFICATE, CONNECTION)},
    **{
        f"risposta {status} {kind}": IN_BETWEEN
        for status in FILTER_STATUSES
        for kind in ("illeggibile", "vuota")
    },
}
