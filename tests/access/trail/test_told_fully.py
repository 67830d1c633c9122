"""What an incident asks of the trail: whom, which files of counts, which space, and what commands did."""

import pytest
from click.testing import CliRunner
from sqlmodel import select

from tests.conftest import add_operator, make_app
from tests.support.running import environment
from tests.support.smtp_server import mail_server
from tests.uploads.screens.building import add_upload, save
from webapp import db, mail
from webapp.access.members.views_members import PEOPLE
from webapp.access.models import AuditEntry, Client, Invitation, Membership, Role
from webapp.access.trail.audit import Action, record_alone
from webapp.access.trail.audit_chain import is_closed, verify
from webapp.cli.group import platea
from webapp.contacts.models import UserDatabase
from webapp.uploads.status import UploadStatus


def told(action: Action) -> list[tuple[str, str, dict]]:
    with db.reading() as session:
        found = session.exec(select(AuditEntry).where(AuditEntry.action == str(action)))
        return [(one.who, one.target, one.detail) for one in found]


def command(settings, *arguments: str, **more: str):
    done = CliRunner().invoke(
        platea, arguments, env={**environment(settings), **more}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_whom_is_told_when_somebody_is_invited_and_taken_back(signed_in):
    url = PEOPLE
    signed_in.post_form(f"{url}/invita", {"email": "Nuova@Aurora.example", "ruolo": "marketer"})
    with db.reading() as session:
        invited = session.exec(select(Invitation)).one()
    signed_in.post_form(f"{url}/inviti/{invited.public_id}/annulla")

    ((who, whom, detail),) = told(Action.OPERATOR_INVITED)
    assert (who, whom, detail["ruolo"]) == ("Giulia Ferri", "nuova@aurora.example", "Marketer")
    assert [one[1] for one in told(Action.INVITATION_REVOKED)] == ["nuova@aurora.example"]


def test_files_of_counts_and_a_change_of_space_are_told(app, aurora):
    nord = Client(name="Birrificio Nord")
    save(nord)
    users = UserDatabase(client_id=aurora.id, name="Clienti")
    save(users)
    upload = add_upload(users, audience_name="Nostra", status=UploadStatus.SENDING)
    paolo = add_operator(aurora, Role.SUPPORT, "paolo@agenzia.example", "Paolo")
    save(Membership(operator_id=paolo.id, client_id=nord.id, role=Role.SUPPORT))
    browser = app.test_client()
    browser.sign_in(paolo)

    browser.post_form(f"/caricamenti/{upload.public_id}/apri")
    browser.get(f"/caricamenti/{upload.public_id}/diagnosi.json")
    browser.get("/caricamenti/elenco.csv")

    assert [one[:2] for one in told(Action.CLIENT_ENTERED)] == [("Paolo", "Studio Aurora")]
    files = [one[1:] for one in told(Action.FILE_DOWNLOADED)]
    assert files == [("diagnosi-1.json", {}), ("caricamenti.csv", {"righe": 1})]


def test_a_new_password_asked_for_and_a_link_made_by_command_are_told(database, giulia):
    with mail_server() as mailbox:
        app = make_app(database, smtp_url=f"smtp://localhost:{mailbox.port}", mail_from="p@a.example")
        for email in (giulia.email, "nessuno@aurora.example"):
            app.test_client().post_form("/accesso/password-dimenticata", {"email": email})
    command(database, "operatore", "reimposta-password", "--email", giulia.email)

    assert [one[0] for one in told(Action.RESET_ASKED)] == ["Giulia Ferri", "nessuno"]
    assert told(Action.RESET_LINK_MADE) == [("riga di comando", "Giulia Ferri", {})]


@pytest.mark.parametrize(
    "arguments,says",
    [
        (("proprietario",), "ora amministri tutta l’installazione"),
        (("disattiva",), "il tuo accesso a Platea è stato chiuso"),
        (("riattiva",), "puoi entrare di nuovo in Platea"),
    ],
)
def test_the_person_hears_of_what_a_command_changed(database, aurora, giulia, arguments, says):
    add_operator(aurora, Role.ADMINISTRATOR, "dario@aurora.example", "Dario")
    with mail_server() as mailbox:
        mailer = {"SMTP_URL": f"smtp://localhost:{mailbox.port}", "PLATEA_MAIL_FROM": "p@a.example"}
        command(database, "operatore", *arguments, "--email", giulia.email, **mailer)
        mail.send_due()

    assert mailbox.recipients == [giulia.email]
    assert says in mailbox.messages[0].get_content()


def test_the_command_that_rotates_closes_the_chain_once_and_only_a_whole_one(database):
    new = {"PLATEA_SECRET_KEYS": "una-chiave-tutta-nuova-e-lunga-abbastanza"}
    record_alone(Action.FILTER_CREATED, "prima", client_id=None)
    assert "catena" not in command(database, "chiavi", "ruota")  # one secret: nothing to close

    said = [command(database, "chiavi", "ruota", **new) for _ in range(2)]

    assert ["catena del registro prosegue" in one for one in said] == [True, False]
    assert is_closed() and verify().broken_at is None
    assert [one[2]["voce"] for one in told(Action.CHAIN_CLOSED)] == [2]
    without = {**new, "PLATEA_SECRET_KEY": ""}
    assert "2 voci di prima sono con una chiave che qui non c’è più" in command(
        database, "registro", "verifica", **without
    )


def test_a_chain_that_is_not_whole_is_not_closed(database):
    record_alone(Action.FILTER_CREATED, "prima", client_id=None)
    env = {**environment(database), "PLATEA_SECRET_KEY": "tutta-un-altra-chiave-che-non-ha-firmato"}
    env["PLATEA_SECRET_KEYS"] = "una-chiave-tutta-nuova-e-lunga-abbastanza"

    refused = CliRunner().invoke(platea, ["chiavi", "ruota"], env=env)

    assert refused.exit_code == 1 and "interrotta alla voce 1: non la chiudo" in refused.output
