"""A whole ingest over HTTP: real identity, real queue, a clock held still."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from clocks import FixedClock
from fastapi import FastAPI
from fastapi.testclient import TestClient

from lynex_server.app.problems import add_problem_handlers
from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.engines.queue.sqlite import SqliteQueue
from lynex_server.engines.relational.database import open_database
from lynex_server.identity.public import Identity
from lynex_server.ingest.public import (
    IngestService,
    IngestSettings,
    Redaction,
    default_settings,
    redaction_router,
    router,
)
from lynex_server.kernel.ids import ProjectId
from lynex_server.safety.public import AuditLog
from lynex_server.spans.public import EventBatch, decode_batch


class Ingest:
    """The running routes and what is behind them. `headers` carry a valid key of project `acme`."""

    def __init__(self, client: TestClient, queue: SqliteQueue, secret: str) -> None:
        self.client = client
        self.queue = queue
        self.secret = secret
        self.headers = {"authorization": f"Bearer {secret}"}

    def stored(self) -> list[EventBatch]:
        """What is on the log, decoded, and forgotten there."""
        batches: list[EventBatch] = []
        while claim := self.queue.claim("test", 1000, 100_000_000, 0):
            batches += [decode_batch(entry.body) for entry in claim.entries]
            self.queue.ack(claim)
        return batches


@pytest.fixture
def start_ingest(tmp_path: Path, sqlite_url: str) -> Iterator[Callable[..., Ingest]]:
    """Starts an ingest with the given settings; `scopes` are those of its key."""
    closing: list[Callable[[], None]] = []

    def start(
        settings: IngestSettings | None = None,
        bounds: QueueBounds | None = None,
        scopes: tuple[str, ...] = ("ingest",),
    ) -> Ingest:
        settings = settings or IngestSettings()
        clock = FixedClock()
        database = open_database(sqlite_url)
        identity = Identity(database, bytes(32), clock)
        identity.create_project("Acme Shop", "acme")
        secret = identity.create_key(ProjectId("acme"), "laptop", scopes).secret
        queue = SqliteQueue(tmp_path / "queue.db", bounds or QueueBounds(), clock)
        redaction = Redaction(database, default_settings(settings), clock, AuditLog(database, clock))
        service = IngestService(queue, settings, clock, redaction)

        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            yield
            await service.close()

        app = FastAPI(lifespan=lifespan)
        app.state.identity = identity
        app.state.ingest = service
        app.state.redaction = redaction
        app.include_router(router)
        app.include_router(redaction_router)
        add_problem_handlers(app)
        client = TestClient(app, raise_server_exceptions=True)
        client.__enter__()
        closing.extend([database.close, queue.close, lambda: client.__exit__(None, None, None)])
        return Ingest(client, queue, secret)

    yield start
    for close in reversed(closing):
        close()


@pytest.fixture
def ingest(start_ingest: Callable[..., Ingest]) -> Ingest:
    """An ingest with the default settings."""
    return start_ingest()
