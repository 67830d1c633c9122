"""Sessions are rows now: the operator's epoch goes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: that copies and drops the table, and rows elsewhere refer to it.
    op.drop_column("operator", "session_epoch")


def downgrade() -> None:
    op.add_column(
        "operator", sa.Column("session_epoch", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
