"""Which programs can work with the schema: written into the database, so that an older one finds out."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reach = op.create_table(
        "schema_reach",
        sa.Column("usable_from", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("usable_from"),
    )
    op.bulk_insert(reach, [{"usable_from": revision}])


def downgrade() -> None:
    op.drop_table("schema_reach")
