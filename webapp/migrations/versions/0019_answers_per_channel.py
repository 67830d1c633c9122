"""Answers about consent for each channel, those nobody could read, and what people said a word means."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHANNELS = ("consent_email", "consent_sms", "consent_phone")
UNREAD = "consent_unread IS NOT NULL"
BY_CHANNEL = " OR ".join(f"{channel} IS NOT NULL" for channel in CHANNELS)


def upgrade() -> None:
    for channel in CHANNELS:
        op.add_column("contact", sa.Column(channel, sa.Boolean(), nullable=True))
    op.add_column("contact", sa.Column("consent_unread", sa.String(), nullable=True))
    # Both are empty at first and small for ever in a database whose file has one plain column of consent.
    for name, where in (("ix_contact_unread", UNREAD), ("ix_contact_by_channel", BY_CHANNEL)):
        op.create_index(
            name,
            "contact",
            ["database_id", "id"],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_table(
        "consent_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("database_id", sa.Integer(), nullable=False),
        sa.Column("turned", sa.Boolean(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("answer", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["database_id"], ["user_database.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("database_id", "turned", "word"),
        sqlite_autoincrement=True,
    )
    answers = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("contact_change", sa.Column("channel_answers", answers, nullable=True))
    op.add_column("upload", sa.Column("consent_reason", sa.String(), nullable=True))
    op.add_column("upload", sa.Column("consent_by", sa.String(), nullable=True))
    op.add_column("upload", sa.Column("refused_included", sa.Integer(), nullable=True))
    # Uploads of before keep their choice; the next ones have to say theirs. SQLite could drop the default
    # only by building the table anew, and there too the model gives none.
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("upload", "consent", server_default=None)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("upload", "consent", server_default="anyone")
    for column in ("refused_included", "consent_by", "consent_reason"):
        op.drop_column("upload", column)
    op.drop_column("contact_change", "channel_answers")
    op.drop_table("consent_word")
    op.drop_index("ix_contact_by_channel", "contact")
    op.drop_index("ix_contact_unread", "contact")
    for column in ("consent_unread", *reversed(CHANNELS)):
        op.drop_column("contact", column)
