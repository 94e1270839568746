"""A seeded world: clients that retry, workers that crash, engines that come and go.

Whatever order things happen in, at the end: every acknowledged event is stored exactly once, nothing else is
stored, the ledger and every rollup equal the spans, and no project sees another's. A failure prints the seed.
"""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from clocks import FixedClock
from processing.faults import Flaky
from span_factories import BOOK, a_batch, an_event

from lynex_server.engines.blob.folder import FolderBlob
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.protocol import Appended, Entry, QueueBounds
from lynex_server.engines.queue.sqlite import SqliteQueue
from lynex_server.engines.relational.database import open_database
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id
from lynex_server.processing.batches import BatchProcessor
from lynex_server.processing.dead_letters import DeadLetters
from lynex_server.processing.ledger import booked_total
from lynex_server.spans.public import encode_batch

STEPS = 60
PROJECTS = 2


class World:
    """The pipeline, the clients' own record of what was acknowledged, and the faults."""

    def __init__(self, seed: int, columnar: ClickHouse, relational_url: str, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.clock = FixedClock()
        self.folder = folder
        self.projects = [new_id("prj") for _ in range(PROJECTS)]
        self.columnar = Flaky(columnar)
        self.database = open_database(relational_url)
        self.dead_letters = DeadLetters(self.database, FolderBlob(folder / "blob"))
        self.acknowledged: dict[str, set[str]] = {project: set() for project in self.projects}
        self.sent: list[Entry] = []
        self.spans = 0
        self.open_queue()

    def open_queue(self) -> None:
        bounds = QueueBounds(max_entries=40, reclaim_after_s=5)
        self.queue = SqliteQueue(self.folder / "queue.db", bounds, self.clock)
        self.processor = BatchProcessor(
            self.columnar, self.database, MemoryLive(), self.dead_letters, BOOK, self.clock
        )

    async def step(self) -> None:
        action = self.rng.choices(
            (self.send, self.send_again, self.work, self.work_and_crash, self.restart, self.break_store),
            (6, 2, 6, 2, 1, 2),
        )[0]
        outcome = action()
        if asyncio.iscoroutine(outcome):
            await outcome
        self.clock.advance_us(self.rng.randrange(1, 3_000_000))

    async def send(self) -> None:
        project = self.rng.choice(self.projects)
        events = []
        for _ in range(self.rng.randint(1, 5)):
            self.spans += 1
            events.append(an_event(self.spans, start_time_us=self.clock.now_us(), trace_id=new_id("trace")))
        entry = Entry(
            id=new_id("entry"),
            project_id=project,
            body=encode_batch(a_batch(*events, project_id=project)),
            appended_at_us=self.clock.now_us(),
        )
        await self.append(entry, {event.trace_id for event in events})

    async def send_again(self) -> None:
        """A client that did not get its answer sends the same request again."""
        if self.sent:
            assert await self.queue.append(self.rng.choice(self.sent)) is Appended.REPEATED

    async def append(self, entry: Entry, traces: set[str]) -> None:
        try:
            await self.queue.append(entry)
        except Busy:
            return  # refused, so it must not be stored
        self.sent.append(entry)
        self.acknowledged[entry.project_id] |= traces

    def work(self) -> None:
        claim = self.queue.claim("worker", self.rng.randint(1, 8), 1_000_000, wait_s=0)
        if claim is None:
            return
        try:
            self.processor.process(claim, isolate=self.rng.random() < 0.2)
        except (Busy, ConnectionError):
            return  # the claim stays and is handed out again
        self.queue.ack(claim)

    def work_and_crash(self) -> None:
        """The process dies after processing and before the acknowledgement."""
        claim = self.queue.claim("worker", 5, 1_000_000, wait_s=0)
        if claim is not None:
            self._process_quietly(claim)
        self.restart()

    def _process_quietly(self, claim: Any) -> None:
        try:
            self.processor.process(claim)
        except (Busy, ConnectionError):
            return

    def restart(self) -> None:
        self.queue.close()
        self.open_queue()

    def break_store(self) -> None:
        if self.rng.random() < 0.5:
            self.columnar.fail_before = Busy("the store is away")
        else:
            self.columnar.fail_after = ConnectionError("the answer was lost")

    def settle(self) -> None:
        self.columnar.fail_before = self.columnar.fail_after = None
        while (claim := self.queue.claim("worker", 50, 10_000_000, wait_s=0)) is not None:
            self.processor.process(claim)
            self.queue.ack(claim)

    def stored(self, project: str) -> list[str]:
        rows = self.columnar.query("SELECT trace_id FROM spans WHERE project_id = {p:String}", {"p": project})
        return [row[0] for row in rows.rows]

    def sums(self, sql: str, project: str) -> tuple[int, int]:
        spans, cost = self.columnar.query(sql, {"p": project}).rows[0]
        return spans, cost or 0


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_acknowledged_is_lost_or_counted_twice(
    seed: int, embedded_columnar: ClickHouse, sqlite_url: str, tmp_path: Path
):
    world = World(seed, embedded_columnar, sqlite_url, tmp_path)

    for _ in range(STEPS):
        await world.step()
    world.settle()

    for project in world.projects:
        stored = world.stored(project)
        assert sorted(stored) == sorted(world.acknowledged[project]), f"seed {seed}"
        raw = world.sums(
            "SELECT count(), sum(cost_nanousd) FROM spans WHERE project_id = {p:String}", project
        )
        for table in ("spans_by_minute", "spans_by_hour", "spans_by_day", "spans_by_end_user_day"):
            rolled_up = world.sums(
                f"SELECT sum(spans), sum(cost_nanousd) FROM {table} WHERE project_id = {{p:String}}", project
            )
            assert rolled_up == raw, f"seed {seed}: {table}"
        booked = booked_total(world.database, project)
        assert (booked.spans, booked.cost_nanousd) == raw, f"seed {seed}: ledger"
    world.queue.close()
