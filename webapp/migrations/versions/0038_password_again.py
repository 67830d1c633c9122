"""When somebody gave their password again in an open session."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("open_session", sa.Column("proven_at", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("open_session", "proven_at")
