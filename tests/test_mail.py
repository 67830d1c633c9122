"""E-mails: sent by a worker to a real mail server, encrypted, tried again, and gone when they have left."""

import ssl
from dataclasses import replace
from urllib.parse import quote

import pytest
import time_machine
from sqlmodel import select

from tests.support.certificates import self_signed
from tests.support.smtp_server import mail_server
from webapp import db, mail
from webapp import services as platea
from webapp.config import WrongSetting, from_environment
from webapp.crypto import new_key
from webapp.mail import OutgoingMail

HOST = "127.0.0.2"  # loopback, but not one of the names that mean "this machine" and need no TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate for HOST that signs itself."""
    return self_signed(tmp_path_factory.mktemp("tls"), HOST)


@pytest.fixture
def context(certificate):
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate)
    return made


def use(settings, url, **more):
    platea.start(replace(settings, smtp_url=url, mail_from="platea@agenzia.example", **more))


def post(text="Ciao, perché no?"):
    with db.writing() as session:
        mail.post(session, "giulia@aurora.example", "Così è arrivata", text)


def waiting() -> list[OutgoingMail]:
    return [one for one in kept() if one.set_aside_at is None]


def kept() -> list[OutgoingMail]:
    with db.reading() as session:
        return list(session.exec(select(OutgoingMail).order_by(OutgoingMail.id)))


def test_an_email_leaves_and_is_forgotten(database):
    with mail_server() as mailbox:
        use(database, f"smtp://localhost:{mailbox.port}")
        post()
        assert mail.send_due() == 1

    (message,) = mailbox.messages
    assert mailbox.recipients == ["giulia@aurora.example"]
    assert message["From"] == "Platea <platea@agenzia.example>"
    assert message["Subject"] == "Così è arrivata"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == "Ciao, perché no?"
    assert waiting() == []


@pytest.mark.parametrize("implicit", [False, True])
def test_off_this_machine_it_travels_encrypted(database, certificate, context, implicit):
    with mail_server(HOST, context, implicit) as mailbox:
        scheme = "smtps" if implicit else "smtp"
        url = f"{scheme}://platea:parola%20d%27ordine@{HOST}:{mailbox.port}"
        use(database, url, smtp_ca_file=certificate)
        post()
        assert mail.send_due() == 1

    assert mailbox.encrypted == [True]
    assert mailbox.logins == ["\0platea\0parola d'ordine"]


def test_a_server_without_tls_gets_neither_password_nor_text(database, capsys):
    with mail_server(HOST) as mailbox:
        use(database, f"smtp://platea:segreta@{HOST}:{mailbox.port}")
        post()
        assert mail.send_due() == 0

    assert (mailbox.logins, mailbox.messages) == ([], [])
    assert len(waiting()) == 1
    assert "segreta" not in capsys.readouterr().out


def test_a_certificate_nobody_vouches_for_is_refused(database, context):
    with mail_server(HOST, context) as mailbox:
        use(database, f"smtp://{HOST}:{mailbox.port}")
        post()
        assert mail.send_due() == 0

    assert mailbox.messages == []


def test_what_waits_is_sealed(database):
    use(database, "smtp://localhost:1")
    post("https://platea.example/nuova-password/chiave-segreta")

    (one,) = waiting()
    assert b"chiave-segreta" not in one.text and "chiave-segreta" not in str(one)


def test_it_is_tried_again_while_the_server_is_away(database):
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now, mail_server() as mailbox:
        use(database, "smtp://localhost:1")  # nobody listens
        post()
        post()
        assert mail.send_due() == 0
        use(database, f"smtp://localhost:{mailbox.port}")
        assert mail.send_due() == 0  # one failure is enough to let all wait a minute
        now.shift(61)
        assert mail.send_due() == 2


def test_it_is_given_up_after_a_day(database):
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now:
        use(database, "smtp://localhost:1")
        post()
        mail.send_due()
        now.shift(24 * 3600 + 1)
        mail.send_due()

    assert waiting() == []
    (one,) = kept()
    assert (one.text, one.trouble) == (b"", "il server di posta non ha risposto per un giorno")


# What Platea wrote into a message, or the mail server did not take: each stopped all e-mails and copies.
POISONED = {
    "an encoded word that ends the header": "=?utf-8?q?a=0d=0aBcc=3ax=40evil.it?=@esempio.it",
    "an encoded word that is another address": "=?utf-8?q?victim=40evil.com=3e_?=@esempio.it",
    "two at signs": "a@b@esempio.it",
    "a line break": "a@esempio.it\r\nBcc: x@evil.it",
    "nothing": "",
    "letters the server does not take": "è@esempio.it",
}


@pytest.mark.parametrize("recipient", POISONED.values(), ids=POISONED.keys())
def test_one_that_cannot_leave_keeps_nobody_waiting_and_is_set_aside(database, recipient):
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now, mail_server() as mailbox:
        use(database, f"smtp://localhost:{mailbox.port}")
        with db.writing() as session:
            mail.post(session, recipient, "Ciao", "Testo", client_id=7)
        post()
        assert mail.send_due() == 1  # the second, at once
        for _ in range(4):
            assert waiting() != []
            now.shift(3600)
            mail.send_due()

    assert mailbox.recipients == ["giulia@aurora.example"]
    assert waiting() == []
    (one,) = kept()
    assert (one.text, one.attempts) == (b"", 5)
    with db.reading() as session:
        assert mail.troubles(session, 7) == {recipient: one.trouble}


