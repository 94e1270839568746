"""Organisations, people and keys over SQLite and a real PostgreSQL, with the schema already there: each test
gets a copy of a database that was migrated once."""

import shutil
from pathlib import Path

import psycopg
import pytest
from clocks import FixedClock
from identity.people import Tenancy

from lynex_server.engines.relational.database import Database, open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.kernel.ids import new_id


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema."""
    file = tmp_path_factory.mktemp("migrated") / "relational.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """The name of a PostgreSQL database with the schema."""
    name = new_id("template")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    _migrate(f"{postgres_url.rpartition('/')[0]}/{name}")
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def relational_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the schema and nothing in it."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "relational.db")
        return f"sqlite:///{tmp_path / 'relational.db'}"
    template: str = request.getfixturevalue("migrated_template")
    server_url: str = request.getfixturevalue("postgres_url")
    name = new_id("test")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{server_url.rpartition('/')[0]}/{name}"


@pytest.fixture
def tenancy(database: Database) -> Tenancy:
    """An empty installation."""
    migrate(database)
    return Tenancy(database, FixedClock())


def _migrate(url: str) -> None:
    database = open_database(url)
    migrate(database)
    database.close()
