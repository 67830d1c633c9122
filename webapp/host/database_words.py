"""Why a database cannot be opened, as one Italian sentence for who runs the installation. PURE.

The sentence names the setting and never holds the address, in which there is a password. A server says
some of it in its own language, so codes come first; what nobody knows is told as "does not answer".
"""

import re

UNKNOWN = "Il database non risponde: controlla DATABASE_URL e che il server sia acceso."
NEWER_SCHEMA = (
    "Il database è già di una versione più recente di Platea: "
    "avvia quella, oppure rimetti una copia fatta con questa versione (“platea ripristina”)."
)

# SQLSTATE. Source: PostgreSQL, appendix A.
_BY_STATE = {
    "28P01": "DATABASE_URL: utente o password non vanno bene.",
    "28000": "DATABASE_URL: il server non lascia entrare questo utente da qui (pg_hba.conf).",
    "3D000": "DATABASE_URL: sul server non c’è un database con questo nome.",
    "53300": "Il database ha troppe connessioni aperte: alza max_connections o usa un pooler.",
    "57P03": "Il database si sta avviando: riprova tra poco.",
}
# What libpq and the server write when the connection does not come about, which has no code.
_BY_TEXT = (
    (r"password authentication failed|no password supplied", _BY_STATE["28P01"]),
    (r"no pg_hba\.conf entry", _BY_STATE["28000"]),
    (r'role ".*" does not exist', _BY_STATE["28P01"]),
    (r'database ".*" does not exist', _BY_STATE["3D000"]),
    (r"too many (clients|connections)|remaining connection slots", _BY_STATE["53300"]),
    (r"the database system is starting up", _BY_STATE["57P03"]),
    (
        r"resolve host|could not translate host name|[Nn]ame or service not known|nodename nor servname",
        "DATABASE_URL: il nome dell’host non si trova. Controllalo, e controlla il DNS di questo computer.",
    ),
    (
        r"does not support SSL",
        "DATABASE_URL: il server non parla TLS. Togli sslmode, oppure attiva TLS sul server.",
    ),
    (
        r"SSL|certificate",
        "DATABASE_URL: la connessione TLS non riesce. Controlla sslmode e sslrootcert.",
    ),
    (r"[Cc]onnection refused", "Nessun database risponde all’host e alla porta di DATABASE_URL."),
    (
        r"timeout|timed out|no answer",
        "Il database di DATABASE_URL non risponde in tempo: controlla rete e firewall.",
    ),
    (
        r"file is not a database|file is encrypted",
        "Il file di DATABASE_URL non è un database di Platea: scegli un altro percorso.",
    ),
    (
        r"unable to open database file",
        "Il file di DATABASE_URL non si apre: controlla che la cartella ci sia e che Platea possa scriverci.",
    ),
    (
        r"readonly database|read-only",
        "Il database di DATABASE_URL si può soltanto leggere: "
        "controlla i permessi o scegli il server principale.",
    ),
)


def why_not(driver_error: BaseException | None) -> str:
    """*driver_error* as sqlite3 or psycopg raised it (`DBAPIError.orig`)."""
    state = getattr(driver_error, "sqlstate", None)
    if state in _BY_STATE:
        return _BY_STATE[state]
    text = str(driver_error)
    return next((words for pattern, words in _BY_TEXT if re.search(pattern, text)), UNKNOWN)
