"""A file with several columns of consent: the best one decides, and a no in any of them is a no."""

import pytest

from tests.contacts.conftest import add_draft, contacts_of, import_file, read_import
from webapp import db
from webapp.contacts.imports import dry_run
from webapp.contacts.imports.import_forms import read_mapping
from webapp.contacts.queries import own_fields

# the column that decides, the other, the field of a contact
PAIRS = [
    ("Profilazione", "GDPR", "consent"),
    ("Consenso marketing", "Consenso privacy", "consent"),
    ("Consenso", "Newsletter", "consent"),
    ("Marketing opt-in", "Iscritto alla newsletter?", "consent"),
    ("Consenso SMS", "Newsletter SMS", "consent_sms"),
    ("Consenso email", "Newsletter email", "consent_email"),
    ("SMS", "Consenso SMS", "consent_sms"),
]
# what the first and the second column say → the answer
PEOPLE = {
    "anna": ("sì", "sì", True),
    "bruno": ("sì", "no", False),
    "carla": ("no", "sì", False),
    "dario": ("", "sì", None),
    "elena": ("", "no", False),
    "franco": ("sì", "", True),
}
ANSWERS = [told for _, _, told in PEOPLE.values()]
ELSEWHERE = [
    # the answers of Elena, Franco and Gaia in a column GDPR that goes elsewhere → the alert
    (("sì", "no", "no"), "La colonna “GDPR” contiene 2 «no» che non vengono usati"),
    (("sì", "no", "letta"), "La colonna “GDPR” contiene 1 «no» che non viene usato"),
    (("1", "0", "0"), "La colonna “GDPR” contiene 2 «no» che non vengono usati"),
    (("12,50", "0", "7"), None),
    (("sì", "", "sì"), None),
]


def file_of(first: str, second: str) -> str:
    rows = [f"{name}@posta.example.com;{one};{other}" for name, (one, other, _) in PEOPLE.items()]
    return "\n".join([f"E-mail;{first};{second}", *rows, ""])


def file_turned_about(first: str, second: str) -> str:
    rows = [f"{name}@posta.example.com;{other};{one}" for name, (one, other, _) in PEOPLE.items()]
    return "\n".join([f"E-mail;{second};{first}", *rows, ""])


def said(database, field: str = "consent") -> list[bool | None]:
    return [getattr(contact, field) for contact in contacts_of(database)]


def alerts_of(database) -> list[str]:
    """Codes of what is told before such a file is imported."""
    draft = add_draft(database, file_of("Profilazione", "GDPR"))
    with db.reading() as session:
        return [one["codice"] for one in dry_run.forecast(session, draft).alerts]


def form_of(draft, **changes: str) -> dict[str, str]:
    return {f"colonna-{index}": target for index, target in draft.mapping.items()} | changes


@pytest.mark.parametrize("made", [file_of, file_turned_about])
@pytest.mark.parametrize("first, second, field", PAIRS)
def test_a_no_of_any_column_counts_and_a_yes_only_of_the_one_that_decides(
    clienti, made, first, second, field
):
    done = import_file(clienti, made(first, second))
    assert said(clienti, field) == ANSWERS
    assert done.alerts == []


def test_a_word_nobody_can_read_in_any_column_waits_for_a_person(clienti):
    rows = "a@posta.example.com;sì;forse\nb@posta.example.com;sì;sì\nc@posta.example.com;no;forse\n"
    import_file(clienti, f"E-mail;Profilazione;GDPR\n{rows}d@posta.example.com;sì;sì\n")
    assert [one.consent_unread for one in contacts_of(clienti)] == ['{"consent":"forse"}', None, None, None]
    assert said(clienti) == [True, True, False, True]


def test_the_form_keeps_which_column_decides(clienti):
    draft = add_draft(clienti, file_turned_about("Profilazione", "GDPR"))
    assert draft.feeding == {"consent": [2, 1]}
    assert read_mapping(form_of(draft), draft, []) == {}
    assert draft.feeding == {"consent": [2, 1]}


def test_a_column_that_is_left_alone_decides(clienti):
    draft = add_draft(clienti, file_of("Profilazione", "GDPR"))
    assert read_mapping(form_of(draft, **{"colonna-1": "skip"}), draft, []) == {}
    assert (draft.mapping, draft.feeding) == ({"0": "email", "1": "skip", "2": "consent"}, {})


def test_the_next_file_is_read_with_the_same_column_deciding(clienti):
    import_file(clienti, file_of("Profilazione", "GDPR"))
    draft = add_draft(clienti, file_turned_about("Profilazione", "GDPR"))
    assert draft.feeding == {"consent": [2, 1]}


def test_a_column_whose_own_field_is_gone_refuses_again(clienti):
    own = {"0": "email", "1": "consent", "2": "new:yes_no"}
    import_file(clienti, file_of("Profilazione", "GDPR"), mapping=own, feeding={})
    assert alerts_of(clienti) == ["refusals_unused"], "the field that was made takes the column again"
    with db.writing() as session:
        (field,) = own_fields(session, clienti.id)
        session.delete(field)
    draft = add_draft(clienti, file_of("Profilazione", "GDPR"))
    assert (draft.mapping["2"], draft.feeding) == ("consent", {"consent": [1, 2]})
    assert alerts_of(clienti) == []


def test_the_page_of_the_columns_says_whose_yes_counts(clienti, signed_in, page):
    draft = add_draft(clienti, file_of("Profilazione", "GDPR"))
    tree = page(signed_in.get(f"/database/{clienti.public_id}/importazioni/{draft.public_id}/colonne"))
    told = "Di questa colonna contano solo i «no»: i «sì» li dice “Profilazione”."
    rows = tree.xpath(f"//tbody/tr[contains(., '{told}')]/td[1]/span/text()")
    assert rows == ["GDPR"]


@pytest.mark.parametrize("target", ["skip", "new:text", "new:yes_no", "city"])
@pytest.mark.parametrize("cells, told", ELSEWHERE)
def test_a_no_in_a_column_that_goes_elsewhere_is_told_before_it_is_lost(clienti, target, cells, told):
    people = zip(("elena", "franco", "gaia"), cells, strict=True)
    rows = "\n".join(f"{name}@posta.example.com;sì;{cell}" for name, cell in people)
    mapping = {"0": "email", "1": "consent", "2": target}
    draft = add_draft(clienti, f"E-mail;Profilazione;GDPR\n{rows}\n", mapping=mapping, feeding={})
    with db.reading() as session:
        before = dry_run.forecast(session, draft).alerts
    texts = [one["testo"] for one in before if one["codice"] == "refusals_unused"]
    assert texts == ([f"{told}: abbinala al consenso, se dice chi non vuole."] if told else [])


def test_an_import_that_leaves_refusals_out_ends_with_that_alert(clienti):
    own = {"0": "email", "1": "consent", "2": "skip", "3": "skip"}
    rows = "a@posta.example.com;sì;no;no\nb@posta.example.com;sì;sì;no\n"
    content = f"E-mail;Profilazione;GDPR;Newsletter\n{rows}"
    done = import_file(clienti, content, mapping=own, feeding={})
    text = (
        "Le colonne “GDPR”, “Newsletter” contengono 3 «no» che non vengono usati: "
        "abbinale al consenso, se dicono chi non vuole."
    )
    assert read_import(done.id).alerts == [{"codice": "refusals_unused", "quanti": 3, "testo": text}]
