"""Files on their way into a database: every state of the import wizard, as (name of the scene, path)."""

from tests.contacts.conftest import add_draft, import_file
from webapp import db
from webapp.access.models import Client
from webapp.contacts import databases
from webapp.contacts.models import UserDatabase

LONG = "Datadellultimoacquistonelnegoziodiviagaribaldi" + "x" * 44  # a name of 90 characters without a blank
SHOP = f"""\
Codice;E-mail;Cellulare;Telefono;Paese;Consenso;Data consenso;Blacklist;Phone;{LONG}
1000000;elena@posta.example.com;333 1234567;;IT;sì;12/03/2024;;;03/04/2024
1000001;MARCO@POSTA.EXAMPLE.COM;;347 1230123;IT;sì;07/11/2025;no;;05/06/2024
1000002;luca@posta.example.com;329 1239941;;IT;No grazie;30/01/2023;sì;;07/08/2024
1000003;daria@hotmail,it;328 1235194;02 1234567;IT;forse;31/02/2024;;;
1000004;vera.gmail.com;335 1234100/1;;IT;da richiamare;2031-05-04;;;01/02/2024
1000005;#paola@posta.example.com;3,33E+09;06 1231188;IT;forse;01/02/2024;boh;;
1000006;;02 1234567;392 1237711;SM;no;01/05/2024;;;02/03/2024
1000007;rita@posta.example.com;;;IT;;;;;
1000007;rita@posta.example.com;;;IT;Revocata;;;;
;;;;IT;;;;;
"""
WRONG = """\
Codice;E-mail;Contatto;Phone
1;Elena;elena@posta.example.com;
2;Marco;marco@posta.example.com;
3;Luca;n.d.;
4;Anna;anna@@posta.example.com;
"""
LOSES = "Codice;E-mail;Cellulare\n1000000;;\n1000002;;329 1239941\n1000009;n@posta.example.com;\n"


def add(client: Client) -> list[tuple[str, str]]:
    """A database of its own, with a file imported and others that wait to be."""
    with db.writing() as session:
        shop = databases.create_database(session, client.id or 0, "Clienti negozio")
        fresh = databases.create_database(session, client.id or 0, "Clienti da scoprire")
    first = add_draft(fresh, SHOP, "clienti-negozio.csv")
    wrong = add_draft(
        fresh, WRONG, "contatti-fiera.csv", mapping={"0": "code", "1": "email", "2": "skip", "3": "skip"}
    )
    ended = import_file(shop, SHOP, "clienti-negozio.csv", key="code")
    draft = add_draft(shop, SHOP, "clienti-negozio-dicembre.csv", key="code")
    loses = add_draft(shop, LOSES, "solo-codici.csv", key="code", blank_cells="clear")
    return [
        ("importa-colonne-prove", _path(fresh, first.public_id, "colonne")),
        ("importa-colonne-problema", _path(fresh, wrong.public_id, "colonne")),
        ("importa-consenso", _path(shop, draft.public_id, "consenso/5")),
        ("importa-consenso-al-contrario", _path(shop, draft.public_id, "consenso/7")),
        ("importa-controlla-qualita", _path(shop, draft.public_id, "controlla")),
        ("importa-controlla-problema", _path(shop, loses.public_id, "controlla")),
        ("importa-esito-adesso", _path(shop, ended.public_id)),
    ]


def _path(database: UserDatabase, import_id: str, page: str = "") -> str:
    return f"/database/{database.public_id}/importazioni/{import_id}/{page}".rstrip("/")
