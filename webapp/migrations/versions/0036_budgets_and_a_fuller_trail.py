"""What was used of each budget; where entries of the trail came from, for a time; how its pushing goes."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

CLOSING = sa.text("action = 'chain_closed'")


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "audit_address",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_audit_address_at", "audit_address", ["at"])
    op.create_table(
        "trail_push",
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("sent_seq", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("receiver"),
    )
    op.create_index(
        "ix_audit_entry_closing",
        "audit_entry",
        ["seq"],
        sqlite_where=CLOSING,
        postgresql_where=CLOSING,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entry_closing", "audit_entry")
    for table in ("trail_push", "audit_address", "budget"):
        op.drop_table(table)
