"""Whether this server can speak to Meta at all: through its proxy, trusting its certificates."""

from webapp.destinations.base import DestinationError
from webapp.destinations.meta.accounts.connect import http_session
from webapp.destinations.meta.graph_api import obstacles
from webapp.destinations.meta.graph_api.graph import Graph
from webapp.services import services

DEADLINE_S = 10.0
SILENT = "Facebook non risponde in tempo: controlla rete e firewall, poi riprova."
NETWORK = ("rete", "tempo")  # codes of calls that nobody answered (`graph.network_failure`)


def trouble() -> str | None:
    """As `Destination.out_of_reach`. It asks without a token: being refused by Meta is an answer of Meta."""
    with http_session() as session:
        graph = Graph(session, services().settings.graph_url, "", deadline_s=DEADLINE_S)
        try:
            graph.get("")
        except DestinationError as error:
            code = error.problem.code
            if code in obstacles.BY_CODE:
                return f"{error.problem.what} {obstacles.BY_CODE[code].todo}"
            return SILENT if code in NETWORK else None
    return None
