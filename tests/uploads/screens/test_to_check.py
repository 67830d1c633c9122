"""“Da controllare” holds what somebody has to do; “ho visto” puts the rest away, one or all."""

import pytest
from sqlmodel import col, select

from tests.conftest import Browser
from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.access.models import AuditEntry, Client
from webapp.uploads import problems
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus, UploadStatus

SENT = BatchStatus.SENT
CHECK = "/caricamenti?stato=da-controllare"


@pytest.fixture
def uploads(clienti) -> dict[str, Upload]:
    bad = {"reason": "La custom audience è stata eliminata su Facebook.", "todo": "Scegline un’altra."}
    return {
        "failed": add_upload(clienti, status=UploadStatus.FAILED, audience_name="Non riuscito", **bad),
        "warned": add_upload(
            clienti,
            [(SENT, 5, 0), (BatchStatus.FAILED, 5, 0)],
            status=UploadStatus.COMPLETED_WITH_WARNINGS,
            audience_name="Un blocco in meno",
            **bad,
        ),
        "waits": add_upload(clienti, status=UploadStatus.PAUSED, audience_name="Aspetta", **bad),
        "well": add_upload(clienti, [(SENT, 80, 0)], discarded={"email_empty": 20}, audience_name="Bene"),
        "owed": add_upload(
            clienti,
            [(SENT, 5, 0)],
            removals=[(BatchStatus.POSTPONED, 34)],
            operation="align",
            status=UploadStatus.COMPLETED_WITH_WARNINGS,
            reason_code=problems.STILL_OWED,
            audience_name="Si completa da solo",
        ),
    }


def names(tree) -> list[str]:
    return [name.text_content().strip() for name in tree.xpath("//tbody//td[contains(@class, 'lead')]//a")]


def told(tree) -> str:
    return " ".join(tree.xpath("//*[@id='to-check']")[0].text_content().split())


def test_what_asks_for_nobody_is_not_among_what_is_to_be_checked(signed_in: Browser, uploads, page):
    assert names(page(signed_in.get(CHECK))) == ["Aspetta", "Un blocco in meno", "Non riuscito"]


def test_one_that_was_seen_is_put_away_and_stays_in_the_history(signed_in: Browser, uploads, clienti, page):
    url = f"/caricamenti/{uploads['failed'].public_id}"

    answer = signed_in.post_form(f"{url}/visto", htmx=True)

    assert answer.status_code == 204 and '"refresh"' in answer.headers["HX-Trigger"]
    assert names(page(signed_in.get(CHECK))) == ["Aspetta", "Un blocco in meno"]
    assert (
        "Non riuscito" in page(signed_in.get(f"/database/{clienti.public_id}/custom-audience")).text_content()
    )
    assert "visto da Giulia Ferri" in page(signed_in.get(url)).text_content()


def test_all_that_may_be_put_away_goes_and_what_waits_for_a_person_stays(signed_in: Browser, uploads, page):
    assert "ho visto tutto" in told(page(signed_in.get("/")))

    assert signed_in.post_form("/caricamenti/visti").location == CHECK

    assert names(page(signed_in.get(CHECK))) == ["Aspetta"]
    assert "ho visto" not in told(page(signed_in.get("/")))
    with db.reading() as session:
        entry = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq).desc())).first()
    assert (entry.action, entry.target) == ("uploads_seen", "2 caricamenti")


def test_another_client_puts_nothing_away(signed_in: Browser, uploads, page):
    with db.writing() as session:
        bottega = Client(name="Bottega Verdi")
        session.add(bottega)
        session.flush()
        session.get_one(Upload, uploads["failed"].id).client_id = bottega.id

    signed_in.post_form("/caricamenti/visti")

    with db.reading() as session:
        assert session.get_one(Upload, uploads["failed"].id).seen_at is None


def test_no_tile_says_that_there_is_something_and_nothing_to_do(signed_in: Browser, uploads, clienti, page):
    history = f"/database/{clienti.public_id}/custom-audience"

    def tile() -> str:
        [found] = page(signed_in.get(history)).xpath("//dl/div[dt='Da controllare']/dd")
        return " ".join(found.text_content().split())

    assert tile() == "31 aspetta un intervento"
    with db.writing() as session:
        session.get_one(Upload, uploads["waits"].id).status = UploadStatus.STOPPED
    assert tile() == "2finiti con qualcosa da guardare"
    signed_in.post_form("/caricamenti/visti")
    assert tile() == "0nessun caricamento"


@pytest.mark.parametrize(("operation", "invites"), [("add", True), ("remove", False)])
def test_a_file_to_correct_is_named_only_where_it_would_help(signed_in, clienti, page, operation, invites):
    removals = [(SENT, 5)] if operation == "remove" else []
    upload = add_upload(
        clienti,
        [] if removals else [(SENT, 5, 0)],
        removals=removals,
        operation=operation,
        discarded={"email_invalid": 2},
    )

    text = page(signed_in.get(f"/caricamenti/{upload.public_id}")).text_content()

    assert ("correggili nel file" in text) is invites


def test_the_share_of_invalid_data_that_asks_for_attention_is_a_setting(signed_in: Browser, aurora, page):
    form = page(signed_in.get("/configura/impostazioni")).xpath("//form[@id='settings_form']")[0]
    fields = dict(form.form_values())
    assert fields["soglia"] == "30"

    refused = signed_in.post_form("/configura/impostazioni", {**fields, "soglia": "0"})
    assert refused.status_code == 422 and "Scrivi una percentuale da 1 a 100." in refused.text
    signed_in.post_form("/configura/impostazioni", {**fields, "soglia": "12"})

    with db.reading() as session:
        assert session.get_one(Client, aurora.id).invalid_limit == 12
