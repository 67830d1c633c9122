"""Whether a client asks everybody for a second factor; who invited, and whose mailbox was proven."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "client", sa.Column("second_factor_for_all", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    # Those who are there were let in by people who know them.
    op.add_column(
        "operator", sa.Column("has_proven_address", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("invitation", sa.Column("inviter_id", sa.Integer(), nullable=True))
    op.add_column(
        "invitation", sa.Column("was_shown", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "password_reset", sa.Column("was_mailed", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("password_reset", "was_mailed")
    op.drop_column("invitation", "was_shown")
    op.drop_column("invitation", "inviter_id")
    op.drop_column("operator", "has_proven_address")
    op.drop_column("client", "second_factor_for_all")
