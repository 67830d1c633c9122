"""A name is text, whoever chose it: on every page, in a real browser, also when Meta sends it."""

import pytest
import requests

from tests.conftest import opened, served_at
from tests.security import tables
from tests.security.names import SCRIPT, put_everywhere
from tests.web.test_every_page import crawl
from webapp import db
from webapp.access.trail.audit import Action, record

pytestmark = pytest.mark.timeout(900)  # many requests, and the machine may be busy


def name_things_at_meta(simulator) -> None:
    """An account and an audience whose names came from somebody else's hands."""
    body = {"account": simulator.account_id, "name": SCRIPT}
    assert requests.post(f"{simulator.graph_url}/_sim/account", json=body, timeout=30).ok
    fields = {
        "name": SCRIPT,
        "subtype": "CUSTOM",
        "description": SCRIPT,
        "access_token": simulator.access_token,
    }
    answer = requests.post(
        f"{simulator.graph_url}/v26.0/act_{simulator.account_id}/customaudiences",
        data={**fields, "customer_file_source": "USER_PROVIDED_ONLY"},
        timeout=30,
    )
    assert answer.ok, answer.text


@pytest.mark.browser
def test_no_name_runs_in_a_browser(world, walked, simulator, chromium):
    name_things_at_meta(simulator)
    places = put_everywhere(SCRIPT)
    with db.writing() as session:
        record(session, Action.FILTER_CREATED, on=SCRIPT, detail={"nome": SCRIPT}, client_id=world.client.id)
    browser = world.askers["administrator"].browser(walked)
    paths = sorted(path for path, answer in crawl(browser) if answer.mimetype == "text/html")
    paths.append(f"/configura/integrazioni/facebook/{world.own['account_id']}/info?elenco=1")
    ran, shown = [], 0
    with served_at(walked) as url, opened(chromium, url, browser) as page:
        page.on("dialog", lambda dialog: (ran.append(f"{page.url}: {dialog.message}"), dialog.dismiss()))
        for path in dict.fromkeys(paths):
            page.goto(path)
            made = page.locator("img[src=x], svg[onload], script:not([src])").count()
            if made:
                ran.append(f"{path}: {made} elements made from a name")
            shown += SCRIPT in page.locator("body").inner_text()
    tables.PRINTED["Sicurezza: nomi ostili in un browser"] = [
        f"{len(places)} colonne e 2 nomi dal simulatore, {len(paths)} pagine: eseguiti {len(ran)}"
    ]

    assert ran == []
    assert shown >= 5 and len(paths) > 20


def test_no_name_becomes_an_expression_or_an_element(world, walked):
    """The same without a browser, on every page and fragment, for every role."""
    put_everywhere(SCRIPT)
    world.keep()
    found = []
    for asker in world.askers.values():
        browser = asker.browser(walked)
        for rule in walked.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint != "static":
                url = walked.url_map.bind("localhost").build(
                    rule.endpoint, {name: world.own[name] for name in rule.arguments}
                )
                answer = browser.get(url)
                if answer.mimetype == "text/html" and ("<img src=x" in answer.text or "}49$" in answer.text):
                    found.append(f"{rule.endpoint} as {asker.kind}")

    assert found == []
