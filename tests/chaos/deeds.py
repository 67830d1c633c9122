"""What people do beside sending, until it is done: they erase, write down a no, import, delete."""

import io
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from lxml import html
from sqlalchemy import select
from sqlmodel import col

from tests.chaos.withdrawing import Withdrawn, erase, insist, now_on_the_way
from tests.support.running import wait_until
from tests.support.web_client import Browser
from webapp import db
from webapp.contacts import database_removal
from webapp.contacts.contact_ids import public_id
from webapp.contacts.imports import import_draft, importing
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.uploads.models import Upload

IN_A_FILE = 20  # people who say no in one file
ENDS_WITHIN_S = 240.0
GOOD = (ImportStatus.COMPLETED, ImportStatus.COMPLETED_WITH_WARNINGS)


class Deeds:
    """*withdrawn*: whom nobody may send any more, and since when. *failed*: what could not be done at all."""

    def __init__(
        self,
        chance: random.Random,
        browser: Browser,
        people: dict[str, list[str]],
        uploads: Sequence[Upload],
    ) -> None:
        self._browser, self._uploads = browser, uploads
        self._one_at_a_time = threading.Lock()  # a browser is one person's
        self._left = {name: chance.sample(theirs, len(theirs)) for name, theirs in people.items()}
        self.withdrawn: list[Withdrawn] = []
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []

    def of_people(self, each: int) -> list[Callable[[], None]]:
        """*each* erasures and as many answers by hand, from every database in turn; and a file of answers."""
        names = [name for name in self._left for _ in range(each)][: 2 * each]
        erasures = [self._deed("cancellazioni", self._erase, self._left[name].pop()) for name in names[::2]]
        answers = [self._deed("no a mano", self._say_no, self._left[name].pop()) for name in names[1::2]]
        in_file = [self._left["d"].pop() for _ in range(IN_A_FILE)]
        return [
            *erasures,
            *answers,
            self._deed("file di no", self._refuse_by_file, self._uploads[3], in_file),
        ]

    def of_databases(self, spare: UserDatabase, filled: UserDatabase, rows: int) -> list[Callable[[], None]]:
        return [
            self._deed("database eliminato", self._delete, spare),
            self._deed("database in uso non eliminato", self._try_to_delete, self._uploads[1]),
            self._deed("importazione", self._import, filled, rows),
        ]

    def _deed(self, name: str, what: Callable[..., None], *arguments: object) -> Callable[[], None]:
        def do() -> None:
            try:
                what(*arguments)
                self.done[name] += 1
            except Exception as error:  # in a thread, where nobody would hear of it
                self.failed.append(f"{name}: {type(error).__name__} {error}")

        return do

    def _erase(self, email: str) -> None:
        self.withdrawn.append(erase(email))

    def _say_no(self, email: str) -> None:
        contact, database = insist(lambda: _found(email))
        page = f"/database/{database.public_id}/contatti/{public_id(contact.id)}/modifica"

        def save() -> None:
            with self._one_at_a_time:
                answer = self._browser.get(page)
                if answer.status_code == 200:
                    form = html.fromstring(answer.text).xpath("//form[@id='contatto']")[0]
                    typed = {name: value or "" for name, value in form.form_values()}
                    answer = self._browser.post_form(page, typed | {"campo-consent": "no"})
            if answer.status_code != 303:
                assert answer.status_code in (503, 507), answer.text[:500]
                raise OSError(answer.status_code)

        insist(save)
        at = time.time()
        self.withdrawn.append(Withdrawn(email, at, bool(now_on_the_way([contact.id])), "no a mano"))

    def _refuse_by_file(self, upload: Upload, who: list[str]) -> None:
        lines = "".join(f"{email};no\n" for email in who)
        self._import_into(upload.database_id, f"Email;Consenso\n{lines}")
        at = time.time()
        ids = {email: insist(lambda email=email: _found(email))[0].id for email in who}
        under_way = now_on_the_way(list(ids.values()))
        self.withdrawn += [Withdrawn(email, at, ids[email] in under_way, "no in un file") for email in who]

    def _import(self, database: UserDatabase, rows: int) -> None:
        lines = "".join(f"nuova{number}@posta.example;Anna\n" for number in range(rows))
        self._import_into(database.id, f"Email;Nome\n{lines}")

    def _import_into(self, database_id: int, text: str) -> None:
        def prepare() -> int:
            with db.reading() as session:
                database = session.get_one(UserDatabase, database_id)
            file = io.BytesIO(text.encode())
            with db.writing() as session:
                draft = import_draft.create(session, database, "elenco.csv", file, "Giulia Ferri")
                draft.key = "email"
                session.add(draft)
            return db.saved_id(draft)

        import_id = insist(prepare)
        insist(lambda: importing.start(import_id))

        def status() -> ImportStatus:
            with db.reading() as session:
                return session.get_one(ContactImport, import_id).status

        wait_until(lambda: insist(status) in importing.FINAL, ENDS_WITHIN_S)
        assert insist(status) in GOOD

    def _delete(self, database: UserDatabase) -> None:
        def remove() -> None:
            with db.writing() as session:
                row = session.get_one(UserDatabase, database.id)
                if row.deleted_at is None:
                    assert database_removal.remove(session, row) is None

        insist(remove)

    def _try_to_delete(self, upload: Upload) -> None:
        """An upload that goes on needs its database; one that has ended lets it go, which is undone here."""

        def ask() -> str | None:
            with db.reading() as session:
                return database_removal.refusal(session, session.get_one(UserDatabase, upload.database_id))

        said = insist(ask)
        assert said and "caricamento" in said, said


def _found(email: str) -> tuple[Contact, UserDatabase]:
    with db.reading() as session:
        contact = session.execute(select(Contact).where(col(Contact.email) == email)).scalar_one()
        return contact, session.get_one(UserDatabase, contact.database_id)
