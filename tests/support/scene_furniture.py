"""What the pictures show: Facebook accounts in three states, an upload in each, a month of finished ones."""

from datetime import timedelta

from tests.support.running import Simulator
from tests.uploads.screens.building import add_event, add_upload, change_batch, leave_out, save
from webapp import clock, db
from webapp import services as platea
from webapp.access.models import Client
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.health import checking
from webapp.destinations.meta.models import AudienceSize, MetaAccount, MetaHealth
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import RUNNING, BatchStatus, UploadStatus
from webapp.values.texts import ROME

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING
NAMES = {
    "queued": "Nuovi iscritti, novembre",
    "preparing": "Clienti di Torino",
    "sending": "Black Friday, VIP",
    "paused": "Carrello abbandonato, novembre",
    "completed": "Clienti attivi 12 mesi",
    "completed_with_warnings": "Newsletter, tutti",
    "failed": "Compleanni di dicembre",
    "stopped": "Prova interna",
}


def add_accounts(aurora: Client, simulator: Simulator) -> tuple[MetaAccount, MetaAccount]:
    """One in order, one whose authorisation ends soon; a third that has ended."""
    italia = accounts.save_with_token(
        aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token
    )
    checking.check(italia.id)
    spagna = MetaAccount(
        client_id=aurora.id, name="Aurora Spagna", act_id="5647382910564", token=b"x",
        facebook_user_name="Paolo Neri", token_expires_at=clock.now() + timedelta(days=6, hours=2),
    )  # fmt: skip
    outlet = MetaAccount(
        client_id=aurora.id, name="Aurora Outlet", act_id="9182736450918", token=b"x",
        facebook_user_name="Marta Riva", token_expires_at=clock.now() - timedelta(days=2),
    )  # fmt: skip
    for account in (spagna, outlet):
        account.token = platea.services().seal.close(simulator.access_token, account.purpose)
    save(spagna, outlet)
    limit = MetaHealth(
        account_id=spagna.id, usage_percent=82, has_terms=True, has_permission=True, n_audiences=12
    )
    save(limit)
    return italia, spagna


def add_uploads(clienti: UserDatabase, saved: Filter, italia: MetaAccount) -> dict[str, Upload]:
    """One in each state, and a month of finished ones for the charts."""
    now, job = clock.now(), {}
    for days in range(1, 28, 2):
        add_upload(
            clienti, [(SENT, 900 + days * 137 % 2600, days)],
            account=italia, audience_name="Clienti attivi 12 mesi",
            discarded={"email_invalid": 20 + days * 3}, created_at=now - timedelta(days=days),
            sent_at=now - timedelta(days=days), finished_at=now - timedelta(days=days, minutes=-3),
        )  # fmt: skip
        day = (now - timedelta(days=days)).astimezone(ROME).date()
        save(AudienceSize(account_id=italia.id, audience_id="23851", day=day, size=14_000 - days * 180))
    reasons = {
        UploadStatus.PAUSED: ("L’autorizzazione è scaduta.", "Autorizza di nuovo l’account.", "190/463"),
        UploadStatus.FAILED: ("Il filtro usa un campo che non esiste più.", "Apri il filtro.", "filtro"),
    }  # fmt: skip
    for number, status in enumerate(UploadStatus):
        reason, todo, code = reasons.get(status, (None, None, None))
        asked = now - timedelta(minutes=6 + 20 * (len(UploadStatus) - number))
        is_ended = status.value in ("completed", "completed_with_warnings")
        batches = [(SENT, 5000, 3), (SENT if is_ended else PENDING, 4200, 0)]
        job[status.value] = add_upload(
            clienti,
            [] if status in (UploadStatus.QUEUED, UploadStatus.PREPARING) else batches,
            status=status, account=italia, saved=saved if number % 2 else None, is_new_audience=True,
            prepared=status not in (UploadStatus.QUEUED, UploadStatus.PREPARING),
            discarded={"email_invalid.no_at": 31, "email_empty": 12}, duplicates=4, excluded={"opted_out": 9},
            audience_name=NAMES.get(status.value, status.value), audience_id=f"2386{number}",
            reason=reason, todo=todo, reason_code=code, reason_trace="AbCdEf123" if code else None,
            created_at=asked, sent_at=asked + timedelta(minutes=2),
            finished_at=asked + timedelta(minutes=5) if status not in RUNNING else None,
        )  # fmt: skip
        add_event(job[status.value], "started", detail={"by": "Giulia Ferri"})
    asks = ("Conferma: toglierà 1.340 di 2.975.", "Se è quello che vuoi, conferma.", "conferma_rimozione")
    late = ("Facebook non toglie utenti da una custom audience così piccola: 34 utenti restano da togliere.",
            "Non devi fare nulla: Platea riprova.", "da_completare")  # fmt: skip
    for name, status, (reason, todo, code), batches, removals in (
        ("da-confermare", UploadStatus.PAUSED, asks, [(PENDING, 120, 0)], [(PENDING, 1340)]),
        ("da-completare", UploadStatus.COMPLETED_WITH_WARNINGS, late, [(SENT, 120, 2)],
         [(SENT, 80), (BatchStatus.POSTPONED, 34)]),
    ):  # fmt: skip
        job[name] = add_upload(
            clienti, batches, removals=removals, already_there=1635, operation=Operation.ALIGN, status=status,
            account=italia, discarded={"email_empty": 352}, excluded={"opted_out": 806}, duplicates=77,
            audience_name=f"Clienti allineati, {name}", audience_id="23869", reason=reason, todo=todo,
            reason_code=code, finished_at=None if status in RUNNING else now,
        )  # fmt: skip
    add_event(
        job["sending"], "retried", seq=2, attempt=1,
        detail={"code": "80003", "reason": "Facebook chiede di rallentare.", "wait_s": 60, "trace": "Xy9"},
    )  # fmt: skip
    change_batch(job["sending"], 2, status=BatchStatus.SENDING, worker="worker-1", attempt=2)
    with db.reading() as session:
        bad = session.query(Contact).filter(Contact.email_reason.is_not(None)).all()
        session.expunge_all()
    leave_out(job["completed_with_warnings"], "email_invalid.no_at", bad)
    return job
