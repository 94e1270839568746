"""Where the columnar contract is held: the embedded engine, a server over HTTP, a real one where named."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_server import HttpServer

from lynex_server.engines.columnar.clickhouse import ClickHouse, open_columnar
from lynex_server.kernel.ids import new_id


@pytest.fixture(scope="session")
def http_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    """One server for all tests that do not kill it."""
    server = HttpServer(tmp_path_factory.mktemp("clickhouse"))
    yield server
    server.kill()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[HttpServer]:
    """A server that the test may kill."""
    server = HttpServer(tmp_path / "clickhouse")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def over_http(http_server: HttpServer) -> Iterator[ClickHouse]:
    columnar = open_columnar(http_server.url)
    yield columnar
    columnar.close()


@pytest.fixture(scope="session")
def real_server() -> Iterator[ClickHouse]:
    """The server that `LYNEX_TEST_CLICKHOUSE_URL` names; its database should be one for tests."""
    url = os.environ.get("LYNEX_TEST_CLICKHOUSE_URL")
    if not url:
        pytest.skip("LYNEX_TEST_CLICKHOUSE_URL names no real ClickHouse server")
    columnar = open_columnar(url)
    yield columnar
    columnar.close()


@pytest.fixture(params=["embedded_columnar", "over_http", "real_server"], ids=["chdb", "http", "real"])
def columnar(request: pytest.FixtureRequest) -> ClickHouse:
    """The adapter in front of each engine in turn. They are shared: a test keeps to tables of its own."""
    engine: ClickHouse = request.getfixturevalue(request.param)
    return engine


@pytest.fixture
def table(columnar: ClickHouse) -> Iterator[str]:
    """The name of a table that is dropped afterwards; the test creates it."""
    name = new_id("test")
    yield name
    columnar.command(f"DROP TABLE IF EXISTS {name}")
