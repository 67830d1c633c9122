"""Finding a person in the ledger by digest: an index of the members that their contact does not lead to."""

import sqlalchemy as sa
from alembic import op

from webapp.migrations.pieces import ranges

revision = "0044"
down_revision = "0042"
branch_labels = None
depends_on = None

MEMBERS = (
    "UPDATE audience_member SET is_apart = true WHERE contact_id = OLD.id AND NOT is_apart"
    " AND feed_id IN (SELECT id FROM feed WHERE database_id = OLD.database_id)"
)
ON_SQLITE = (
    f"CREATE TRIGGER contact_apart_gone AFTER DELETE ON contact BEGIN {MEMBERS}; END",
    f"""CREATE TRIGGER contact_apart_changed AFTER UPDATE OF email_sha256, mobile_sha256 ON contact
        WHEN OLD.email_sha256 IS NOT NEW.email_sha256 OR OLD.mobile_sha256 IS NOT NEW.mobile_sha256
        BEGIN {MEMBERS}; END""",
)
ON_POSTGRESQL = (
    f"CREATE FUNCTION contact_apart() RETURNS trigger AS $$ BEGIN {MEMBERS}; RETURN NULL; END $$"
    " LANGUAGE plpgsql",
    "CREATE TRIGGER contact_apart_gone AFTER DELETE ON contact FOR EACH ROW EXECUTE FUNCTION contact_apart()",
    """CREATE TRIGGER contact_apart_changed AFTER UPDATE OF email_sha256, mobile_sha256 ON contact
        FOR EACH ROW WHEN (OLD.email_sha256 IS DISTINCT FROM NEW.email_sha256
        OR OLD.mobile_sha256 IS DISTINCT FROM NEW.mobile_sha256) EXECUTE FUNCTION contact_apart()""",
)
# Of contacts that were ever changed nobody knows by now whether it was their address.
SENT_BEFORE = (
    "UPDATE audience_member SET is_apart = true WHERE feed_id > :after AND feed_id <= :up_to"
    " AND NOT EXISTS (SELECT 1 FROM contact"
    " WHERE contact.id = audience_member.contact_id AND contact.updated_at = contact.created_at)"
)
CELLS = ("substr(ident, 1, 32)", "substr(ident, 33, 32)")


def upgrade() -> None:
    apart: sa.Column[bool] = sa.Column("is_apart", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("audience_member", apart)
    for after, up_to in ranges("feed", "fonti delle custom audience", 1):
        op.execute(sa.text(SENT_BEFORE).bindparams(after=after, up_to=up_to))
    for place, cell in enumerate(CELLS, 1):
        op.execute(
            f"CREATE INDEX ix_audience_member_apart_{place} ON audience_member (({cell})) WHERE is_apart"
        )
        op.execute(
            f"CREATE INDEX ix_removal_due_cell_{place} ON removal_due (({cell})) WHERE done_at IS NULL"
        )
    op.create_index("ix_removal_due_contact", "removal_due", ["client_id", "contact_id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if is_sqlite else ON_POSTGRESQL:
        op.execute(sa.text(statement))


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in ("gone", "changed"):
        op.execute(f"DROP TRIGGER contact_apart_{name}" + ("" if is_sqlite else " ON contact"))
    if not is_sqlite:
        op.execute("DROP FUNCTION contact_apart()")
    op.drop_index("ix_removal_due_contact", "removal_due")
    for place in (1, 2):
        op.execute(f"DROP INDEX ix_removal_due_cell_{place}")
        op.execute(f"DROP INDEX ix_audience_member_apart_{place}")
    op.drop_column("audience_member", "is_apart")
