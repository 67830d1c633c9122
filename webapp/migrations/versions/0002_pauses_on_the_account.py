"""Pauses stand on the ad account alone; an upload keeps who must act and where."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_pause", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_pause_account_id"))

    op.drop_table("account_pause")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason_who", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("reason_link", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_column("reason_link")
        batch_op.drop_column("reason_who")

    op.create_table(
        "account_pause",
        sa.Column("id", sa.INTEGER(), nullable=False),
        sa.Column("destination", sa.VARCHAR(), nullable=False),
        sa.Column("account_id", sa.INTEGER(), nullable=False),
        sa.Column("until", sa.FLOAT(), nullable=False),
        sa.Column("reason", sa.VARCHAR(), nullable=False),
        sa.Column("code", sa.VARCHAR(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("account_pause", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_pause_account_id"), ["account_id"], unique=False)
