"""How an upload fills its audience: until now it only ever added people."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload", sa.Column("operation", sa.String(), nullable=False, server_default="add"))


def downgrade() -> None:
    op.drop_column("upload", "operation")
