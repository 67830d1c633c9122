"""How the columns of a file feed a contact, and what an import has to say of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
EMPTY = {"feeding": "{}", "date_orders": "{}", "tally": "{}", "unread_words": "[]", "alerts": "[]"}


def upgrade() -> None:
    for name, empty in EMPTY.items():
        op.add_column("contact_import", sa.Column(name, JSON, nullable=False, server_default=empty))
    # Imports of before emptied what a cell left empty; none of them is read again.
    op.add_column(
        "contact_import", sa.Column("blank_cells", sa.String(), nullable=False, server_default="keep")
    )
    op.add_column("contact_import", sa.Column("all_refused", sa.String(), nullable=True))


def downgrade() -> None:
    for name in ("all_refused", "blank_cells", *reversed(EMPTY)):
        op.drop_column("contact_import", name)
