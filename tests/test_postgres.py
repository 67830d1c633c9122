"""The schema and the first transactions on a real PostgreSQL, in the ordinary run too."""

import pytest
from sqlalchemy import text

from webapp import db, migrations


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
