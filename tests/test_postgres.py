"""The schema and the first transactions on a real PostgreSQL, in the ordinary run too."""

import pytest
from sqlalchemy import text

from tests.test_migrations import go_to
from webapp import db, migrations

SOMEBODY = (
    "INSERT INTO client (public_id, name, created_at) VALUES ('c', 'Aurora', now())",
    """INSERT INTO user_database (public_id, client_id, name, country, created_at, is_sample)
        SELECT 'd', id, 'Clienti', 'IT', now(), false FROM client""",
    """INSERT INTO contact (database_id, last_name, email, city, own_fields, created_at, updated_at)
        SELECT id, 'D’Amico', 'ZOË@posta.example.com', 'Łódź', '{}', now(), now() FROM user_database""",
)


@pytest.fixture
def postgres(create_database):
    """The URL of a migrated database, connected."""
    url = create_database("schema")
    migrations.upgrade(db.connect(url))
    yield url
    db.engine().dispose()


def test_the_migrations_run_on_postgresql(postgres):
    assert migrations.is_current(db.engine())
    with db.reading() as session:
        assert "PostgreSQL" in session.execute(text("SELECT version()")).scalar_one()


def test_contacts_that_were_there_before_the_words_get_theirs(create_database):
    engine = db.connect(create_database("prima"))
    with engine.connect() as connection:
        go_to(connection, "0016")
        for statement in SOMEBODY:
            connection.execute(text(statement))
        connection.commit()

    migrations.upgrade(engine)

    with db.reading() as session:
        assert session.execute(text("SELECT words FROM contact")).scalar_one().split("\n")[1:] == [
            "d'amico",
            "",
            "zoe@posta.example.com",
            "łodz",
        ]
    engine.dispose()
