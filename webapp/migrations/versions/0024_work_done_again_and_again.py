"""How each task that is done again and again goes; how wrong the clock of a worker is; mails set aside."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "periodic_run",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("every_s", sa.Float(), nullable=False),
        sa.Column("held_by", sa.String(), nullable=True),
        sa.Column("held_until", sa.Float(), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failed_runs", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("worker_signal", sa.Column("clock_off_s", sa.Float(), nullable=False, server_default="0"))
    op.add_column("outgoing_mail", sa.Column("client_id", sa.Integer(), nullable=True))
    op.add_column("outgoing_mail", sa.Column("set_aside_at", sa.Float(), nullable=True))
    op.add_column("outgoing_mail", sa.Column("trouble", sa.String(), nullable=True))


def downgrade() -> None:
    for name in ("trouble", "set_aside_at", "client_id"):
        op.drop_column("outgoing_mail", name)
    op.drop_column("worker_signal", "clock_off_s")
    op.drop_table("periodic_run")
