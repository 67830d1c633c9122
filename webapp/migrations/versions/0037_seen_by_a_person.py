"""Who has seen an upload that ended badly; from which share of invalid data on one asks to be looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("upload", sa.Column("seen_by", sa.String(), nullable=True))
    op.add_column("client", sa.Column("invalid_limit", sa.Integer(), nullable=False, server_default="30"))


def downgrade() -> None:
    op.drop_column("client", "invalid_limit")
    op.drop_column("upload", "seen_by")
    op.drop_column("upload", "seen_at")
