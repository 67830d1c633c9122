"""When somebody consented, and to what or where: what is kept of it with the contact."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact", sa.Column("consent_date", sa.Date(), nullable=True))
    op.add_column("contact", sa.Column("consent_source", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("contact", "consent_source")
    op.drop_column("contact", "consent_date")
