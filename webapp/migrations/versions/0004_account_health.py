"""Tables for the last look at each ad account, and for the sizes of its audiences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meta_audience_size",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("audience_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["meta_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "audience_id", "day"),
    )
    with op.batch_alter_table("meta_audience_size", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meta_audience_size_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meta_audience_size_day"), ["day"], unique=False)

    op.create_table(
        "meta_health",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("has_permission", sa.Boolean(), nullable=True),
        sa.Column("has_terms", sa.Boolean(), nullable=True),
        sa.Column("usage_percent", sa.Float(), nullable=True),
        sa.Column("n_audiences", sa.Integer(), nullable=True),
        sa.Column("flagged", JSON, nullable=False),
        sa.Column("expiring", JSON, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["meta_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id"),
    )


def downgrade() -> None:
    op.drop_table("meta_health")
    with op.batch_alter_table("meta_audience_size", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meta_audience_size_day"))
        batch_op.drop_index(batch_op.f("ix_meta_audience_size_account_id"))

    op.drop_table("meta_audience_size")
