"""On PostgreSQL, what contacts are called as one folded text, of which `name_index` makes an index."""

import unicodedata

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COLUMNS = ("last_name", "first_name", "email", "city")

# Letters of Latin, Greek and Cyrillic that are no ASCII letter with an accent: which of them `lower` knows
# depends on the locale of the server, C knows none.
CAPITALS = "".join(
    one
    for one in map(chr, range(0x80, 0x530))
    if unicodedata.normalize("NFKD", one) == one and one.casefold() not in (one, "ss")
)
SMALL = "".join(one.casefold() for one in CAPITALS)

# As `cells.fold` was at this step. What is slow comes last, and few texts come there.
# OR REPLACE: it outlives the tables when a copy of an earlier schema is put in their place.
# COST: few contacts of a count come to it, but for the usual 100 PostgreSQL would compile every count (JIT)
# before it begins, a tenth of its time.
FOLD = f"""CREATE OR REPLACE FUNCTION platea_fold(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
BEGIN
    IF octet_length(value) = length(value) THEN
        RETURN lower(value);
    END IF;
    value := regexp_replace(normalize(replace(value, '’', ''''), NFKD), '[\u0300-\u036f]', '', 'g');
    IF octet_length(value) = length(value) THEN
        RETURN lower(value);
    END IF;
    RETURN lower(translate(replace(value, 'ß', 'ss'), '{CAPITALS}', '{SMALL}'));
END $$"""

WORDS = " || E'\\n' || ".join(
    ["'<' || CAST(database_id AS text) || '>'", *(f"coalesce({name}, '')" for name in COLUMNS)]
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.get_bind().exec_driver_sql(FOLD)
    # Contacts are written anew: some 15 s for a million.
    op.get_bind().exec_driver_sql(
        f"ALTER TABLE contact ADD COLUMN words text GENERATED ALWAYS AS (platea_fold({WORDS})) STORED"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_column("contact", "words")
        op.execute("DROP FUNCTION platea_fold(text)")
