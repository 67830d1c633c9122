"""Each upload has a number that people can say: 1, 2, 3 … of its client."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

INDEX = "ux_upload_client_number"
NEXT = "SELECT coalesce(max(number), 0) + 1 FROM upload WHERE client_id = NEW.client_id"
# The database gives the number, so that an older version that still writes gives one, too.
SQLITE = f"""CREATE TRIGGER upload_number AFTER INSERT ON upload WHEN NEW.number IS NULL BEGIN
    UPDATE upload SET number = ({NEXT}) WHERE id = NEW.id;
END"""
POSTGRESQL = (
    # One upload of a client at a time: its row is held until the transaction ends. A reference to it is not
    # kept waiting by that.
    f"""CREATE FUNCTION upload_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM client WHERE id = NEW.client_id FOR NO KEY UPDATE;
    NEW.number := ({NEXT});
    RETURN NEW;
END $$""",
    """CREATE TRIGGER upload_number BEFORE INSERT ON upload
FOR EACH ROW WHEN (NEW.number IS NULL) EXECUTE FUNCTION upload_number()""",
)


def upgrade() -> None:
    op.add_column("upload", sa.Column("number", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE upload SET number = counted.place FROM (SELECT id, row_number() OVER"
        " (PARTITION BY client_id ORDER BY id) AS place FROM upload) AS counted WHERE counted.id = upload.id"
    )
    op.create_index(INDEX, "upload", ["client_id", "number"], unique=True)
    for statement in [SQLITE] if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER upload_number")
    else:
        op.execute("DROP TRIGGER upload_number ON upload")
        op.execute("DROP FUNCTION upload_number()")
    op.drop_index(INDEX, "upload")
    op.drop_column("upload", "number")
