"""How an ad account's calls are going: failures in a row, why it rests, what its app and version are like."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("meta_account", sa.Column("pause", JSON, nullable=True))
    op.add_column("meta_account", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("meta_account", sa.Column("failing_since", sa.Float(), nullable=False, server_default="0"))
    op.add_column("meta_health", sa.Column("app_trouble", sa.String(), nullable=True))
    op.add_column("meta_health", sa.Column("graph_version", sa.String(), nullable=True))
    op.create_table(
        "meta_audience_list",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_s", sa.Float(), nullable=False),
        sa.Column("nodes", JSON, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["meta_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id"),
    )


def downgrade() -> None:
    op.drop_table("meta_audience_list")
    op.drop_column("meta_health", "graph_version")
    op.drop_column("meta_health", "app_trouble")
    for column in ("failing_since", "failures", "pause"):
        op.drop_column("meta_account", column)
