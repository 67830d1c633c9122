"""`python -m tests.fuzz.scan`: wapiti, a scanner nobody here wrote, against a whole Platea on this machine.

wapiti lives in an environment of its own (`.venv-wapiti`), made when it is missing: its requirements are not
ours. Where it cannot be installed this says so and fails. Findings must be none, or explained in EXPLAINED;
in the log of the web server no answer may be a 5xx, and none may have taken more than two seconds.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests

from tests.contacts.conftest import import_file
from tests.uploads.screens.building import save
from webapp import db, migrations, services
from webapp.access.queries import spaces
from webapp.access.signing_in.demo import ensure_demo_operator
from webapp.config import ROOT
from webapp.contacts import databases
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import Filter
from webapp.destinations.base import Medium
from webapp.destinations.meta.accounts import accounts
from webapp.host.installation import Installation, free_port
from webapp.uploads.commands import start_upload

HOME = ROOT / ".venv-wapiti"
WAPITI = HOME / "bin" / "wapiti"
# Those that need nothing outside this machine; `timesql` would count a busy machine as a finding.
MODULES = (
    "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,sql,"
    "upload,xss"
)
# Ends the session that scans, or takes away what is to be scanned.
LEFT_ALONE = ("/uscita", "/profilo/sessioni/*", "*/elimina", "/configura/utenti/*", "/accesso/demo")
SECONDS = int(os.environ.get("FUZZ_SCAN_S", "600"))
SLOW_MS = 2_000
# What wapiti says and why it is none → in the words of its report.
EXPLAINED = {
    "Secure Flag cookie": "no TLS on loopback; with an https address the cookie is __Host- and Secure "
    "(tests/access/test_sessions.py::test_over_https_the_cookie_travels_only_encrypted)",
    "Clickjacking Protection": "X-Frame-Options is obsolete: every answer has frame-ancestors 'none' "
    "(tests/security/test_route_walk.py::test_every_answer_has_its_headers)",
    "HTTP Strict Transport Security (HSTS)": "sent with an https address only "
    "(tests/web/test_security.py::test_over_https_browsers_are_told_to_stay_on_it)",
}
CSV = "Nome;Email;Città\nMario;mario.rossi@posta.example;Torino\nAnna;non è un indirizzo;Milano\n"


def main() -> int:
    if not WAPITI.exists() and not _install():
        print("wapiti non si può installare qui: la scansione resta da fare.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="platea-") as folder:
        installation = Installation.open(Path(folder) / "dati")
        try:
            url = _start(installation)
            report = _scan(url, _cookie(url), Path(folder))
            log = (installation.folder / "log" / "web.log").read_text(encoding="utf-8")
        finally:
            installation.stop()
    return _judge(report, log)


def _install() -> bool:
    print("Installo wapiti…", flush=True)
    commands = ([sys.executable, "-m", "venv", HOME], [HOME / "bin" / "pip", "install", "-q", "wapiti3"])
    return all(subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0 for command in commands)


def _start(installation: Installation) -> str:
    """A running installation with something of everything; its address."""
    installation.start_redis()
    installation.start_simulator()
    services.start(installation.settings())
    migrations.upgrade(db.engine())
    with db.writing() as session:
        client, _ = spaces(session, ensure_demo_operator(session))[0]
        database = databases.create_database(session, client.id or 0, "Clienti")
    import_file(database, CSV)
    save(Filter(database_id=database.id or 0, name="Tutti", rule={"groups": []}))
    told = installation.simulator
    account = accounts.save_with_token(client.id or 0, "Aurora", told["account_id"], told["access_token"])
    url = installation.start_web(free_port(0))
    installation.start_workers(1)
    start_upload(
        client_id=client.id or 0, database_id=database.id or 0, destination="meta",
        account_id=account.id or 0, audience_id=None, audience_name="Prova", medium=Medium.EMAIL,
        consent=ConsentPolicy.NOT_REFUSED, started_by="scansione",
    )  # fmt: skip
    return url


def _cookie(url: str) -> str:
    """The session of the demo's operator."""
    with requests.Session() as browser:
        page = browser.get(f"{url}/accesso", timeout=30).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        browser.post(f"{url}/accesso/demo", data={"csrf_token": token[1]}, timeout=30)
        return f"platea={browser.cookies['platea']}"


def _scan(url: str, cookie: str, folder: Path) -> dict[str, Any]:
    output = folder / "wapiti.json"
    options = [
        "--scope",
        "folder",
        "-m",
        MODULES,
        "-C",
        cookie,
        "-f",
        "json",
        "-o",
        output,
    ]
    limits = ["--max-scan-time", str(SECONDS // 2), "--max-attack-time", str(SECONDS // 15), "-d", "5"]
    excluded = [
        part for path in LEFT_ALONE for part in ("-x", f"{url}{path}" if path[0] == "/" else f"{url}/{path}")
    ]
    kept = ["--store-session", folder / "wapiti", "--no-bugreport", "--flush-session", "-v", "1"]
    subprocess.run(
        [WAPITI, "-u", f"{url}/", *options, *limits, *excluded, *kept], check=True, timeout=4 * SECONDS
    )
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return found


def _judge(report: dict[str, Any], log: str) -> int:
    found = {
        kind: items
        for part in ("vulnerabilities", "anomalies")
        for kind, items in report[part].items()
        if items
    }
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    answers = [line for line in lines if line.get("event") == "richiesta"]
    broken = [line for line in answers if line["status"] >= 500]
    slow = [line for line in answers if (line["ms"] or 0) > SLOW_MS]
    for kind, items in found.items():
        print(
            f"{kind}: {len(items)} {'spiegate: ' + EXPLAINED[kind] if kind in EXPLAINED else 'DA SPIEGARE'}"
        )
        for item in items[:5] if kind not in EXPLAINED else []:
            print(f"    {item['method']} {item['path']} {item['info']} {item['parameter']}")
    for line in [*broken, *slow][:20]:
        print(f"    {line['status']} {line['ms']} ms {line['method']} {line['path']}")
    open_ones = sum(len(items) for kind, items in found.items() if kind not in EXPLAINED)
    print(
        f"wapiti: {report['infos']['crawled_pages_nbr']} pagine, {len(answers)} richieste, "
        f"{len(broken)} errori 5xx, {len(slow)} oltre 2 s, {open_ones} segnalazioni da spiegare"
    )
    return 1 if broken or slow or open_ones or not answers else 0


if __name__ == "__main__":
    sys.exit(main())
