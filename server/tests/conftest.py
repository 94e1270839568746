"""Fixtures that several slices share: real servers and empty databases."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings
from reused_database import ReusedDatabase
from servers import NotInstalled, RedisServer, create_database, postgres_server, redis_server, s3_server

from lynex_server.engines.columnar.clickhouse import ClickHouse, open_columnar
from lynex_server.engines.columnar.migrations import migrate as migrate_columnar
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.kernel.ids import new_id
from lynex_server.spans.public import spans_migrations

# How long one example takes says more about the machine than about the code. Where CI runs, the examples
# are the same each time, so a change is blamed only for what it changed; elsewhere they are new each time.
settings.register_profile("lynex", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("lynex")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the whole run, as the URL of its database `postgres`."""
    try:
        with postgres_server() as url:
            yield url
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def running_redis() -> Iterator[RedisServer]:
    """A Redis for the whole run; take `redis_url` unless the test kills it."""
    try:
        with redis_server() as server:
            yield server
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture
def redis_url(running_redis: RedisServer) -> str:
    """The URL of an empty Redis database."""
    with redis.Redis.from_url(running_redis.url) as client:
        client.flushdb()
    return running_redis.url


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 server for the whole run, as the URL of its endpoint; credentials and bucket are in `servers`."""
    try:
        with s3_server() as endpoint:
            yield endpoint
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, to be copied: that takes a hundredth of what migrating takes."""
    file = tmp_path_factory.mktemp("migrated") / "relational.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgres_url: str) -> Iterator[ReusedDatabase]:
    """A PostgreSQL database with the schema, for one test at a time."""
    url = create_database(postgres_url, new_id("test"))
    _migrate(url)
    database = ReusedDatabase(url)
    yield database
    database.close()


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a SQLite file with the schema and nothing in it."""
    shutil.copy(migrated_file, tmp_path / "relational.db")
    return f"sqlite:///{tmp_path / 'relational.db'}"


@pytest.fixture
def postgresql_url(migrated_database: ReusedDatabase) -> str:
    """The URL of a database of a real PostgreSQL with the schema and nothing in it."""
    migrated_database.empty()
    return migrated_database.url


@pytest.fixture(params=["sqlite", "postgresql"])
def relational_url(request: pytest.FixtureRequest) -> str:
    """The URL of a relational database with the schema and nothing in it: of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def open_relational(relational_url: str) -> Iterator[Callable[[], Database]]:
    """Opens the relational database, as often as asked; all are closed at the end."""
    opened: list[Database] = []

    def open_again() -> Database:
        opened.append(open_database(relational_url))
        return opened[-1]

    yield open_again
    for database in opened:
        database.close()


@pytest.fixture
def database(open_relational: Callable[[], Database]) -> Database:
    """An open relational database with nothing in it: the test runs once on SQLite, once on PostgreSQL."""
    return open_relational()


@pytest.fixture(scope="session")
def embedded_columnar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    """The embedded columnar engine with the schema of spans.

    A process can open one folder for its whole life, so every test shares this one and keeps apart by
    project id (`new_id("prj")`). Nobody else may open a `chdb://` URL in a test process.
    """
    columnar = open_columnar(f"chdb://{tmp_path_factory.mktemp('columnar')}")
    migrate_columnar(columnar, spans_migrations())
    yield columnar
    columnar.close()


def _migrate(url: str) -> None:
    database = open_database(url)
    migrate(database)
    database.close()
