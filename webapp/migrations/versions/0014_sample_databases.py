"""Which user databases hold invented contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: that copies and drops the table, and rows elsewhere refer to it.
    op.add_column(
        "user_database", sa.Column("is_sample", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("user_database", "is_sample")
