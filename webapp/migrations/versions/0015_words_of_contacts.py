"""On SQLite, an index of what contacts are called (`contacts/filters/word_index.py`), kept by triggers."""

import unicodedata

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from webapp.config import WrongSetting
from webapp.migrations import pieces

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BLOCK = 50_000  # ids
TOO_OLD = "DATABASE_URL: serve SQLite 3.34 o più recente, con FTS5. Aggiornalo, oppure usa PostgreSQL."
COLUMNS = ("last_name", "first_name", "email", "city")

# The trigrams and no text; what is taken out is said again, so that nothing of an erased person remains.
TABLE = """CREATE VIRTUAL TABLE contact_words USING fts5(
    words, content='', detail=none, columnsize=0, tokenize='trigram case_sensitive 1')"""


def words(row: str) -> str:
    """SQL for what the index holds of a contact: three characters for its database, then its folded texts."""
    mark = ", ".join(f"57344 + (({row}.database_id >> {shift}) & 2047)" for shift in (22, 11, 0))
    return " || ' ' || ".join([f"char({mark})", *(folded(f"{row}.{column}") for column in COLUMNS)])


def folded(value: str) -> str:
    is_ascii = f"length({value}) = length(CAST({value} AS BLOB))"
    return f"ifnull(CASE WHEN {is_ascii} THEN lower({value}) ELSE platea_fold({value}) END, '')"


TRIGGERS = (
    f"""CREATE TRIGGER contact_words_new AFTER INSERT ON contact BEGIN
        INSERT INTO contact_words (rowid, words) VALUES (new.id, {words("new")}); END""",
    f"""CREATE TRIGGER contact_words_gone AFTER DELETE ON contact BEGIN
        INSERT INTO contact_words (contact_words, rowid, words)
        VALUES ('delete', old.id, {words("old")}); END""",
    f"""CREATE TRIGGER contact_words_changed AFTER UPDATE OF {", ".join(COLUMNS)} ON contact
        WHEN {" OR ".join(f"old.{column} IS NOT new.{column}" for column in COLUMNS)} BEGIN
        INSERT INTO contact_words (contact_words, rowid, words)
        VALUES ('delete', old.id, {words("old")});
        INSERT INTO contact_words (rowid, words) VALUES (new.id, {words("new")}); END""",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.create_function("platea_fold", 1, fold, deterministic=True)
    try:
        op.execute(TABLE)
    except OperationalError:
        raise WrongSetting(TOO_OLD) from None
    fill = text(
        f"INSERT INTO contact_words (rowid, words) SELECT id, {words('contact')} FROM contact"
        " WHERE id > :after AND id <= :up_to ORDER BY id"
    )
    for after, up_to in pieces.ranges("contact", "contatti", BLOCK):
        connection.execute(fill, {"after": after, "up_to": up_to})
    for trigger in TRIGGERS:
        op.execute(text(trigger))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("new", "gone", "changed"):
            op.execute(f"DROP TRIGGER contact_words_{name}")
        op.drop_table("contact_words")


def fold(value: str | None) -> str | None:
    """As `cells.fold` was at this step."""
    if value is None or value.isascii():
        return value and value.lower()
    plain = unicodedata.normalize("NFKD", value.replace("’", "'").casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
