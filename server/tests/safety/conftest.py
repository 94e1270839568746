"""An empty database with the tables of this slice: once SQLite, once PostgreSQL."""

import pytest

from lynex_server.engines.relational.database import Database
from lynex_server.engines.relational.migrate import migrate


@pytest.fixture(autouse=True)
def _tables(request: pytest.FixtureRequest) -> None:
    """Only where a test takes the database: pure tests need none."""
    if "database" in request.fixturenames:
        database: Database = request.getfixturevalue("database")
        migrate(database)
