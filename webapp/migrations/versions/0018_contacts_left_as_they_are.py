"""How many contacts of a file were already what it says of them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now each was written anew and none was counted.
    op.add_column(
        "contact_import", sa.Column("rows_unchanged", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("contact_import", "rows_unchanged")
