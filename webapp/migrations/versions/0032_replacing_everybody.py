"""Replacements of everybody in an audience; ledgers that are not whole; answers to look at."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "replacement",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("began_at", sa.Float(), nullable=False),
        sa.Column("ending_session_id", sa.BigInteger(), nullable=True),
        sa.Column("begun_anew", sa.Integer(), nullable=False),
        sa.Column("received", BIG_ID, nullable=False),
        sa.Column("invalid", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("upload_id"),
    )
    op.add_column("sent_audience", sa.Column("unknown_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("feed", sa.Column("answers_changed_at", sa.Float(), nullable=True))
    op.add_column("feed", sa.Column("sent_before", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE feed SET sent_before = (SELECT COUNT(*) FROM audience_member"
        " WHERE audience_member.feed_id = feed.id AND audience_member.batch_id = 0)"
    )


def downgrade() -> None:
    op.drop_column("feed", "sent_before")
    op.drop_column("feed", "answers_changed_at")
    op.drop_column("sent_audience", "unknown_since")
    op.drop_table("replacement")
