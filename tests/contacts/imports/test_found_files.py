"""Files in shapes that people's exports really have: who may be received by Facebook, and nobody else.

Every person and number is invented; the shapes are those of public reports of other programs. Expected values
are written by hand from the inputs in tests/data/found.
"""

from hashlib import sha256
from pathlib import Path

import pytest
from sqlmodel import select

from tests.contacts.conftest import import_file
from webapp import db
from webapp.contacts.consent import DIGESTS, ConsentPolicy, allowed
from webapp.contacts.models import CONTACT, Contact

FOUND = Path(__file__).parents[2] / "data" / "found"
POSTA = "@posta.example.com"


def people(*names: str) -> set[str]:
    return {name + POSTA for name in names}


def mobiles(*numbers: int) -> set[str]:
    return {f"39{number}" for number in numbers}


# file → (e-mails, mobiles) that "Tutti tranne chi ha detto no" may send, by e-mail and by SMS
TABLE = {
    # `Phone` is empty, the numbers are in `Default Address Phone`; a consent for each channel
    "exports/01-shopify.csv": (people("piera", "lia"), mobiles(3475551002, 3475551003)),
    # p: before the number is how Meta exports its own leads
    "exports/02-meta-leads.csv": (
        people("ugo", "mara", "elio"),
        mobiles(3475552001, 3475552002, 3475552003),
    ),
    # the file of those who unsubscribed: nobody
    "consent/03-unsubscribed_email_audience_export_ab12.csv": (set(), set()),
    # the first of ` ::: `; a landline in Phone 1 leaves the mobile to Phone 2
    "exports/04-google.csv": (
        people("bea", "gino", "elsa", "aldo"),
        mobiles(3475554001, 3475554002, 3475554003, 3475554004),
    ),
    "exports/05-outlook-it.csv": (people("niccolo", "zoe"), mobiles(3475555001, 3475555002)),
    "06-trailing-cut.csv": (
        people(*(f"u{n}" for n in range(1, 9))),
        mobiles(*range(3475556001, 3475556009)),
    ),
    # the column of addresses holds first names
    "exports/07-prestashop-bug.csv": (set(), set()),
    # Newsletter 1, 0, 0
    "exports/08-prestashop.csv": (people("ines"), set()),
    "exports/09-woocommerce-it.csv": (people("marta", "pino"), set()),
    # UNSUBSCRIBED, NEVER_SUBSCRIBED and the suppressed are out, each for its channel
    "consent/10-klaviyo.csv": (people("vera"), mobiles(3475557002, 3475557004)),
    "consent/11-consent-words.csv": (people(*(f"si{n}" for n in range(12))), set()),
    "consent/11b-consent-nonheader.csv": (people("n0", "n2", "n4"), set()),
    # BLACKLIST yes is a no
    "consent/11c-brevo-blacklist.csv": (people("b1", "b3"), mobiles(3475559001, 3475559003)),
    # blocklisted and disabled are out
    "consent/11d-listmonk-status.csv": (people("l1", "l3"), set()),
    # rows 3, 4 and 6 are hidden
    "12-hidden-rows.xlsx": (people("h0", "h3"), set()),
    "13-hidden-sheet.xlsx": (people("nuovo1", "nuovo2"), set()),
    "14-title-rows.xlsx": (people("t0", "t2"), mobiles(3475556100, 3475556102)),
    "14b-title-rows.csv": (people("t0", "t2"), mobiles(3475556100, 3475556102)),
    "15-merged-header.xlsx": (people("t0", "t2"), mobiles(3475556100, 3475556102)),
    "16-totals.xlsx": (people("z1", "z2", "z3"), mobiles(3475562001, 3475562002, 3475562003)),
    # two addresses are formulas that nobody computed
    "20-formula-nocache.xlsx": (people("leo"), mobiles(3475563001, 3475563002, 3475563003)),
    "21-no-r.xlsx": (people("q1", "q2"), mobiles(3475564001, 3475564002)),
    "21b-strict.xlsx": (people("s1"), set()),
    "22-cp850.csv": (people("cp1", "cp2", "cp3", "cp4"), mobiles(*range(3475565001, 3475565005))),
    "22b-macroman.csv": (people("cp1", "cp2", "cp3", "cp4"), mobiles(*range(3475565001, 3475565005))),
    "23-utf16le-nobom.csv": (people("v1", "v2"), set()),
    "24-concatenated.csv": (people("w1", "w2"), mobiles(3475566001, 3475566002)),
    "values/25-equals-quote.csv": (people("y1", "y2", "y3"), mobiles(3475567001, 3475567002, 3475567003)),
    "shapes/26-one-column.txt": (people("r0", "r1", "r2", "r3"), set()),
    "27-empty-header.csv": (people("ka", "ko"), set()),
    # the first Email and the first Telefono are empty
    "shapes/28-duplicate-header.csv": (
        people("d1", "d2", "d3"),
        mobiles(3475568001, 3475568002, 3475568003),
    ),
    "29-empty-first.csv": (people("aa1", "aa2"), mobiles(3475569001, 3475569002)),
    "values/30-us-dates.csv": (people("us0", "us1", "us2", "us3"), set()),
    # +1 347 555 0123 and the others are read in the country of the row; (354) is Iceland
    "values/32-country-column.csv": (
        people("john", "amy", "jean", "hans", "luz", "olaf", "anna", "eir", "kim"),
        {
            "13475550123",
            "13305550188",
            "33612345678",
            "41791234567",
            "34612345678",
            "4915112345678",
            "393475551234",
            "3546112345",
            "13475550199",
        },
    ),
    # Mail and SMS hold yes and no; C1 wants no SMS, C2 no mail, C3 neither
    "consent/34-channels.csv": (people("ch0", "ch1"), mobiles(3475572000, 3475572002)),
    "consent/35-stato.csv": (people("st0", "st1", "st2"), set()),
    "values/38-two-digit-year.csv": (people("ty1", "ty2", "ty3", "ty4"), set()),
    "39-mixed-ends.csv": (people("me1", "me2", "me3", "me4"), set()),
    "shapes/40-pipe.csv": (people("pi1", "pi2"), set()),
    "consent/41a-optout-first.csv": (people("dd"), set()),
    "consent/41c-first.csv": (set(), set()),
}


