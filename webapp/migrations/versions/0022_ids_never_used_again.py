"""No row id is given twice, and an upload refers to an account of its own client or to none."""

import sqlalchemy as sa
import structlog
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

log = structlog.get_logger(__name__)

FOREIGN_KEY = "fk_upload_account_id_meta_account"
CROSSED = (
    "Questo caricamento è passato per l’account Facebook di un altro cliente, "
    "che aveva preso il numero di un account eliminato."
)
TODO = (
    "Controlla su Facebook la custom audience di quell’account "
    "ed elimina da lì gli utenti di questo database."
)
WHO = "un amministratore"


def upgrade() -> None:
    _let_go_of_accounts_of_others()
    if op.get_bind().dialect.name != "sqlite":  # its sequences never give a number twice
        op.create_foreign_key(
            FOREIGN_KEY, "upload", "meta_account", ["account_id"], ["id"], ondelete="SET NULL"
        )
        return
    for table in _tables_that_reuse_ids():
        # The highest id is given again once its row is gone, unless the table says AUTOINCREMENT.
        kept = {"sqlite_autoincrement": True}
        with op.batch_alter_table(table, recreate="always", table_kwargs=kept) as batch_op:
            if table == "upload":
                batch_op.create_foreign_key(
                    FOREIGN_KEY, "meta_account", ["account_id"], ["id"], ondelete="SET NULL"
                )


def downgrade() -> None:
    with op.batch_alter_table("upload", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint(FOREIGN_KEY, type_="foreignkey")


def _tables_that_reuse_ids() -> list[str]:
    """Those that number their rows by themselves; `contact`, large and with triggers, does so since 0006."""
    found = op.get_bind().exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'contact_words%'"
        " AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE '%AUTOINCREMENT%'"
    )
    return [name for name in found.scalars().all() if _numbers_its_rows(name)]


def _numbers_its_rows(table: str) -> bool:
    columns = op.get_bind().exec_driver_sql(f'PRAGMA table_info("{table}")').all()
    keys = [column for column in columns if column.pk]
    return [(key.name, key.type) for key in keys] == [("id", "INTEGER")]


def _let_go_of_accounts_of_others() -> None:
    """An account's number could be another's later: what points there is told, marked, and let go."""
    connection = op.get_bind()
    crossed = connection.exec_driver_sql(
        "SELECT upload.id, upload.public_id, upload.audience_name, upload.audience_id, client.name AS client,"
        " other.name AS other, meta_account.name AS account, upload.status"
        " FROM upload JOIN meta_account ON meta_account.id = upload.account_id"
        " JOIN client ON client.id = upload.client_id"
        " JOIN client AS other ON other.id = meta_account.client_id"
        " WHERE upload.destination = 'meta' AND meta_account.client_id <> upload.client_id"
        # One that was sent before that account was there was sent to the deleted one, as it should be.
        " AND upload.sent_at > meta_account.created_at ORDER BY upload.id"
    ).all()
    for upload in crossed:
        log.warning(
            "caricamento sull’account Facebook di un altro cliente: controllalo su Facebook",
            caricamento=upload.public_id,
            cliente=upload.client,
            audience=upload.audience_name,
            audience_id=upload.audience_id,
            account=upload.account,
            cliente_dell_account=upload.other,
        )
        mark = sa.text(
            "UPDATE upload SET reason = :what, todo = :todo, reason_who = :who, reason_code = :code,"
            " reason_link = NULL, status = CASE status WHEN 'completed' THEN 'completed_with_warnings'"
            " ELSE status END WHERE id = :id"
        )
        said = {"what": CROSSED, "todo": TODO, "who": WHO, "code": "account_di_altri"}
        connection.execute(mark, {"id": upload.id, **said})
    connection.exec_driver_sql(
        "UPDATE upload SET account_id = NULL WHERE destination = 'meta' AND NOT EXISTS (SELECT 1 FROM"
        " meta_account WHERE meta_account.id = upload.account_id"
        " AND meta_account.client_id = upload.client_id)"
    )
