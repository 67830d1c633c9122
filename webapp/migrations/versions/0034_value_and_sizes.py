"""Sizes as ranges, values for audiences by value, and from which source somebody is still to be taken out."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("value_field", "value_name"):
        op.add_column("upload", sa.Column(name, sa.String(), nullable=True))
    op.add_column("removal_due", sa.Column("feed_id", sa.Integer(), nullable=True))
    op.add_column("meta_audience_size", sa.Column("largest", sa.Integer(), nullable=True))
    op.add_column("meta_audience_size", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("meta_audience_size", "read_at")
    op.drop_column("meta_audience_size", "largest")
    op.drop_column("removal_due", "feed_id")
    for name in ("value_name", "value_field"):
        op.drop_column("upload", name)
