"""Contacts changed by hand, who was sent where, test filters; contact ids are never used again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_change",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("consent", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("contact_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_change_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "sent_audience",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("audience_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_id", "destination", "audience_id"),
        sa.UniqueConstraint("public_id"),
    )
    with op.batch_alter_table("sent_audience", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_audience_client_id"), ["client_id"], unique=False)

    op.create_table(
        "chosen_columns",
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("database_id", sa.Integer(), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.ForeignKeyConstraint(["database_id"], ["user_database.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("operator_id", "database_id"),
    )
    op.create_table(
        "sent_contact",
        sa.Column(
            "contact_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("audience_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["audience_id"], ["sent_audience.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", "audience_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("filter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_test", sa.Boolean(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("filter", schema=None) as batch_op:
        batch_op.drop_column("is_test")

    op.drop_table("sent_contact")
    op.drop_table("chosen_columns")
    with op.batch_alter_table("sent_audience", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sent_audience_client_id"))

    op.drop_table("sent_audience")
    with op.batch_alter_table("contact_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_change_contact_id"))

    op.drop_table("contact_change")
