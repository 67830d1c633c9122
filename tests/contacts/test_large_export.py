"""Exports that a worker makes: the same file as one that is sent at once, for a day."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from tests.conftest import opened
from tests.contacts.conftest import import_file
from tests.support.axe import violations_in_every_mode
from webapp import clock, db, sealed_files
from webapp.contacts import contact_ids, database_removal, jobs
from webapp.contacts.models import Contact, Filter
from webapp.contacts.models_exports import ContactExport, ExportStatus
from webapp.contacts.people import large_export
from webapp.contacts.people.large_export import _Lease
from webapp.sealed_files import EXPORT

CSV = """Nome;Email;Città
Mario;mario@posta.example;Torino
Lucia;lucia@posta.example;Forlì
=1+1;a@posta.example;Torino
"""
RULE = {
    "groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Torino"]}]}],
    "exclude": {"match": "any", "conditions": []},
}


@pytest.fixture
def large(clienti, monkeypatch):
    """A database of three contacts, on a host for which that is many."""
    import_file(clienti, CSV)
    monkeypatch.setattr(large_export, "LARGE_ROWS", 2)
    return clienti


def exports() -> list[ContactExport]:
    with db.reading() as session:
        return list(session.exec(select(ContactExport)))


def asked(signed_in, database, **form: str) -> str:
    answer = signed_in.post_form(f"/database/{database.public_id}/contatti/esporta", form)
    assert answer.status_code == 303
    return answer.location


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_the_file_of_a_worker_is_the_one_that_is_sent_at_once(signed_in, large, monkeypatch, page):
    here = asked(signed_in, large)
    waiting = page(signed_in.get(here))
    assert "Stiamo preparando il file" in waiting.text_content()
    assert waiting.xpath("//*[@id='export-state']/@hx-get") == [f"{here}/stato"]
    assert signed_in.get(f"{here}/file.csv").status_code == 404

    jobs.run_export(exports()[0].id)

    ready = page(signed_in.get(here))
    assert "3 contatti" in ready.text_content()
    assert ready.xpath("//*[@id='export-state']/@hx-get") == [], "what is ready asks no more"
    file = signed_in.get(f"{here}/file.csv")
    monkeypatch.setattr(large_export, "LARGE_ROWS", 1_000)
    at_once = signed_in.post_form(f"/database/{large.public_id}/contatti/esporta")
    assert file.text == at_once.text
    assert file.headers["Content-Disposition"] == at_once.headers["Content-Disposition"]
    assert ["Mario" in row for row in cells(file.text)] == [False, True, False, False]
    assert int(file.headers["Content-Length"]) == len(file.data)


def test_ticked_contacts_are_few_and_sent_at_once_of_a_large_database_too(signed_in, large, page):
    here = f"/database/{large.public_id}/contatti"
    first = page(signed_in.get(here)).xpath("string(//input[@form='segnati']/@value)")

    answer = signed_in.post_form(f"{here}/esporta", {"segnati": "si", "contatto": [first]})

    assert answer.status_code == 200
    assert len(cells(answer.text)) == 2, "the labels and one contact"
    assert exports() == []


def test_a_filter_is_exported_as_it_was_when_somebody_asked(signed_in, large):
    with db.writing() as session:
        torino = Filter(database_id=large.id, name="Torino", rule=RULE)
        session.add(torino)
    here = asked(signed_in, large, filtro=torino.public_id)
    with db.writing() as session:
        session.delete(session.get_one(Filter, torino.id))
    jobs.run_export(exports()[0].id)
    assert len(cells(signed_in.get(f"{here}/file.csv").text)) == 3  # labels and the two of Torino


def test_two_jobs_make_one_file_and_one_that_lost_its_lease_leaves_none(signed_in, large):
    asked(signed_in, large)
    (job,) = exports()
    first = _Lease.claim(job.id)
    assert first is not None and _Lease.claim(job.id) is None
    large_export.work_at(job.id)
    assert exports()[0].status == ExportStatus.RUNNING, "somebody else is at it"

    with db.writing() as session:
        session.get_one(ContactExport, job.id).lease_until = clock.epoch() - 1
    large_export.work_at(job.id)
    with pytest.raises(large_export._Lost):
        first.end(status=ExportStatus.READY, stored_name="perduto")
    (done,) = exports()
    assert (done.status, done.rows, sealed_files.names(EXPORT)) == ("ready", 3, {done.stored_name})


def test_an_export_whose_jobs_die_again_and_again_says_so(signed_in, large, page):
    here = asked(signed_in, large)
    for _ in range(large_export.MAX_CRASHES + 1):
        large_export._Lease.claim(exports()[0].id)
        with db.writing() as session:
            session.get_one(ContactExport, exports()[0].id).lease_until = 0
    assert "L’esportazione si è interrotta più volte" in page(signed_in.get(here)).text_content()


def test_a_file_goes_after_a_day_with_its_database_and_with_whoever_is_erased(signed_in, large, monkeypatch):
    monkeypatch.setattr(large_export, "LARGE_ROWS", 0)  # one of three is erased

    def made() -> None:
        asked(signed_in, large)
        large_export.work_at(exports()[-1].id)
        assert len(sealed_files.names(EXPORT)) == 1

    def gone() -> bool:
        return exports() == [] and sealed_files.names(EXPORT) == set()

    made()
    large_export.forget_old()
    assert not gone()
    with db.writing() as session:
        session.get_one(ContactExport, exports()[0].id).created_at -= timedelta(days=1, minutes=1)
    large_export.forget_old()
    assert gone()

    made()
    with db.reading() as session:
        mario = session.exec(select(Contact).where(Contact.email == "mario@posta.example")).one()
    signed_in.post_form(
        f"/database/{large.public_id}/contatti/{contact_ids.public_id(mario.id)}/cancella", {"conferma": "1"}
    )
    assert gone()

    made()
    with db.writing() as session:
        database_removal.remove(session, session.merge(large))
    assert gone()


def test_an_export_nobody_works_at_is_rung_again(signed_in, large, connected):
    asked(signed_in, large)
    with db.writing() as session:
        session.get_one(ContactExport, exports()[0].id).enqueued_at = 0
    large_export.ring_lost()
    assert exports()[0].enqueued_at > 0


def test_nobody_of_another_client_finds_it(signed_in, large, aurora):
    here = asked(signed_in, large)
    with db.writing() as session:
        session.get_one(ContactExport, exports()[0].id).database_id = large.id
    for wrong in ("nessuno", "abcdefghjkmn"):
        page = here.rpartition("/")[0] + f"/{wrong}"
        assert [signed_in.get(f"{page}{end}").status_code for end in ("", "/stato", "/file.csv")] == [404] * 3


def test_who_waits_on_the_page_sees_the_file_come_and_saves_it(window, chromium, served, signed_in, large):
    window.goto(f"/database/{large.public_id}/contatti")
    window.get_by_role("button", name="Altro").click()
    window.get_by_role("button", name="Esporta il database (CSV)").click()
    window.get_by_text("Stiamo preparando il file").wait_for()
    jobs.run_export(exports()[0].id)
    window.get_by_text("Il file è pronto").wait_for()
    with window.expect_download() as saved:
        window.get_by_text("Scarica il CSV").click()
    assert "Mario" in Path(saved.value.path()).read_text(encoding="utf-8-sig")
    with opened(chromium, served, signed_in, bypass_csp=True) as other:
        other.goto(window.url)
        assert violations_in_every_mode(other) == []
