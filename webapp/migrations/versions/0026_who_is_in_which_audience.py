"""The ledger: who is in which audience, put there from where."""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    reference = sa.Column("account_reference", sa.String(), nullable=False, server_default="")
    op.add_column("sent_audience", reference)
    op.add_column("upload", sa.Column("feed_id", sa.Integer(), nullable=True))
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("audience_ref", sa.Integer(), nullable=False),
        sa.Column("database_id", sa.Integer(), nullable=False),
        sa.Column("filter_public_id", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["audience_ref"], ["sent_audience.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["database_id"], ["user_database.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("audience_ref", "database_id", "filter_public_id", "medium"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feed_client_id", "feed", ["client_id"])
    op.create_index("ix_feed_database", "feed", ["database_id", "audience_ref"])
    op.create_table(
        "audience_member",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("batch_id", BIG_ID, nullable=False),
        sa.Column("ident", sa.LargeBinary(), nullable=False),
        sa.Column("print", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", "contact_id"),
        sqlite_with_rowid=False,
    )
    _take_over()
    op.drop_table("sent_contact")


def _take_over() -> None:
    """Whoever was received becomes a member of one feed for each audience and database.

    The idents are filled in from the contacts by the first upload that needs them: they are sealed, which SQL
    cannot. The feed is that of the filter if every upload came from one and the same, and has the medium of
    the last.
    """
    connection = op.get_bind()
    connection.exec_driver_sql(
        "UPDATE sent_audience SET account_reference = COALESCE((SELECT max(meta_account.act_id) FROM upload"
        " JOIN meta_account ON meta_account.id = upload.account_id"
        " WHERE upload.client_id = sent_audience.client_id AND upload.destination = sent_audience.destination"
        " AND upload.audience_id = sent_audience.audience_id), '')"
    )
    uploads = connection.exec_driver_sql(
        "SELECT sent_audience.id, sent_audience.client_id, upload.database_id,"
        " CASE WHEN upload.filter_name IS NULL THEN '' ELSE filter.public_id END, upload.medium"
        " FROM sent_audience JOIN upload ON upload.client_id = sent_audience.client_id"
        " AND upload.destination = sent_audience.destination"
        " AND upload.audience_id = sent_audience.audience_id"
        " LEFT JOIN filter ON filter.id = upload.filter_id"
        " WHERE upload.sent_at IS NOT NULL ORDER BY sent_audience.id, upload.database_id, upload.id"
    ).all()
    make = sa.text(
        "INSERT INTO feed (client_id, audience_ref, database_id, filter_public_id, medium)"
        " VALUES (:client, :audience, :database, :filter, :medium) RETURNING id"
    )
    fill = sa.text(
        "INSERT INTO audience_member (feed_id, contact_id, batch_id, ident, print)"
        " SELECT :feed, sent_contact.contact_id, 0, :nothing, 1 FROM sent_contact"
        " JOIN contact ON contact.id = sent_contact.contact_id"
        " WHERE sent_contact.audience_id = :audience AND contact.database_id = :database"
        " ORDER BY sent_contact.contact_id"
    )
    for (audience, client, database), found in groupby(uploads, key=lambda row: tuple(row[:3])):
        of_one = list(found)
        filters = {row[3] for row in of_one}
        only = filters.pop() if len(filters) == 1 else ""
        values = {"client": client, "audience": audience, "database": database}
        medium = of_one[-1][4]
        feed = connection.execute(make, {**values, "filter": only or "", "medium": medium}).scalar_one()
        connection.execute(fill, {"feed": feed, "audience": audience, "database": database, "nothing": b""})


def downgrade() -> None:
    op.create_table(
        "sent_contact",
        sa.Column("contact_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("audience_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["audience_id"], ["sent_audience.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", "audience_id"),
        sqlite_with_rowid=False,
    )
    op.get_bind().exec_driver_sql(
        "INSERT INTO sent_contact (contact_id, audience_id) SELECT DISTINCT audience_member.contact_id,"
        " feed.audience_ref FROM audience_member JOIN feed ON feed.id = audience_member.feed_id"
        " WHERE audience_member.print <> 0"
    )
    op.drop_table("audience_member")
    op.drop_table("feed")
    op.drop_column("upload", "feed_id")
    op.drop_column("sent_audience", "account_reference")
