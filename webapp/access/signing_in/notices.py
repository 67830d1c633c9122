"""E-mails to a person about their own login: what happened, and what to do if it was not them.

Without a mail server nothing is sent (`mail.post`). They hold no link that opens anything.
"""

from sqlmodel import Session

from webapp import clock, mail
from webapp.access.models import Operator
from webapp.services import services
from webapp.values.texts import moment

NOT_YOU = (
    "Se non sei stato tu, scegli subito una nuova password da {url}/accesso/password-dimenticata "
    "e avvisa chi amministra."
)


def signed_in(session: Session, operator: Operator, browser: str, network: str) -> None:
    """With a browser they had not used before. *network* is shortened, as the list of sessions shows it."""
    where = f", dalla rete {network}" if network else ""
    _tell(session, operator, "Nuovo accesso a Platea", f"sei entrato in Platea con {browser}{where}.")


def password_changed(session: Session, operator: Operator) -> None:
    text = "la tua password di Platea è cambiata e le sessioni aperte sono state chiuse."
    _tell(session, operator, "La tua password di Platea è cambiata", text)


def second_factor_on(session: Session, operator: Operator) -> None:
    text = "hai attivato il secondo fattore per entrare in Platea."
    _tell(session, operator, "Secondo fattore attivo", text)


def second_factor_off(session: Session, operator: Operator) -> None:
    text = "il secondo fattore per entrare in Platea è stato spento: basta la password."
    _tell(session, operator, "Secondo fattore spento", text)


def recovery_codes_made(session: Session, operator: Operator) -> None:
    text = "hai fatto nuovi codici di recupero: quelli di prima non valgono più."
    _tell(session, operator, "Nuovi codici di recupero", text)


def recovery_code_used(session: Session, operator: Operator, left: int) -> None:
    text = f"qualcuno è entrato in Platea con un tuo codice di recupero. Ne restano {left}."
    _tell(session, operator, "Codice di recupero usato", text)


def role_changed(session: Session, operator: Operator, client: str, change: str) -> None:
    """*change* ends the sentence "in “client” …"."""
    _tell(session, operator, "Il tuo ruolo in Platea è cambiato", f"in “{client}” {change}.")


def ownership_changed(session: Session, operator: Operator) -> None:
    text = (
        "ora amministri tutta l’installazione."
        if operator.is_owner
        else "non amministri più l’installazione."
    )
    _tell(session, operator, "Il tuo ruolo in Platea è cambiato", text)


def login_switched(session: Session, operator: Operator) -> None:
    """Off or on again, in every client."""
    text = (
        "puoi entrare di nuovo in Platea."
        if operator.is_active
        else "il tuo accesso a Platea è stato chiuso."
    )
    _tell(session, operator, "Il tuo accesso a Platea è cambiato", text)


def sessions_closed(session: Session, operator: Operator, by: str) -> None:
    text = f"{by} ha chiuso le tue sessioni: per lavorare entra di nuovo."
    _tell(session, operator, "Le tue sessioni di Platea sono chiuse", text)


def _tell(session: Session, operator: Operator, subject: str, what: str) -> None:
    not_you = NOT_YOU.format(url=services().settings.public_url)
    text = f"Ciao, {operator.name},\n\n{moment(clock.now())}: {what}\n\n{not_you}\n"
    mail.post(session, operator.email, subject, text)
