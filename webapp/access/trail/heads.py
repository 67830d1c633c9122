"""Once a week the owners get the head of the trail by e-mail: noted outside, it shows what was cut off."""

from sqlmodel import col, select

from webapp import db, mail
from webapp.access.models import Operator
from webapp.access.trail.audit_chain import Chain, verify
from webapp.services import services
from webapp.values.texts import moment, number

WEEK_S = 7 * 86_400.0


def post() -> None:
    """To every active owner, where there is a mail server and anything to tell."""
    if not mail.can_send():
        return
    found = verify()
    if not found.last_at and not found.broken_at:
        return
    subject, text = _told(found)
    with db.writing() as session:
        owners = select(Operator).where(col(Operator.is_owner), col(Operator.is_active))
        for one in session.exec(owners).all():
            mail.post(session, one.email, subject, f"Ciao, {one.name},\n\n{text}")


def _told(found: Chain) -> tuple[str, str]:
    where = services().settings.public_url
    if found.broken_at:
        return "Il registro attività di Platea è stato toccato", (
            f"la catena del registro di {where} è interrotta alla voce {number(found.broken_at)}: "
            "da lì in poi non è quello che Platea ha scritto. "
            "Confronta con una copia di sicurezza prima di fidarti delle voci.\n"
        )
    assert found.last_at is not None
    return "L’impronta del registro attività di Platea", (
        f"il registro di {where} è integro fino alla voce {number(found.last)} "
        f"del {moment(found.last_at)}.\n\n"
        f"Conserva questa email: se un giorno serve, questo comando dice se da allora qualcuno ha tolto o "
        f"cambiato voci.\n\nplatea registro verifica --da {found.last}:{found.head}\n"
    )
