"""How long rejected rows keep their content, and that they lost it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: that copies and drops the table, and rows elsewhere refer to it.
    op.add_column("client", sa.Column("retention_days", sa.Integer(), server_default="90", nullable=False))
    op.add_column(
        "contact_import", sa.Column("rejects_forgotten_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("contact_import", "rejects_forgotten_at")
    op.drop_column("client", "retention_days")
