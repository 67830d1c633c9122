"""Neighbours of the files of tests/data/found that nobody sent us: content, who of it may be received. PURE.

Every person and number is invented. A person is a name before @posta.example.com, a mobile is whole.
"""

from io import BytesIO
from typing import NamedTuple

from openpyxl import Workbook

AT = "@posta.example.com"


class Own(NamedTuple):
    """*emails* are the names before the @, *mobiles* with their country code; what is not there is nobody."""

    content: str | bytes
    emails: str = ""
    mobiles: str = ""
    name: str = "clienti.csv"


def rows(head: str, *lines: str) -> str:
    """Lines of a file whose cells `a@` are addresses."""
    return "\n".join([head, *lines, ""]).replace("@", AT)


def sheet(table: list[list[object]], hidden: str = "") -> bytes:
    """A workbook with *table*, its columns *hidden* (letters) hidden."""
    book, out = Workbook(), BytesIO()
    page = book.active
    assert page is not None
    for line in table:
        page.append([one.replace("@", AT) if isinstance(one, str) else one for one in line])
    for letter in hidden:
        page.column_dimensions[letter].hidden = True
    book.save(out)
    return out.getvalue()


# Words of the column "Consent" that are a yes, and those that are none: refusals and what nobody can read.
YES = ("agreed ✅", "👍", "subscribed", "SI\u00a0", "Sì (web)", "✔️", "OPT-IN")
NO_OR_UNREAD = (
    *(
        "Yes please",
        "No thanks",
        "❌",
        "👎",
        "Do not contact",
        "don't",
        "Opted out via email",
        "unsub",
        "sure",
    ),
    *(
        "never",
        "Not yet",
        "bounced",
        "\u00a0No\u00a0",
        "sì, ma non per email",
        "Nope",
        "pending",
        "yes?",
        "0,0",
    ),
    *(
        "Revoked 2024",
        "NO!!!",
        "Withdrawn",
        "no opt-in",
        "opt in: no",
        "ok no",
        "non so",
        "Sì✗",
        "ｎｏ",
        "N O",
    ),
)
WORDS = [f'y{n}@;"{one}"' for n, one in enumerate(YES)] + [f'n{n}@;"{w}"' for n, w in enumerate(NO_OR_UNREAD)]

