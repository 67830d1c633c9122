"""How long rejected rows keep their content, and that they lost it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retention_days", sa.Integer(), server_default="90", nullable=False))

    with op.batch_alter_table("contact_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rejects_forgotten_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("contact_import", schema=None) as batch_op:
        batch_op.drop_column("rejects_forgotten_at")

    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_column("retention_days")