def test_one_sealed_with_a_key_that_is_gone_is_set_aside_and_says_so(database):
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now, mail_server() as mailbox:
        use(database, f"smtp://localhost:{mailbox.port}")
        post()
        use(database, f"smtp://localhost:{mailbox.port}", token_keys=(new_key(),))
        post("Con la chiave di adesso")
        assert mail.send_due() == 1
        for _ in range(4):
            now.shift(3600)
            mail.send_due()

    assert [message.get_content().strip() for message in mailbox.messages] == ["Con la chiave di adesso"]
    assert [one.trouble for one in kept()] == ["la chiave che la apriva non c’è più (PLATEA_TOKEN_KEYS)"]


def test_what_the_server_may_take_later_is_tried_for_a_day(database):
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now, mail_server() as mailbox:
        use(database, f"smtp://localhost:{mailbox.port}")
        post()
        mailbox.refusal = b"450 riprova, lista grigia"
        for _ in range(12):
            mail.send_due()
            now.shift(3600)
        mailbox.refusal = b""
        assert mail.send_due() == 1

    assert kept() == []


def test_one_put_off_by_a_clock_a_day_ahead_leaves_now(database):
    with mail_server() as mailbox:
        use(database, f"smtp://localhost:{mailbox.port}")
        with time_machine.travel("2036-11-24T10:00:00+00:00", tick=False):
            post()
        assert mail.send_due() == 1


@pytest.mark.parametrize("address", ["giulia@perché.example", "giulia.rossi+x@aurora.example"])
def test_an_address_with_a_name_of_the_network_outside_ascii_gets_its_mail(database, address):
    with mail_server() as mailbox:
        use(database, f"smtp://localhost:{mailbox.port}")
        with db.writing() as session:
            mail.post(session, address, "Ciao", "Testo")
        assert mail.send_due() == 1

    # Source: RFC 5890; perché.example is xn--perch-fsa.example.
    assert mailbox.recipients == [address.replace("perché", "xn--perch-fsa")]


@pytest.mark.parametrize("subject", ["Così", "=?utf-8?q?a=0d=0aBcc=3ax=40evil.it?=", "a" * 300])
def test_no_subject_makes_another_header(database, subject):
    with mail_server() as mailbox:
        use(database, f"smtp://localhost:{mailbox.port}")
        with db.writing() as session:
            mail.post(session, "giulia@aurora.example", subject, "Testo")
        assert mail.send_due() == 1

    (message,) = mailbox.messages
    assert message["Bcc"] is None
    assert message["Subject"] == subject.replace("=?", "= ?")


@pytest.mark.parametrize(
    ("user", "password"), [("platea", "caffè"), ("niccolò", "cento€"), ("platea", "parola d'ordine")]
)
def test_user_and_password_may_have_any_letter(database, user, password):
    with mail_server() as mailbox:
        use(database, f"smtp://{quote(user)}:{quote(password)}@localhost:{mailbox.port}")
        post()
        assert mail.send_due() == 1

    assert mailbox.logins == [f"\0{user}\0{password}"]


def test_a_refused_address_is_not_in_the_log(database, capsys):
    with mail_server() as mailbox:
        mailbox.refusal = b"550 giulia@aurora.example non esiste"
        use(database, f"smtp://localhost:{mailbox.port}")
        post()
        mail.send_due()

    told = capsys.readouterr().out
    assert "email non partita" in told and "giulia" not in told


def test_without_a_mail_server_nothing_waits_to_be_sent(database):
    post()

    assert (waiting(), mail.send_due()) == ([], 0)


ENVIRONMENT = {
    "REDIS_URL": "redis://127.0.0.1",
    "PLATEA_SECRET_KEY": "una chiave di prova lunga, mai usata altrove",
    "PLATEA_TOKEN_KEYS": "x",
}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"SMTP_URL": "posta.example:587"}, "SMTP_URL deve essere come smtp://"),
        ({"SMTP_URL": "http://posta.example"}, "SMTP_URL deve essere come smtp://"),
        ({"SMTP_URL": "smtp://posta.example"}, "PLATEA_MAIL_FROM: manca l’indirizzo del mittente"),
        ({"SMTP_URL": "smtp://u:pa#ss@posta.example"}, "scrivi %23 per #"),
        ({"SMTP_URL": "smtp://u:pa/ss@posta.example"}, "%2F per /"),
        ({"SMTP_URL": "smtp://posta.example:posta"}, "SMTP_URL deve essere come smtp://"),
        (
            {"SMTP_URL": "smtp://posta.example", "PLATEA_MAIL_FROM": "Platea <platea@agenzia.example>"},
            "PLATEA_MAIL_FROM: scrivi soltanto l’indirizzo",
        ),
        (
            {"SMTP_URL": "smtp://posta.example", "PLATEA_MAIL_FROM": "a@b@agenzia.example"},
            "PLATEA_MAIL_FROM: scrivi soltanto l’indirizzo",
        ),
    ],
)
def test_a_mail_server_that_cannot_be_stops_the_start(given, sentence):
    with pytest.raises(WrongSetting, match=sentence):
        from_environment({**ENVIRONMENT, **given})


def test_the_password_of_the_mail_server_does_not_show(database):
    given = {"SMTP_URL": "smtp://platea:segreta@posta.example", "PLATEA_MAIL_FROM": "platea@agenzia.example"}

    assert "segreta" not in repr(from_environment({**ENVIRONMENT, **given}))
