"""What a cell answers about consent: a refusal is never lost, a yes is only what is wholly understood.

The words come from files people have: exports of Klaviyo, Mailchimp, Brevo and listmonk, and cells typed by
hand (`11-consent-words.csv` of the collection of real shapes).
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.contacts.cells import UNREADABLE, read_consent

REFUSALS = [
    *("NO", "no.", "NO!", " No ", "(no)", '"no"', "N", "N.", "n0", "no, grazie", "No grazie", "NON"),
    *("non accetto", "Non acconsente", "non iscritto", "Non iscritta", "non dato", "non disiscritto"),
    *("mai", "Mai iscritto", "never", "NEVER_SUBSCRIBED", "never subscribed", "not subscribed"),
    *("NOT_SUBSCRIBED", "non-subscribed", "do not contact", "don't", "nope"),
    *("rifiuta", "rifiutato", "RIFIUTATA", "ha rifiutato", "nega", "negato", "negativo", "revoca"),
    *("revocata", "Revocato il 3/2025", "consenso revocato", "consenso negato", "no (revocato 3/2025)"),
    *("disiscritto", "Disiscritta", "disiscrizione", "unsubscribed", "UNSUBSCRIBED", "unsub", "cancellato"),
    *("opt-out", "opt out", "optout", "opted out", "OPTED_OUT", "opted-out", "opt_out"),
    *(
        "blacklisted",
        "BLACKLIST",
        "blocklisted",
        "blocked",
        "bounced",
        "hard bounce",
        "cleaned",
        "suppressed",
    ),
    *("0", "0.0", "0,00", "0.00", "falso", "FALSE", "F", "off", "disabled", "Disattivo"),
    *("✗", "✘", "❌", "☐", "✖", "[ ]", "='no'"[1:], '="no"', "'no", "STOP", "annullato"),
]
CONSENTS = [
    *(
        "sì",
        "SI",
        "si'",
        "sì.",
        "Sì!",
        "S",
        "s.",
        "yes",
        "Y",
        "vero",
        "TRUE",
        "1",
        "1.0",
        "1,00",
        "x",
        "X",
        "V",
    ),
    *("✓", "✔", "✔️", "☑", "☑️", "✅", "[x]", "on", "ok", "Attivo", "enabled", "Confermato", "confirmed"),
    *("Sì, acconsento", "acconsente", "acconsento", "accetto", "autorizzo", "autorizza", "Sì (web)"),
    *("iscritto", "Iscritta", "subscribed", "SUBSCRIBED", "opt-in", "opted in", "OPTED_IN", "double opt-in"),
    *("sì, grazie", "sì dal 12/03/2024", "ha accettato", "consenso concesso", "granted", '="sì"', "'1"),
]
NOT_KNOWN = [
    *("forse", "sì ma non per email", "accetto di non ricevere", "sì per sms", "sì, solo newsletter", "sì?"),
    *("si/no", "S/N", "pending", "in attesa", "2", "-1", "100%", "14/02/2024", "negozio", "nota", "novembre"),
    *("normale", "maiuscolo", "iscritto poi disiscritto", "sì ✗", "da chiedere", "none", "mancante", "SI*"),
    *("нет", "☒", "sì fino al 3/2025", "on hold", "unconfirmed"),
]


@pytest.mark.parametrize("cell", REFUSALS)
def test_a_refusal_is_known_in_all_words_people_use(cell):
    assert read_consent(cell) is False


@pytest.mark.parametrize("cell", CONSENTS)
def test_a_consent_is_known_in_all_words_people_use(cell):
    assert read_consent(cell) is True


@pytest.mark.parametrize("cell", NOT_KNOWN)
def test_what_is_neither_is_left_to_a_person(cell):
    assert read_consent(cell) is UNREADABLE


@pytest.mark.parametrize(
    "cell", ["", "  ", "-", "--", "n.d.", "N/D", "NULL", "nan", "#N/D", "#N/A", "\u200b"]
)
def test_a_cell_without_an_answer_is_empty(cell):
    assert read_consent(cell) is None


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        *[(cell, False) for cell in ("sì", "yes", "1", "1.0", "x", "TRUE", "✓")],
        *[(cell, True) for cell in ("no", "0", "0.0", "FALSE", "☐", "subscribed", "Iscritto")],
        # Words that say it by themselves stay what they are: listmonk's status, Mailchimp's cleaned file.
        *[(cell, False) for cell in ("unsubscribed", "Disiscritto", "blacklisted", "opted out", "revocato")],
        # "Disiscritto il", UNSUB_TIME: who has a date is out.
        *[(cell, False) for cell in ("14/02/2025", "2025-02-14 10:30:00", "2025-02-14T10:30:00Z")],
        *[(cell, None) for cell in ("", "n.d.", "0000-00-00 00:00:00")],
        *[(cell, UNREADABLE) for cell in ("accetto", "non disiscritto", "no grazie", "never", "forse")],
    ],
)
def test_a_column_of_who_is_out_is_read_the_other_way_round(cell, answer):
    assert read_consent(cell, turned=True) is answer


anything = st.one_of(st.text(max_size=40), st.sampled_from(REFUSALS + CONSENTS + NOT_KNOWN))


@settings(deadline=None)
@given(st.sampled_from(["no", "Non", "NOT", "never", "Mai"]), st.sampled_from(" ,._-/(!\t"), anything)
def test_whatever_begins_with_a_refusal_is_one(first, sign, rest):
    assert read_consent(f"{first}{sign}{rest}") is False


@pytest.mark.parametrize("cell", ["0 SI", "sì 0", "0 - sì", "sì (0)", "0,0 sì", "00 sì", "0: iscritto"])
def test_a_zero_beside_a_yes_waits_for_a_person(cell):
    assert read_consent(cell) is UNREADABLE


@pytest.mark.parametrize(
    "cell", ["sì 10/10/2024", "sì 2024-01-01 00:00:00", "sì dal 01.01.2020", "sì 1.0", "sì 1:00"]
)
def test_a_zero_of_a_day_or_an_hour_leaves_a_yes_as_it_is(cell):
    assert read_consent(cell) is True


@settings(deadline=None)
@given(st.sampled_from(REFUSALS), st.sampled_from([" ", ", ", " - ", " ma ", " (", ": "]), anything)
def test_no_word_beside_a_refusal_makes_it_a_consent(refusal, between, rest):
    assert read_consent(f"{refusal}{between}{rest}") is not True
    assert read_consent(f"{rest}{between}{refusal}") is not True
