"""The page of one upload: what went, what did not and why, what happened, what can be done."""

import pytest

from tests.conftest import Browser, add_operator
from tests.uploads.screens.building import (
    add_contacts,
    add_event,
    add_upload,
    change_batch,
    leave_out,
    save,
)
from webapp.access.models import Client, Role
from webapp.contacts.models import UserDatabase
from webapp.uploads.events import Event
from webapp.uploads.models import Upload
from webapp.uploads.screens import texts
from webapp.uploads.status import FINAL, BatchStatus, UploadStatus
from webapp.values.identifiers import new_public_id

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING


def url_of(upload: Upload) -> str:
    return f"/caricamenti/{upload.public_id}"


def words(element) -> str:
    return " ".join(element.text_content().split())


def polls(tree) -> list[str]:
    return [one.get("id") for one in tree.xpath("//*[contains(@hx-trigger, 'every')]")]


@pytest.mark.parametrize("status", UploadStatus)
def test_only_an_upload_at_work_asks_again(signed_in: Browser, clienti, page, status):
    upload = add_upload(clienti, [(SENT, 10, 0), (PENDING, 5, 0)], status=status)

    tree = page(signed_in.get(url_of(upload)))

    assert polls(tree) == ([] if status in FINAL else ["progress", "left-out", "log"])
    if status not in FINAL:
        assert tree.get_element_by_id("progress").get("hx-trigger").startswith("every 2s,")


def test_another_clients_upload_is_not_found(signed_in: Browser):
    other = Client(name="Birrificio Nord")
    save(other)
    theirs = UserDatabase(client_id=other.id, name="Clienti")
    save(theirs)
    upload = add_upload(theirs, [(SENT, 10, 1)])

    for page_of in ("", "/avanzamento", "/registro", "/esclusi", "/dati-non-validi.csv", "/ferma"):
        assert signed_in.get(url_of(upload) + page_of).status_code == 404
    for action in ("ferma", "riprendi", "ripeti"):
        assert signed_in.post_form(f"{url_of(upload)}/{action}").status_code == 404
    assert signed_in.get(f"/caricamenti/{new_public_id()}").status_code == 404
    assert signed_in.get("/caricamenti/17").status_code == 404


def test_an_unchanged_upload_is_not_sent_again(signed_in: Browser, clienti, worker):
    upload = add_upload(clienti, [(SENT, 10, 0), (PENDING, 5, 0)], status=UploadStatus.SENDING)
    url = f"{url_of(upload)}/avanzamento"
    tag = signed_in.get_htmx(url).headers["ETag"]
    assert signed_in.get_htmx(url, **{"If-None-Match": tag}).status_code == 304

    add_event(upload, Event.SENT, seq=1, detail={"rows": 10, "rejected": 0})

    assert signed_in.get_htmx(url, **{"If-None-Match": tag}).status_code == 200
    log = signed_in.get_htmx(f"{url_of(upload)}/registro")
    assert "Blocco 1 ricevuto da Meta: 10 righe, 0 rifiutate" in log.text


def test_reasons_come_with_masked_examples_and_their_own_file(signed_in: Browser, clienti, page):
    bad = add_contacts(
        clienti,
        {"email": "mario.rossi(at)posta.example", "email_reason": "email_invalid.no_at"},
        {"email": "anna@", "email_reason": "email_invalid.domain"},
    )
    twin = add_contacts(clienti, {"email": "luca@posta.example"})
    upload = add_upload(clienti, [(SENT, 10, 0)], discarded={"email_invalid": 2}, duplicates=1)
    leave_out(upload, "email_invalid.no_at", bad[:1])
    leave_out(upload, "email_invalid.domain", bad[1:])
    leave_out(upload, "duplicate", twin)

    response = signed_in.get(url_of(upload))
    section = page(response).get_element_by_id("left-out")

    assert "manca la chiocciola" in words(section)
    assert "a•••@" in words(section)
    assert "mario" not in response.text and "luca@" not in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert len(section.xpath(".//tbody/tr")) == 3


def test_who_meta_refused_is_told_apart_from_who_was_discarded(signed_in: Browser, clienti, page):
    refused = add_contacts(clienti, {"email": "sara@posta.example"})[0]
    upload = add_upload(clienti, [(SENT, 10, 1)], status=UploadStatus.COMPLETED_WITH_WARNINGS)
    change_batch(upload, 1, rejected=[[refused.id, "Invalid hash"]])

    section = page(signed_in.get(url_of(upload))).get_element_by_id("left-out")

    assert "rifiutato da Meta" in words(section)
    assert "s•••@posta.example Invalid hash" in words(section)


def test_support_sees_how_many_and_why_but_nobody(app, aurora, clienti, page):
    bad = add_contacts(clienti, {"email": "mario.rossi(at)posta.example"})
    upload = add_upload(clienti, [(SENT, 10, 0)], discarded={"email_invalid": 1})
    leave_out(upload, "email_invalid.no_at", bad)
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, email="paolo@aurora.example", name="Paolo Neri"))

    tree = page(support.get(url_of(upload)))

    assert "manca la chiocciola" in words(tree)
    assert "•" not in words(tree.get_element_by_id("left-out"))
    assert support.get(f"{url_of(upload)}/dati-non-validi.csv").status_code == 403
    for action in ("ferma", "riprendi", "ripeti"):
        assert support.post_form(f"{url_of(upload)}/{action}").status_code == 403
        assert not tree.xpath("//form[contains(@action, $action)]", action=action)