@pytest.mark.parametrize("file", TABLE)
def test_nobody_who_must_not_be_received_may_be_sent(clienti, file):
    import_file(clienti, FOUND / file, Path(file).name)
    emails, numbers = TABLE[file]
    assert may_be_sent(clienti, "email") == hashed(emails)
    assert may_be_sent(clienti, "sms") == hashed(numbers)


@pytest.mark.parametrize(
    "first, again, emails, numbers",
    [
        # empty, No grazie, Non iscritto, Revocata: no no becomes a yes, and dd says no now
        ("41a-optout-first.csv", "41b-optout-again.csv", set(), set()),
        # the cells are empty: three no stay
        ("41a-optout-first.csv", "41e-blank-again.csv", people("dd"), set()),
        ("41c-first.csv", "41d-then.csv", set(), set()),
    ],
)
def test_a_file_that_says_nothing_takes_no_refusal_away(clienti, first, again, emails, numbers):
    import_file(clienti, FOUND / "consent" / first, first)
    import_file(clienti, FOUND / "consent" / again, again, key="email")
    assert may_be_sent(clienti, "email") == hashed(emails)
    assert may_be_sent(clienti, "sms") == hashed(numbers)


def test_a_mobile_that_excel_broke_takes_no_good_one_away(clienti):
    import_file(clienti, FOUND / "consent" / "41c-first.csv", "clienti.csv")
    done = import_file(clienti, FOUND / "consent" / "41d-then.csv", "clienti.csv", key="email")
    with db.reading() as session:
        found = session.exec(select(Contact).order_by(Contact.id)).all()
    told = [(one.email, one.mobile, one.first_name, one.consent) for one in found]
    assert told == [
        ("ee" + POSTA, "3475574001", "Ee", False),
        ("ff" + POSTA, "3475574002", "Ff", False),
    ]
    assert {one["codice"]: one["quanti"] for one in done.alerts} == {
        "nobody_to_send": 2,
        "no_valid_mobile": 1,
        "undecided_words": 1,
        "kept_mobile": 1,
    }


def may_be_sent(database, medium: str) -> set[bytes]:
    digest = CONTACT.c[DIGESTS[medium]]
    wanted = select(digest).where(
        CONTACT.c.database_id == database.id,
        digest.is_not(None),
        allowed(ConsentPolicy.NOT_REFUSED, medium),
    )
    with db.reading() as session:
        return {bytes(one) for one in session.exec(wanted)}


def hashed(values: set[str]) -> set[bytes]:
    return {sha256(value.encode()).digest() for value in values}
