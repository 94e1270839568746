"""Lynex as several processes on PostgreSQL, Redis and ClickHouse's protocol, each on a machine of its own."""

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from app.real_lynex import Installation, Process
from clickhouse_server import HttpServer
from servers import RedisServer, create_database

from lynex_server.kernel.ids import new_id


class Cluster:
    """The engines, and the environment of every process that works on them."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def process(self, *arguments: str, **more: str) -> Process:
        """A process on a machine of its own: nothing but the engines is shared."""
        folder = self._folder / new_id("machine")
        return Process(*arguments, **(self._environment | more | {"LYNEX_DATA_DIR": str(folder)}))

    def installation(self, url: str) -> Installation:
        """The cluster from behind."""
        given = self._environment
        return Installation(
            url,
            given["LYNEX_RELATIONAL_URL"],
            given["LYNEX_QUEUE_URL"],
            bytes.fromhex(given["LYNEX_MASTER_KEY"]),
        )

    @contextmanager
    def serving(self, count: int) -> Iterator[list[Installation]]:
        """The same installation through each of so many processes, which end well afterwards."""
        processes = [self.process("serve") for _ in range(count)]
        yield [self.installation(process.url()) for process in processes]
        assert [process.end(signal.SIGTERM) for process in processes] == [0] * count


@contextmanager
def new_cluster(
    postgres_url: str, running_redis: RedisServer, folder: Path, **environment: str
) -> Iterator[Cluster]:
    """A cluster with nothing in it. The Redis is emptied."""
    with redis.Redis.from_url(running_redis.url) as client:
        client.flushdb()
    database_url = create_database(postgres_url, new_id("cluster"))
    columnar = HttpServer(folder / "clickhouse")
    engines = {
        "LYNEX_COLUMNAR_URL": columnar.url,
        "LYNEX_RELATIONAL_URL": database_url,
        "LYNEX_QUEUE_URL": running_redis.url,
        "LYNEX_LIVE_URL": running_redis.url,
        "LYNEX_BLOB_URL": f"file://{folder / 'blob'}",
        "LYNEX_MASTER_KEY": secrets.token_hex(32),
        "LYNEX_LOG_FORMAT": "json",
    }
    try:
        yield Cluster(folder, engines | environment)
    finally:
        columnar.kill()