def test_every_kind_of_event_has_its_words(signed_in: Browser, clienti, page):
    upload = add_upload(clienti, [(SENT, 10, 0)])
    detail = {"by": "Giulia Ferri", "reason": "Facebook chiede di rallentare.", "status": "completed"}
    for kind in Event:
        add_event(upload, kind, seq=1, attempt=2, detail=detail)

    lines = page(signed_in.get(f"{url_of(upload)}?registro=tutto")).xpath("//*[@id='events']//li")

    assert {kind.value for kind in Event} == set(texts.EVENTS)
    assert len(lines) == len(Event)
    assert "{" not in " ".join(words(line) for line in lines)
    assert words(lines[-1]).endswith("Caricamento avviato da Giulia Ferri")
    assert words(lines[0]).endswith("Caricamento concluso: Completato")


def test_a_long_log_is_shown_whole_when_asked(signed_in: Browser, clienti, page):
    upload = add_upload(clienti, [(SENT, 10, 0)])
    for seq in range(40):
        add_event(upload, Event.SENT, seq=seq, detail={"rows": 1, "rejected": 0})

    short = page(signed_in.get(url_of(upload)))
    assert len(short.xpath("//*[@id='events']//li")) == 12
    whole = short.xpath("//*[@id='events']//a/@href")[0].partition("#")[0]
    assert len(page(signed_in.get(whole)).xpath("//*[@id='events']//li")) == 40


def test_a_failed_batch_tells_its_code_and_trace_to_support(signed_in: Browser, clienti, page):
    upload = add_upload(
        clienti, [(SENT, 10, 0), (BatchStatus.FAILED, 5, 0)], status=UploadStatus.COMPLETED_WITH_WARNINGS
    )
    change_batch(upload, 2, error="Facebook ha rifiutato.", error_code="100/33", trace="AbCdEfGh123")

    row = page(signed_in.get(url_of(upload))).get_element_by_id("batch-2")

    assert "Non inviato" in words(row)
    assert "Facebook ha rifiutato." in words(row)
    assert "100/33 · AbCdEfGh123" in words(row)


def test_each_batch_is_a_tick_while_they_can_be_told_apart(signed_in: Browser, clienti, page):
    few = add_upload(clienti, [(SENT, 1, 0)] * 3, status=UploadStatus.SENDING)
    many = add_upload(clienti, [(SENT, 1, 0)] * 61, status=UploadStatus.SENDING)

    assert len(page(signed_in.get(url_of(few))).xpath("//*[local-name()='rect']")) == 3
    tree = page(signed_in.get(url_of(many)))
    assert not tree.xpath("//*[local-name()='rect']")
    assert tree.xpath("//*[@id='progress']//progress/@value") == ["61"]
    assert len(tree.xpath("//*[@id='batches']//tbody/tr")) == 10
    assert len(page(signed_in.get(f"{url_of(many)}?blocchi=7")).xpath("//*[@id='batches']//tbody/tr")) == 1


def test_a_pause_for_a_person_says_what_happened_what_to_do_and_who(
    signed_in: Browser, clienti, italia, page
):
    upload = add_upload(
        clienti,
        [(SENT, 10, 0), (PENDING, 5, 0)],
        status=UploadStatus.PAUSED,
        account=italia,
        reason="L’autorizzazione di “Aurora Italia” è scaduta.",
        todo="Autorizza di nuovo l’account: il caricamento riparte da solo.",
        reason_code="190/463",
        reason_trace="TrAcE1",
    )

    box = page(signed_in.get(url_of(upload))).get_element_by_id("reason")

    assert "L’autorizzazione di “Aurora Italia” è scaduta." in words(box)
    assert "il caricamento riparte da solo" in words(box)
    assert "un amministratore" in words(box)
    assert "190/463" in words(box) and "TrAcE1" in words(box)
    assert words(box.xpath(".//a")[0]) == "apri l’account"


def test_what_was_left_out_leads_to_correcting_and_sending_again(signed_in, clienti, page):
    upload = add_upload(clienti, [(SENT, 10, 1)], discarded={"email_invalid": 2})

    links = page(signed_in.get(f"/caricamenti/{upload.public_id}")).get_element_by_id("left-out")

    here = f"/database/{clienti.public_id}"
    assert [link.get("href") for link in links.findall(".//footer//a")] == [
        f"{here}/importazioni/nuova",
        f"{here}/custom-audience/carica",
    ]


def test_the_contacts_of_a_reason_are_listed_and_masked_for_support(app, signed_in, aurora, clienti, page):
    upload = add_upload(clienti, [(SENT, 10, 0)], discarded={"email_invalid.no_at": 1})
    anna = {"email": "anna(at)posta.example", "first_name": "Anna", "code": "C-17"}
    leave_out(upload, "email_invalid.no_at", add_contacts(clienti, anna))
    address = f"/caricamenti/{upload.public_id}/esclusi/email_invalid.no_at"
    reasons = page(signed_in.get(f"/caricamenti/{upload.public_id}")).get_element_by_id("left-out")
    assert address in [link.get("href") for link in reasons.iter("a")]

    seen = page(signed_in.get(address)).find(".//tbody").text_content()
    assert "anna(at)posta.example" in seen and "Anna" in seen and "C-17" in seen

    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "paolo@aurora.example", "Paolo Neri"))
    text = support.get(address).text
    assert "•••" in text and "manca la chiocciola" in text
    assert not any(secret in text for secret in ("anna", "Anna", "C-17"))
    assert support.get(address.replace("no_at", "mai")).status_code == 404
