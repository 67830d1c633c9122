"""The consent policy of an upload; consent in the index of digests, where it is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SORTED = {"ix_contact_email": "email_sha256", "ix_contact_mobile": "mobile_sha256"}


def upgrade() -> None:
    # Until now everybody was sent.
    op.add_column("upload", sa.Column("consent", sa.String(), nullable=False, server_default="anyone"))
    for index, digest in SORTED.items():
        op.drop_index(index, "contact")
        op.create_index(index, "contact", ["database_id", digest, "id", "consent"])


def downgrade() -> None:
    for index, digest in SORTED.items():
        op.drop_index(index, "contact")
        op.create_index(index, "contact", ["database_id", digest, "id"])
    op.drop_column("upload", "consent")
