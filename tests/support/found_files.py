"""Inputs in shapes that people's exports really have, and who of each may be received by Facebook. PURE.

Every person and number is invented; the shapes are those of public reports of other programs. What is written
here was read in the files of tests/data/found by eye, never taken from what the program answered.
"""

from hashlib import sha256
from pathlib import Path

FOUND = Path(__file__).parents[1] / "data" / "found"
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
    # 12 and 14 lost a cell's edge or a second address; a remark, a blank or two @ inside are no address
    "values/31-emails.csv": (
        people("mario", "nina", "ugo", "olga", "pia", "rina", "sara", "vera", "wilma", "zita+promo", "ada")
        | people("ciro", "gina")
        | {"aaaaaaaaaaaaaaaaaaaa@xn--caff-8oa.example.com"},
        set(),
    ),
    # `335 557100/1` and `338 123456 (2)` are half numbers; N37 is a mobile of nine digits, as old ones are
    "values/33-phones.csv": (
        set(),
        mobiles(3333333333, 335557135)
        | mobiles(*range(3475571001, 3475571003), 3475571004, *range(3475571006, 3475571012))
        | mobiles(3475571014, *range(3475571017, 3475571025), 3475571029)
        | mobiles(*range(3475571031, 3475571035), 3475571037),
    ),
    # `12,50` without quotes is a cell too many: two rows are refused
    "values/37-decimal-comma.csv": (people("dc2"), set()),
    "values/38-two-digit-year.csv": (people("ty1", "ty2", "ty3", "ty4"), set()),
    "39-mixed-ends.csv": (people("me1", "me2", "me3", "me4"), set()),
    "shapes/40-pipe.csv": (people("pi1", "pi2"), set()),
    "consent/41a-optout-first.csv": (people("dd"), set()),
    "consent/41c-first.csv": (set(), set()),
}

# file → (e-mails, mobiles) of the same file that nobody may receive: who said no, whose answer nobody can
# read, whom Excel hides, and strangers whose number comes of reading a foreign one as Italian
MUST_NOT = {
    "exports/01-shopify.csv": (people("nino"), mobiles(3475551001)),
    "consent/03-unsubscribed_email_audience_export_ab12.csv": (
        people("rino", "tea", "ezio"),
        mobiles(3475553001, 3475553002, 3475553003),
    ),
    "exports/08-prestashop.csv": (people("olmo", "rita"), set()),
    "consent/10-klaviyo.csv": (people("dino", "tito", "ada"), mobiles(3475557001, 3475557003)),
    "consent/11-consent-words.csv": (people(*(f"no{n}" for n in range(16))), set()),
    "consent/11b-consent-nonheader.csv": (people("n1", "n3"), set()),
    "consent/11c-brevo-blacklist.csv": (people("b2", "b4"), mobiles(3475559002, 3475559004)),
    "consent/11d-listmonk-status.csv": (people("l2", "l4"), set()),
    "12-hidden-rows.xlsx": (people("h1", "h2", "h4"), set()),
    "13-hidden-sheet.xlsx": (people("vecchio1", "vecchio2", "vecchio3"), set()),
    "14-title-rows.xlsx": (people("t1", "t3"), mobiles(3475556101, 3475556103)),
    "14b-title-rows.csv": (people("t1", "t3"), mobiles(3475556101, 3475556103)),
    "15-merged-header.xlsx": (people("t1", "t3"), mobiles(3475556101, 3475556103)),
    "values/31-emails.csv": (
        {"wilma|wilma" + POSTA, "rina@posta.example.com.", '"sara@posta.example.com"', "tina" + POSTA}
        | {"dora@@posta.example.com", "mailto:nina@posta.example.com", "<ugo@posta.example.com>"},
        set(),
    ),
    # of John, Amy, Eir and Kim, as if they were Italian
    "values/32-country-column.csv": (set(), mobiles(3475550123, 3305550188, 3546112345, 3475550199)),
    # digits glued together; the second halves of lists
    "values/33-phones.csv": (set(), mobiles(3355571001, 3381234562, 34755710262, 3475571016, 3475571028)),
    "consent/34-channels.csv": (people("ch2", "ch3"), mobiles(3475572001, 3475572003)),
    "consent/41a-optout-first.csv": (people("aa", "bb", "cc"), set()),
    "consent/41c-first.csv": (people("ee", "ff"), mobiles(3475574001, 3475574002)),
}

# file → the words by which nothing of it is imported
REFUSED = {
    "17-html.xls": "è una pagina web: aprilo in Excel e salvalo come .xlsx",
    "18-password.xlsx": "ha una password: aprilo in Excel, togli la password",
    "19-binary.xlsb": "è un file Excel binario (.xlsb): aprilo in Excel e salvalo come .xlsx",
    "36-mailchimp.zip": "è un archivio compresso con 3 tabelle: estraile e caricale una alla volta",
    "36b-export.csv.gz": "è un archivio compresso (.gz): estrai il file che contiene",
}

# Files that leave nobody to send, or a column without a valid value: their alerts have to be confirmed
TO_CONFIRM = {
    # `07/14` is no whole date; Mailchimp's list of who unsubscribed
    "consent/03-unsubscribed_email_audience_export_ab12.csv": {"no_valid.birth_date": 3, "refusal_list": 3},
    "consent/41c-first.csv": {"nobody_to_send": 2},
    "exports/07-prestashop-bug.csv": {"no_valid_email": 3, "nobody_to_send": 3},
}

# first, then → (e-mails, mobiles) that both leave; *then* is a file of the same people, with the key email
ONE_AFTER_ANOTHER = {
    # empty, No grazie, Non iscritto, Revocata: no no becomes a yes, and dd says no now
    ("41a-optout-first.csv", "41b-optout-again.csv"): (set(), set()),
    # the cells are empty: three no stay
    ("41a-optout-first.csv", "41e-blank-again.csv"): (people("dd"), set()),
    # an empty mobile and `3,47E+09` take no good one away, an empty cell and "forse" no refusal
    ("41c-first.csv", "41d-then.csv"): (set(), set()),
}


def hashed(values: set[str]) -> set[bytes]:
    return {sha256(value.encode()).digest() for value in values}
