"""Where an import finds the table in its file: sheet, row of the names, hidden rows; what it left out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

COLUMNS = ("file_notices", "with_hidden", "sheet", "header_row")


def upgrade() -> None:
    # Until now the names stood in the first row that was not blank, which 1 means.
    op.add_column("contact_import", sa.Column("header_row", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("contact_import", sa.Column("sheet", sa.String(), nullable=True))
    op.add_column(
        "contact_import", sa.Column("with_hidden", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("contact_import", sa.Column("file_notices", JSON, nullable=False, server_default="[]"))
    imports = sa.table("contact_import", sa.column("header_row"), sa.column("has_header", sa.Boolean))
    op.execute(imports.update().where(imports.c.has_header.is_(sa.false())).values(header_row=0))


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_column("contact_import", column)
