"""Imports that can be undone, lists as own fields, databases that were deleted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_block",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["contact_import.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("import_block", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_block_import_id"), ["import_id"], unique=False)

    with op.batch_alter_table("contact_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("made_fields", JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("rows_undone", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("undo_kept", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("undo_bytes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("undo_from", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("undo_error", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("undone_by", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("own_field", schema=None) as batch_op:
        batch_op.add_column(sa.Column("choices", JSON, nullable=False, server_default="[]"))

    with op.batch_alter_table("user_database", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("user_database", schema=None) as batch_op:
        batch_op.drop_column("deleted_at")

    with op.batch_alter_table("own_field", schema=None) as batch_op:
        batch_op.drop_column("choices")

    with op.batch_alter_table("contact_import", schema=None) as batch_op:
        batch_op.drop_column("undone_at")
        batch_op.drop_column("undone_by")
        batch_op.drop_column("undo_error")
        batch_op.drop_column("undo_from")
        batch_op.drop_column("undo_bytes")
        batch_op.drop_column("undo_kept")
        batch_op.drop_column("rows_undone")
        batch_op.drop_column("made_fields")

    with op.batch_alter_table("import_block", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_block_import_id"))

    op.drop_table("import_block")
