"""Which worker prepares an upload and sends a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("worker", sa.String(), nullable=True))

    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("worker", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_column("worker")

    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_column("worker")
