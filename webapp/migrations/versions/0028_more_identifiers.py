"""The data of a contact that an upload sends beside the medium's own; those chosen last, per database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

ADDED = (("upload", "identifiers", "[]"), ("upload", "missing", "{}"), ("user_database", "identifiers", "[]"))


def upgrade() -> None:
    for table, name, empty in ADDED:
        op.add_column(table, sa.Column(name, JSON, nullable=False, server_default=empty))


def downgrade() -> None:
    for table, name, _ in reversed(ADDED):
        op.drop_column(table, name)