OWN_FILES = {
    "words of consent": Own(rows("Email;Consent", *WORDS), " ".join(f"y{n}" for n in range(len(YES)))),
    "non contattare": Own(rows("Email;Nome;Non contattare", "a@;A;SI", "b@;B;no", "c@;C;", "d@;D;x"), "b c"),
    "do not email": Own(rows("Email,Do Not Email,Do Not Call", "a@,1,0", "b@,0,1", "c@,TRUE,0"), "b"),
    "unsubscribed from all email": Own(
        rows("Email,Phone Number,Unsubscribed from all email", "a@,+393475580001,true", "b@,+393475580002,"),
        "b",
        "393475580001 393475580002",
    ),
    # Narnia is no country: the number may be of any
    "countries by name": Own(
        rows(
            "Cellulare;Nazione",
            *("347 5551234;Italia", "(347) 555-0123;Stati Uniti", "079 123 45 67;Svizzera"),
            *("3475550199;Narnia", "07400 123456;UK", "3475550198;"),
        ),
        "",
        "393475551234 13475550123 41791234567 447400123456 393475550198",
    ),
    "the first of two e-mails is invalid": Own(rows("Email 1;Email 2", "nope;a@", "b@;b2@", ";c@"), "a b c"),
    "two phones, the mobile in either": Own(
        rows("Telefono 1;Telefono 2", "02 5551234;347 5580001", "347 5580002;", "12;0039 347 5580003"),
        "",
        "393475580001 393475580002 393475580003",
    ),
    "names of columns in line 8": Own(
        rows("", "", "", "Report clienti;;", "", ";;", "", "Email;Nome;Consenso", "a@;A;SI", "b@;B;NO"), "a"
    ),
    "a title with a semicolon": Own(
        rows("Esportazione clienti; al 31/12/2025", "Email;Nome;Consenso marketing", "a@;A;SI", "b@;B;NO"),
        "a",
    ),
    # a no in general is a no by every way; `boh` leaves the person to be decided
    "channels that contradict": Own(
        rows(
            "Email;Cellulare;Consenso;Consenso email;Consenso SMS",
            *("a@;3475580001;NO;SI;SI", "b@;3475580002;SI;NO;", "c@;3475580003;;SI;NO"),
            "d@;3475580004;SI;boh;SI",
        ),
        "c",
        "393475580002",
    ),
    # 0041 beside +39, 0039 beside a Swiss number, +33 beside an Italian one: nobody knows which is right
    "dialling codes that disagree": Own(
        rows(
            "Prefisso;Cellulare",
            *("0041;079 123 45 67", "+1;347 555 0123", "39;3475551234", "0041;+39 347 5551235"),
            *(";3475551236", "0039;0791234567", "+33;3475551237"),
        ),
        "",
        "41791234567 13475550123 393475551234 393475551236",
    ),
    "the day of leaving": Own(
        rows("Email;Disiscritto il;Newsletter", "a@;13/01/2025;SI", "b@;;SI", "c@;;NO"), "b"
    ),
    "a consent revoked": Own(rows("Email;Consenso revocato", "a@;Sì", "b@;No", "c@;15/03/2025"), "b"),
    "cells as formulas": Own(rows("Email;Consenso", 'a@;"=""NO"""', "b@;'NO", 'c@;"=""SI"""'), "c"),
    "a state of the subscription": Own(
        rows("Email;Stato iscrizione", "a@;Iscritto", "b@;Disiscritto", "c@;In attesa", "d@;Bounced"), "a"
    ),
    "left out of campaigns": Own(rows("Email;Escludi dalle campagne", "a@;sì", "b@;no"), "b"),
    "a black list for each channel": Own(
        rows(
            "EMAIL,OPT_IN,EMAIL_BLACKLISTED,SMS_BLACKLISTED,SMS",
            *("a@,1,0,1,393475580001", "b@,1,1,0,393475580002", "c@,0,0,0,393475580003"),
        ),
        "a",
        "393475580002",
    ),
    "no newsletter, no SMS": Own(
        rows("Email;Cellulare;No newsletter;No SMS", "a@;3475580001;X;", "b@;3475580002;;X"), "b", ""
    ),
    "the register of oppositions": Own(rows("Email;Registro opposizioni", "a@;SI", "b@;NO"), "b"),
    "the Robinson list": Own(rows("Email;Lista Robinson", "a@;SI", "b@;NO"), "b"),
    "complaints of spam": Own(
        rows("Email;Spam complaint;Unsubscribed at", "a@;1;", "b@;0;2025-03-01", "c@;0;"), "c"
    ),
    "people who were deleted": Own(rows("Email;Attivo;Cancellato", "a@;1;0", "b@;0;1", "c@;1;1"), "a"),
    # an order is no person
    "orders that were cancelled": Own(rows("Email;Ordine cancellato", "a@;SI", "b@;NO"), "a b"),
    "who does not agree": Own(rows("Email;Non acconsente al marketing", "a@;SI", "b@;NO"), "b"),
    "a hidden column of addresses": Own(
        sheet([["Vecchia email", "Email", "Consenso"], ["x@", "a@", "SI"], ["y@", "b@", "NO"]], "A"),
        "a",
        name="clienti.xlsx",
    ),
    "a hidden column of answers": Own(
        sheet([["Consenso", "Email"], ["NO", "a@"], ["SI", "b@"], ["SI", "c@"]], "A"), "b c", name="c.xlsx"
    ),
    "hidden answers under a group": Own(
        sheet([["Contatti", "Privacy"], ["Email", "Consenso marketing"], ["a@", "NO"], ["b@", "SI"]], "B"),
        "b",
        name="clienti.xlsx",
    ),
    "answers as Excel keeps them": Own(
        sheet([["Email", "Consenso"], ["a@", False], ["b@", True], ["c@", 0], ["d@", 1.0]]),
        "b d",
        name="clienti.xlsx",
    ),
    "UTF-16 with tabs": Own(
        rows("E-mail\tGDPR", "a@\tAccetta", "b@\tRifiuta", "c@\tNon espresso").encode("utf-16"), "a"
    ),
    # without a key each row is somebody of their own: whoever said no in one of them is not sent
    "a no and a later yes in two rows": Own(
        rows("Email;Consenso;Data del consenso", "a@;NO;01/02/2024", "a@;SI;13/03/2024", "b@;SI;13/03/2024"),
        "b",
    ),
}
