"""Contacts changed by hand, who was sent where, test filters; contact ids are never used again."""

from array import array

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from webapp.values.identifiers import new_public_id

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
    # A default that is an expression would make SQLite build the table anew, and uploads lose their filter.
    with op.batch_alter_table("filter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_test", sa.Boolean(), nullable=False, server_default="0"))

    _never_use_an_id_again()
    _remember_who_was_sent()


def _never_use_an_id_again() -> None:
    """SQLite gives the highest id again once its row is gone, unless the table says AUTOINCREMENT."""
    if op.get_bind().dialect.name == "sqlite":
        kept = {"sqlite_autoincrement": True}
        with op.batch_alter_table("contact", recreate="always", table_kwargs=kept):
            pass


def _remember_who_was_sent() -> None:
    """The batches that were received tell it of the time before this step."""
    connection = op.get_bind()
    audiences = connection.exec_driver_sql(
        "SELECT client_id, destination, audience_id, max(audience_name) FROM upload"
        " WHERE audience_id <> '' GROUP BY client_id, destination, audience_id"
    ).all()
    for client_id, destination, audience_id, name in audiences:
        values = {"client_id": client_id, "destination": destination, "audience_id": audience_id}
        made = sa.text(
            "INSERT INTO sent_audience (public_id, client_id, destination, audience_id, name)"
            " VALUES (:public_id, :client_id, :destination, :audience_id, :name) RETURNING id"
        )
        new_id = connection.execute(made, {**values, "public_id": new_public_id(), "name": name}).scalar_one()
        batches = sa.text(
            "SELECT batch.id FROM batch JOIN upload ON upload.id = batch.upload_id"
            " WHERE batch.status = 'sent' AND upload.client_id = :client_id"
            " AND upload.destination = :destination AND upload.audience_id = :audience_id"
        )
        for batch_id in connection.execute(batches, values).scalars().all():
            _remember_batch(connection, new_id, batch_id)


def _remember_batch(connection: sa.Connection, audience: int, batch_id: int) -> None:
    read = sa.text("SELECT contact_ids, rejected FROM batch WHERE id = :id").columns(
        sa.Column("contact_ids", sa.LargeBinary()), sa.Column("rejected", JSON)
    )
    packed, rejected = connection.execute(read, {"id": batch_id}).one()
    ids = array("q")
    ids.frombytes(packed)
    refused = {row[0] for row in rejected}
    insert = sa.text(
        "INSERT INTO sent_contact (contact_id, audience_id) VALUES (:contact, :audience)"
        " ON CONFLICT DO NOTHING"
    )
    rows = [{"contact": one, "audience": audience} for one in ids if one not in refused]
    if rows:
        connection.execute(insert, rows)


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
