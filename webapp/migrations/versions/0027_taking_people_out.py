"""Batches that take people out, and who is still to be taken out; an audience is busy for every account."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("already_there", "never_there", "to_remove", "leaving", "members_before")
FLAGS = ("removal_confirmed", "only_due")
NUMBERS = ["upload_id", "status", "n_rows", "num_received", "num_rejected"]
BUSY = sa.text("audience_busy")


def upgrade() -> None:
    for name in COUNTS:
        op.add_column("upload", sa.Column(name, sa.Integer(), nullable=True))
    for name in FLAGS:
        op.add_column("upload", sa.Column(name, sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("batch", sa.Column("operation", sa.String(), nullable=False, server_default="add"))
    op.add_column("batch", sa.Column("phase", sa.Integer(), nullable=False, server_default="2"))
    op.drop_index("ix_batch_numbers", "batch")
    op.create_index("ix_batch_numbers", "batch", ["upload_id", "operation", *NUMBERS[1:]])
    op.create_index("ix_batch_phase", "batch", ["upload_id", "status", "phase"])
    op.drop_index("ux_upload_active_audience", "upload")
    # Two that fill one audience by different accounts go on; the next waits for both.
    op.execute(
        "UPDATE upload SET audience_busy = (1 = 0) WHERE audience_busy AND EXISTS"
        " (SELECT 1 FROM upload AS other WHERE other.audience_busy AND other.destination = upload.destination"
        " AND other.audience_id = upload.audience_id AND other.id < upload.id)"
    )
    _one_active_upload_by(["destination", "audience_id"])
    op.create_table(
        "removal_due",
        sa.Column("id", BIG_ID, nullable=False, autoincrement=True),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("audience_ref", sa.Integer(), nullable=False),
        sa.Column("ident", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.Float(), nullable=True),
        sa.Column("last_code", sa.String(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["audience_ref"], ["sent_audience.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_removal_due_client_id", "removal_due", ["client_id"])
    is_open = sa.text("done_at IS NULL")
    op.create_index(
        "ix_removal_due_open",
        "removal_due",
        ["audience_ref"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def downgrade() -> None:
    op.drop_table("removal_due")
    op.drop_index("ux_upload_active_audience", "upload")
    _one_active_upload_by(["account_id", "audience_id"])
    op.drop_index("ix_batch_phase", "batch")
    op.drop_index("ix_batch_numbers", "batch")
    op.create_index("ix_batch_numbers", "batch", NUMBERS)
    op.drop_column("batch", "phase")
    op.drop_column("batch", "operation")
    for name in (*FLAGS, *COUNTS):
        op.drop_column("upload", name)


def _one_active_upload_by(columns: list[str]) -> None:
    op.create_index(
        "ux_upload_active_audience", "upload", columns, unique=True, sqlite_where=BUSY, postgresql_where=BUSY
    )
