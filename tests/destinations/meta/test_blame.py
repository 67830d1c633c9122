"""Answer × call → who has to act, what is said, whether it stands on the ad account.

Texts of Meta: facebookarchive/php-graph-sdk#538, catarse/catarse#2716 (client secret);
mqarchane/Mautic-facebook#4, pxdl/fbpages-telegram-bot#9 (blocked, inactive); Meta sheet §1.5, §6.2, §8.
"""

import json

import pytest

from webapp.destinations.base import NeedsPersonError
from webapp.destinations.meta.graph_api.blame import Carried
from webapp.destinations.meta.graph_api.errors import read_error

SECRET, APP, TOKEN = Carried.SECRET, Carried.APP_TOKEN, Carried.TOKEN
OPERATOR = "chi gestisce Platea"
AUTHORISER = "chi accede a Facebook con i privilegi sull’account inserzionista"
ADMIN = "chi amministra l’account inserzionista su Facebook"
NOBODY = "nessuno"

# call, code/subcode, Meta's text, who, what is said, does it stand on the account
TABLE = [
    # The app: its secret
    (SECRET, "1", "Error validating client secret.", OPERATOR, "segreto dell’app", False),
    (APP, "190", "Invalid OAuth access token signature.", OPERATOR, "segreto dell’app", False),
    (APP, "104", "Incorrect signature", OPERATOR, "segreto dell’app", False),
    (TOKEN, "104", "Incorrect signature", OPERATOR, "segreto dell’app", False),
    (
        TOKEN,
        "100",
        "Invalid appsecret_proof provided in the API argument",
        OPERATOR,
        "segreto dell’app",
        False,
    ),
    (
        TOKEN,
        "100",
        "API calls from the server require an appsecret_proof argument",
        OPERATOR,
        "segreto",
        False,
    ),
    # its id
    (SECRET, "101", "Error validating application.", OPERATOR, "non riconosce l’app", False),
    (APP, "101", "Error validating application.", OPERATOR, "non riconosce l’app", False),
    (TOKEN, "101", "Error validating application.", OPERATOR, "non riconosce l’app", False),
    # inactive or blocked
    (TOKEN, "200", "API access blocked.", OPERATOR, "non è attiva", False),
    (APP, "200", "API access blocked.", OPERATOR, "non è attiva", False),
    (
        TOKEN,
        "200",
        "(#200) Access to this data is temporarily disabled for non-active apps",
        OPERATOR,
        "non è attiva",
        False,
    ),
    (
        TOKEN,
        "190",
        "API access deactivated. To reactivate, go to the app dashboard.",
        OPERATOR,
        "non è attiva",
        False,
    ),
    (
        TOKEN,
        "190",
        "Error validating application. Application has been deleted.",
        OPERATOR,
        "non è attiva",
        False,
    ),
    # its redirect address
    (SECRET, "100/36008", "Error validating verification code.", OPERATOR, "indirizzo di ritorno", False),
    (SECRET, "191", "Can't load URL", OPERATOR, "indirizzo di ritorno", False),
    # what it may do, and how it asks
    (
        TOKEN,
        "10",
        "(#10) Application does not have permission for this action",
        OPERATOR,
        "non ha i permessi",
        False,
    ),
    (TOKEN, "270", "(#270) development access level", OPERATOR, "solo gli account di chi la sviluppa", False),
    (TOKEN, "2635", "deprecated version", OPERATOR, "versione della Graph API", False),
    (APP, "100", "HTTP method override is not available", OPERATOR, "non accetta più il modo", False),
    (APP, "12", "deprecated", OPERATOR, "non accetta più il modo", False),
    (APP, "2500", "Unknown path components", OPERATOR, "non accetta più il modo", False),
    (APP, "100/33", "Unsupported get request.", OPERATOR, "non accetta più il modo", False),
    (APP, "200", "Permissions error", OPERATOR, "credenziali dell’app", False),
    (APP, "368", "deemed abusive", ADMIN, "bloccato per qualche ora", False),
    (SECRET, "100", "Invalid parameter", OPERATOR, "credenziali dell’app", False),
    # The code of the dialog and the token of a person
    (SECRET, "100/36007", "This code has expired.", AUTHORISER, "codice di autorizzazione", True),
    (
        SECRET,
        "100/36009",
        "This authorization code has been used.",
        AUTHORISER,
        "codice di autorizzazione",
        True,
    ),
    (SECRET, "190/463", "Session has expired", AUTHORISER, "scaduta", True),
    (TOKEN, "190", "Malformed access token", AUTHORISER, "scaduta", True),
    (TOKEN, "190/460", "changed their password", AUTHORISER, "cambiato la password", True),
    (TOKEN, "190/458", "has not authorized application 1", AUTHORISER, "rimossa dalle app", True),
    # The person's rights and the account
    (TOKEN, "200", "(#200) The current user can not update", AUTHORISER, "non ha i privilegi", True),
    (TOKEN, "10", "(#10) You do not have permission", AUTHORISER, "non ha i privilegi", True),
    (TOKEN, "100/33", "Unsupported get request.", AUTHORISER, "non ha i privilegi", True),
    (TOKEN, "200/1870034", "Permissions error", ADMIN, "condizioni", True),
    (TOKEN, "200/1870050", "Permissions error", ADMIN, "Business Manager", True),
    # Nobody
    (SECRET, "1", "An unknown error occurred", NOBODY, "non è riuscito", False),
    (APP, "2", "Service temporarily unavailable", NOBODY, "problema temporaneo", False),
    (TOKEN, "1", "An unknown error occurred", NOBODY, "non è riuscito", False),
    (TOKEN, "80003", "too many calls", NOBODY, "rallentare", False),
]


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(("carried", "name", "text", "who", "said", "marks"), TABLE)
def test_an_error_is_laid_to_whoevers_credentials_the_call_carried(
    carried, name, text, who, said, marks, status
):
    code, _, subcode = name.partition("/")
    error = {"message": text, "type": "OAuthException", "code": int(code)}
    if subcode:
        error["error_subcode"] = int(subcode)

    read = read_error(status, {}, json.dumps({"error": error}).encode(), "1", carried)

    assert read.problem.who == who
    assert said in read.problem.what
    assert isinstance(read, NeedsPersonError) == marks


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row[3] == OPERATOR], ids=lambda row: " ".join(row[:3])
)
def test_trouble_of_the_app_leads_in_no_circle(row):
    """Who is told to authorise again meets the same error again."""
    code, _, subcode = row[1].partition("/")
    error = {"message": row[2], "code": int(code)} | ({"error_subcode": int(subcode)} if subcode else {})

    problem = read_error(400, {}, json.dumps({"error": error}).encode(), "1", row[0]).problem

    assert "utorizza" not in problem.what + problem.todo
    assert any(
        word in problem.todo for word in ("App Dashboard", "App Review", "PLATEA_URL", "Aggiorna Platea")
    )
