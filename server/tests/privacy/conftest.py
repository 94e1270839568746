"""A whole Lynex below HTTP, small and large: what takes in, what stores, what erases."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from clickhouse_server import HttpServer
from clocks import FixedClock
from servers import S3_BUCKET, S3_KEY, S3_SECRET
from span_factories import BOOK, a_batch

from lynex_server.engines.blob.opening import open_blob
from lynex_server.engines.blob.protocol import Blob
from lynex_server.engines.cache.opening import open_cache
from lynex_server.engines.cache.protocol import CacheBounds
from lynex_server.engines.columnar.clickhouse import ClickHouse, open_columnar
from lynex_server.engines.columnar.migrations import migrate as migrate_columnar
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Claim, Entry, QueueBounds
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.identity.public import Identity, Principal, organisations_of
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import OrganisationId, ProjectId, new_id
from lynex_server.privacy.model import Erasure
from lynex_server.privacy.public import (
    CacheHolder,
    ColumnarHolder,
    DeadLetterHolder,
    Eraser,
    Privacy,
    PrivacySettings,
    RelationalHolder,
    Shield,
    Stores,
)
from lynex_server.processing.public import BatchProcessor, DeadLetters
from lynex_server.safety.public import AuditLog
from lynex_server.spans.public import EventBatch, SpanEvent, encode_batch, spans_migrations


class House:
    """One installation with a project, and hands to use it by."""

    def __init__(
        self,
        columnar: ClickHouse,
        database: Database,
        blob: Blob,
        queue_url: str,
        cache_url: str,
        clock: Clock,
    ) -> None:
        self.columnar, self.database, self.blob, self.clock = columnar, database, blob, clock
        self.queue = open_queue(queue_url, QueueBounds(), clock)
        self.cache = open_cache(cache_url, CacheBounds(), clock)
        self.dead_letters = DeadLetters(database, blob)
        self.audit = AuditLog(database, clock)
        self.identity = Identity(database, bytes(32), clock)
        self.shield = Shield(database, clock)
        self.holders = (
            ColumnarHolder(columnar),
            RelationalHolder(database),
            DeadLetterHolder(self.dead_letters, blob),
            CacheHolder(self.cache),
        )
        self.eraser = Eraser(database, Stores(self.queue, self.holders), self.identity, self.audit, clock)
        self.privacy = Privacy(database, self.holders, self.audit, PrivacySettings(), clock)
        self.processor = BatchProcessor(
            columnar, database, MemoryLive(), self.dead_letters, BOOK, clock, shield=self.shield
        )
        self.project = self.a_project()

    def a_project(self) -> ProjectId:
        """Another project of the same organisation."""
        project_id = ProjectId(new_id("prj"))
        self.identity.create_project("Acme", project_id)
        return project_id

    def principal(self, project_id: ProjectId | None = None) -> Principal:
        """Who may erase in the project."""
        chosen = project_id or self.project
        with self.database.read() as connection:
            organisation_id = organisations_of(connection, [chosen]).get(chosen, OrganisationId("default"))
        return Principal(
            project_id=chosen,
            organisation_id=organisation_id,
            api_key_id="key_test",
            user_id="",
            permissions=frozenset(),
            name="test",
        )

    def append(self, *events: SpanEvent, project_id: str = "", body: bytes | None = None) -> None:
        """Put a batch on the log."""
        project_id = project_id or self.project
        batch = a_batch(*events, project_id=project_id, received_at_us=self.clock.now_us())
        entry = Entry(new_id("entry"), project_id, body or encode_batch(batch), self.clock.now_us())
        asyncio.run(self.queue.append(entry))

    def process(self) -> None:
        """Store everything that is on the log."""
        while claim := self.queue.claim("test", 1000, 100_000_000, 0):
            self.processor.process(claim)
            self.queue.ack(claim)

    def store(self, *events: SpanEvent, project_id: str = "") -> None:
        """Append and process."""
        self.append(*events, project_id=project_id)
        self.process()

    def a_claim(self, batch: EventBatch) -> Claim:
        """A claim that some worker has in hand."""
        entry = Entry(new_id("entry"), batch.project_id, encode_batch(batch), self.clock.now_us())
        return Claim(new_id("claim"), (entry,), 1)

    def rows(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        """Rows of the project; `p` is its id."""
        return self.columnar.query(sql, {"p": self.project, **params}).rows

    def erase(self, end_user_id: str = "ann") -> Erasure:
        """Ask for an erasure."""
        return self.privacy.erase_end_user(self.principal(), end_user_id)

    def finish(self, erasure: Erasure, turns: int = 30) -> Erasure:
        """Work, with the clock moving on, until the erasure is over."""
        for _ in range(turns):
            if isinstance(self.clock, FixedClock):
                self.clock.advance_us(3_000_000)
            self.eraser.work_once()
            now = self.privacy.erasure(self.principal(), erasure.id)
            if now.finished_at_us is not None:
                return now
        raise AssertionError(f"not over after {turns} turns: {now}")

    def close(self) -> None:
        self.queue.close()
        self.cache.close()
        self.database.close()


@pytest.fixture(scope="session")
def columnar_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    """The engine behind ClickHouse's HTTP protocol, with the schema of spans."""
    server = HttpServer(tmp_path_factory.mktemp("clickhouse"))
    columnar = open_columnar(server.url)
    migrate_columnar(columnar, spans_migrations())
    yield columnar
    columnar.close()
    server.kill()


@pytest.fixture
def open_house(
    tmp_path: Path, sqlite_url: str, embedded_columnar: ClickHouse
) -> Iterator[Callable[..., House]]:
    """Opens a house on the embedded engines, in `tmp_path`."""
    with contextlib.ExitStack() as closing:

        def opened(clock: Clock | None = None) -> House:
            database = open_database(sqlite_url)
            blob = open_blob(f"file://{tmp_path / 'blob'}")
            queue_url = f"sqlite:///{tmp_path / 'queue.db'}"
            cache_url = f"sqlite:///{tmp_path / 'cache.db'}"
            house = House(embedded_columnar, database, blob, queue_url, cache_url, clock or FixedClock())
            closing.callback(house.close)
            return house

        yield opened


@pytest.fixture
def embedded_house(open_house: Callable[..., House]) -> House:
    """On the embedded engines, with a clock held still."""
    return open_house()


@pytest.fixture
def large_house(request: pytest.FixtureRequest, columnar_server: ClickHouse) -> Iterator[House]:
    """On the engines of a cluster: ClickHouse over HTTP, PostgreSQL, Redis, S3."""
    database = open_database(request.getfixturevalue("postgresql_url"))
    credentials = f"{quote(S3_KEY, safe='')}:{quote(S3_SECRET, safe='')}"
    endpoint: str = request.getfixturevalue("s3_endpoint")
    blob = open_blob(f"s3://{credentials}@{S3_BUCKET}/{new_id('test')}?endpoint={endpoint}&region=us-east-1")
    redis_url = request.getfixturevalue("redis_url")
    house = House(columnar_server, database, blob, redis_url, redis_url, FixedClock())
    yield house
    house.close()


@pytest.fixture(params=["embedded_house", "large_house"])
def house(request: pytest.FixtureRequest) -> House:
    """Each size in turn."""
    found: House = request.getfixturevalue(request.param)
    return found
