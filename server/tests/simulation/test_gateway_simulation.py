"""A seeded hour of a gateway: providers that fail in every way, clients that leave, a log that is full.

Whatever order things happen in, at the end: every call has exactly one span, nothing stays set aside, what
budget and ledger have booked is what the spans cost, and the budget is passed by no more than what was set
aside too little. A failure prints the seed.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from budgets.factories import a_key, wanted
from gateway.factories import a_gateway, a_provider, a_route
from simulation.wayward_provider import BEHAVIOURS, MODEL, wayward_provider
from span_factories import BOOK

from lynex_server.budgets.public import BudgetSettings, open_budgets
from lynex_server.engines.blob.folder import FolderBlob
from lynex_server.engines.cache.opening import open_cache
from lynex_server.engines.cache.protocol import CacheBounds
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.counters.sqlite import SqliteCounters
from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.protocol import Appended, Entry, QueueBounds
from lynex_server.engines.queue.sqlite import SqliteQueue
from lynex_server.engines.relational.database import open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.gateway.call.caller import said_in
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.model import CachePolicy, ProjectGateway
from lynex_server.gateway.operations import Operation
from lynex_server.gateway.public import (
    AnswerCache,
    AnswerCacheSettings,
    GatewayService,
    GatewaySettings,
    Guards,
    WebhookGuards,
)
from lynex_server.identity.tables import organisations, projects
from lynex_server.ingest.public import IngestService, IngestSettings, Redaction, default_settings
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id
from lynex_server.processing.batches import BatchProcessor
from lynex_server.processing.dead_letters import DeadLetters
from lynex_server.processing.ledger import booked_total
from lynex_server.safety.public import AuditLog, OutgoingClient, SafetySettings, Vault, fixed_master_key

CALLS = 80
AT_ONCE = 12
MAX_TOKENS = 100
CHAT = Operation("openai", "chat", "llm", "/v1/chat/completions")
HEADERS = {"content-type": "application/json"}
PROVIDER_TIMEOUT_S = 0.3


class FullAtTimes:
    """The durable log, full whenever chance says so."""

    def __init__(self, queue: SqliteQueue, rng: random.Random) -> None:
        self._queue = queue
        self._rng = rng
        self.may_be_full = True

    async def append(self, entry: Entry) -> Appended:
        if self.may_be_full and self._rng.random() < 0.3:
            raise Busy("the log is full")
        return await self._queue.append(entry)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


class NearAndFar:
    """Counters that are at hand by chance, so that calls take the way over a thread as well."""

    def __init__(self, counters: SqliteCounters, rng: random.Random) -> None:
        self._counters = counters
        self._rng = rng

    def at_hand(self) -> bool:
        return self._rng.random() < 0.6 and self._counters.at_hand()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._counters, name)


class OneProject:
    """A catalog that knows what the test has configured."""

    def __init__(self, gateway: ProjectGateway) -> None:
        self._gateway = gateway

    def known(self, _project_id: str) -> ProjectGateway:
        return self._gateway


class World:
    """One process with its engines, and every call that was made."""

    def __init__(self, seed: int, columnar: ClickHouse, folder: Path, provider_url: str) -> None:
        self.rng = random.Random(seed)
        clock = SystemClock()
        self.columnar = columnar
        self.project, organisation = new_id("prj"), new_id("org")
        self.sender = a_key(self.project, organisation)
        self.database = open_database(f"sqlite:///{folder / 'lynex.db'}")
        migrate(self.database)
        with self.database.begin() as connection:
            connection.execute(sa.insert(organisations).values(id=organisation, name="a", created_at_us=0))
            connection.execute(
                sa.insert(projects).values(
                    id=self.project, organisation_id=organisation, name="p", created_at_us=0
                )
            )
        vault = Vault(self.database, fixed_master_key(bytes(32)), clock)
        audit = AuditLog(self.database, clock, vault)
        self.queue = SqliteQueue(folder / "queue.db", QueueBounds(), clock)
        self.log = FullAtTimes(self.queue, self.rng)
        self.counters = SqliteCounters(str(folder / "counters.db"))
        live = MemoryLive()
        self.budgets = open_budgets(
            database=self.database, columnar=columnar, queue=self.queue, live=live,
            counters=NearAndFar(self.counters, self.rng), prices=BOOK, vault=vault, audit=audit,
            settings=BudgetSettings(), clock=clock,
        )  # fmt: skip
        self.budget = self.budgets.service.create(
            self.sender, wanted(name="all", period="total", limit=Decimal("0.02"), hard_stop=True)
        )
        self.processor = BatchProcessor(
            columnar, self.database, live, DeadLetters(self.database, FolderBlob(folder / "blob")), BOOK,
            clock, [self.budgets.bookkeeper],
        )  # fmt: skip
        settings = IngestSettings()
        redaction = Redaction(self.database, default_settings(settings), clock, audit)
        self.cache = open_cache(f"sqlite:///{folder / 'cache.db'}", CacheBounds(), clock)
        self.gateway = GatewayService(
            catalog=OneProject(configured(provider_url)), budgets=self.budgets, limiter=MemoryLimiter(),
            ingest=IngestService(self.log, settings, clock, redaction), prices=BOOK,
            guards=Guards(WebhookGuards(OutgoingClient(SafetySettings()), clock)),
            cache=AnswerCache(self.cache, AnswerCacheSettings()), settings=GatewaySettings(), clock=clock,
        )  # fmt: skip
        self.exchanges: list[Exchange] = []
        self.stayed: list[Exchange] = []

    async def live_through(self) -> None:
        """Every call, some at a time, and the end of the process."""
        await self.gateway.start()
        room = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with room:
                await self.call()

        await asyncio.gather(*(one() for _ in range(CALLS)))
        self.log.may_be_full = False
        await self.gateway.stop()
        while (claim := self.queue.claim("worker", 50, 10_000_000, wait_s=0)) is not None:
            self.processor.process(claim)
            self.queue.ack(claim)

    async def call(self) -> None:
        """One call as chance wants it; its client may leave at any moment."""
        rng = self.rng
        body = {
            "model": rng.choice((MODEL, "fast", "drained", "kept")),
            "messages": [{"role": "user", "content": rng.choice(("Where is it?", "When does it come?"))}],
            "max_tokens": MAX_TOKENS,
            "behaviour": rng.choices(BEHAVIOURS, (8, 2, 1, 1, 2, 1, 1))[0],
            "uses": [rng.randrange(1, 60), rng.randrange(0, MAX_TOKENS + 30)],
            "pause_s": rng.choice((0, 0.005)),
            "stream": rng.random() < 0.5,
        }
        leaves_after_s = rng.choice((0, 0.005, 0.02, 0.1)) if rng.random() < 0.3 else None
        exchange = Exchange(CHAT, self.gateway.now_us(), said_in(HEADERS), self.sender)
        self.exchanges.append(exchange)
        if leaves_after_s is None:
            self.stayed.append(exchange)
        messages: Iterator[dict[str, Any]] = iter(
            [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
        )

        async def receive() -> dict[str, Any]:
            message = next(messages, None)
            if message is None:
                # A server says so, too, when the answer is complete.
                over = asyncio.wait_for(answered.wait(), leaves_after_s)
                await asyncio.gather(over, return_exceptions=True)
                return {"type": "http.disconnect"}
            return message

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body" and not message["more_body"]:
                answered.set()

        answered = asyncio.Event()
        scope = {"headers": [(b"content-type", b"application/json")], "query_string": b""}
        # As servers do it: a task for each request.
        await asyncio.create_task(self.gateway.answer(exchange, scope, receive, send, HEADERS, passes=False))

    def stored(self) -> list[tuple[str, int]]:
        """Span id and cost of every stored span."""
        rows = self.columnar.query(
            "SELECT span_id, cost_nanousd FROM spans WHERE project_id = {p:String}", {"p": self.project}
        ).rows
        return [(span_id, cost or 0) for span_id, cost in rows]

    def level(self) -> tuple[int, int]:
        """What the counters say: spent and held."""
        now_us = self.gateway.now_us()
        window = self.budget.window(now_us)
        asked = (self.budget.id, window.start_us, self.budget.calendar.line_us(now_us))
        found = self.counters.levels([asked], now_us)[0]
        return found.spent, found.held

    def close(self) -> None:
        self.queue.close()
        self.counters.close()
        self.cache.close()
        self.database.close()


def configured(provider_url: str) -> ProjectGateway:
    """Two providers, of which the second is a fallback, and routes that differ in what they do."""
    both = [
        a_provider(
            name, "openai_compatible", provider_url, models, price_as="openai",
            timeout_s=PROVIDER_TIMEOUT_S, breaker_failures=0,
        )
        for name, models in (("first", ("*",)), ("second", ()))
    ]  # fmt: skip
    targets = (("first", MODEL, 1), ("second", MODEL, 0))
    routes = [
        a_route("fast", targets),
        a_route("drained", targets, when_client_leaves="drain", drain_s=1, retries=0),
        a_route("kept", targets, cache=CachePolicy("exact")),
    ]
    return a_gateway(both, routes)


def too_little(exchange: Exchange) -> int:
    """What a call cost beyond what was set aside for it."""
    reserved = 0 if exchange.reservation is None else exchange.reservation.estimate.cost_nanousd
    return max(0, (exchange.cost_nanousd or 0) - reserved)


@pytest.mark.parametrize("seed", range(6))
async def test_every_call_has_one_span_and_the_books_are_right(
    seed: int, embedded_columnar: ClickHouse, tmp_path: Path
):
    async with wayward_provider() as url:
        world = World(seed, embedded_columnar, tmp_path, url)
        await world.live_through()

        stored = world.stored()
        made = [exchange.span_id for exchange in world.exchanges]
        assert sorted(span_id for span_id, _ in stored) == sorted(made), f"seed {seed}"
        cost = sum(cost for _, cost in stored)
        assert world.level() == (cost, 0), f"seed {seed}: spent and held"
        assert booked_total(world.database, world.project).cost_nanousd == cost, f"seed {seed}: ledger"
        most = world.budget.limit + sum(too_little(exchange) for exchange in world.exchanges)
        assert cost <= most, f"seed {seed}: over the budget"
        assert not any(exchange.client_left for exchange in world.stayed), f"seed {seed}: left, it says"
        world.close()
