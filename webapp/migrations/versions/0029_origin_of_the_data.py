"""Whose data they are. Every audience so far was created as one of data that customers gave themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLES = ("upload", "user_database")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table, sa.Column("data_origin", sa.String(), nullable=False, server_default="customers")
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_column(table, "data_origin")
