"""Fixtures that several slices share: real servers and empty databases."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from hypothesis import settings
from servers import NotInstalled, RedisServer, postgres_server, redis_server, s3_server

from lynex_server.engines.columnar.clickhouse import ClickHouse, open_columnar
from lynex_server.engines.columnar.migrations import migrate as migrate_columnar
from lynex_server.engines.relational.database import Database, open_database
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


@pytest.fixture(params=["sqlite", "postgresql"])
def relational_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty relational database: once a SQLite file, once a database of a real PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'relational.db'}"
    server_url: str = request.getfixturevalue("postgres_url")
    name = new_id("test")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server_url.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
def open_relational(relational_url: str) -> Iterator[Callable[[], Database]]:
    """Opens the empty relational database, as often as asked; all are closed at the end."""
    opened: list[Database] = []

    def open_again() -> Database:
        opened.append(open_database(relational_url))
        return opened[-1]

    yield open_again
    for database in opened:
        database.close()


@pytest.fixture
def database(open_relational: Callable[[], Database]) -> Database:
    """An open, empty relational database: the test runs once on SQLite, once on PostgreSQL."""
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
