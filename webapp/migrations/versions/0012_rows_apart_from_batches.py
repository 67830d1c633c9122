"""The rows of a batch in a table of their own, with the duplicates left out for them."""

import sqlalchemy as sa
from alembic import op

from webapp.migrations import pieces

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch_rows",
        sa.Column(
            "batch_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("contact_ids", sa.LargeBinary(), nullable=False),
        sa.Column("duplicates", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id"),
    )
    # Batches prepared until now do not say whose duplicates were left out for them: only the contacts
    # themselves will be known as sent.
    none = "''::bytea" if op.get_bind().dialect.name == "postgresql" else "x''"
    fill = sa.text(
        "INSERT INTO batch_rows (batch_id, digests, contact_ids, duplicates)"
        f" SELECT id, CASE status WHEN 'sent' THEN {none} ELSE digests END, contact_ids, {none} FROM batch"
        " WHERE id > :after AND id <= :up_to"
    )
    for after, up_to in pieces.ranges("batch", "blocchi", 1_000):
        op.get_bind().execute(fill, {"after": after, "up_to": up_to})
    op.drop_column("batch", "contact_ids")
    op.drop_column("batch", "digests")


def downgrade() -> None:
    for column in ("digests", "contact_ids"):
        op.add_column("batch", sa.Column(column, sa.LargeBinary(), nullable=False, server_default=""))
        op.execute(f"UPDATE batch SET {column} = (SELECT {column} FROM batch_rows WHERE batch_id = batch.id)")
    op.drop_table("batch_rows")
