"""A columnar server that goes away and comes back."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from clickhouse_over_chdb import PASSWORD, USER
from clickhouse_server import HttpServer
from servers import free_port

from lynex_server.engines.columnar import clickhouse
from lynex_server.engines.columnar.clickhouse import open_columnar
from lynex_server.kernel.errors import Busy


def row(number: int) -> bytes:
    return msgspec.msgpack.encode(number)


def test_says_busy_when_there_is_no_server() -> None:
    with pytest.raises(Busy):
        open_columnar(f"clickhouse://{USER}:x@127.0.0.1:{free_port()}/default")


def test_says_busy_when_the_server_refuses_the_password(http_server: HttpServer) -> None:
    with pytest.raises(Busy, match="cannot do it now"):
        open_columnar(http_server.url.replace("p%40ss%20word", "wrong"))
    assert PASSWORD == "p@ss word"


def test_says_busy_while_the_server_is_away_and_works_again_afterwards(own_server: HttpServer) -> None:
    columnar = open_columnar(own_server.url)
    columnar.command(
        "CREATE TABLE numbers (n UInt64) ENGINE = MergeTree ORDER BY n "
        f"SETTINGS fsync_after_insert = 1, {columnar.ddl_words()['dedup_window']}"
    )
    columnar.insert("numbers", ("n",), [row(1)], token="t1")

    own_server.kill()
    for call in (
        lambda: columnar.query("SELECT 1"),
        lambda: columnar.command("DROP TABLE numbers"),
        lambda: columnar.insert("numbers", ("n",), [row(2)], token="t2"),
    ):
        with pytest.raises(Busy):
            call()

    own_server.start()
    columnar.insert("numbers", ("n",), [row(2)], token="t2")
    columnar.insert("numbers", ("n",), [row(1)], token="t1")
    assert columnar.query("SELECT n FROM numbers ORDER BY n").rows == [(1,), (2,)]
    columnar.close()


def test_says_busy_when_every_connection_is_in_use(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clickhouse, "BORROW_TIMEOUT_S", 0.05)
    monkeypatch.setattr(clickhouse, "POOLED_CLIENTS", 1)
    columnar = open_columnar(http_server.url)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(columnar.query, "SELECT sleep(1)")
        with pytest.raises(Busy, match="in use"):
            while not slow.done():
                columnar.query("SELECT 1")
        slow.result()
    columnar.close()


@pytest.mark.parametrize("url", ["sqlite:///x", "http://127.0.0.1:8123", "duckdb:///x"])
def test_refuses_a_url_of_another_kind(url: str) -> None:
    with pytest.raises(ValueError, match="columnar URL must begin with"):
        open_columnar(url)
