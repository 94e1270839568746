"""The race of `budgets.race` between three processes on one PostgreSQL and one Redis, one of them killed.

Each process opens the slice as a server does and calls it from many threads; a span is booked as processing
does, in the ledger's transaction. No spans are stored, so the columnar engine has nothing to say.
"""

import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from benchmarks.engines import running_postgres, running_redis
from lynex_server.budgets.public import BudgetExceeded, Budgets, BudgetSettings, Call, Wish, open_budgets
from lynex_server.budgets.schemas import BudgetInput
from lynex_server.engines.columnar.protocol import Column, Params, QueryLimits, Rows
from lynex_server.engines.counters.opening import open_counters
from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId, UserId, new_id
from lynex_server.pricing.public import PriceBook, Usage
from lynex_server.processing.ledger import book
from lynex_server.processing.rows import span_row
from lynex_server.safety.public import AuditLog, Vault, fixed_master_key
from lynex_server.spans.public import EventBatch, SpanEvent, SpanRow

_PRICES = PriceBook()
PROCESSES = 3
TTL_S = 5
PATIENCE_S = 600
ORGANISATION, PROJECT = "org_race", "prj_race"

_TRUTH = """
SELECT (SELECT COALESCE(SUM(cost_nanousd), 0) FROM ledger WHERE scope = 'project')
     + (SELECT COALESCE(SUM(cost_nanousd), 0) FROM budget_settlements WHERE NOT span_came)
"""
_SPENT = "SELECT COALESCE(SUM(spent), 0) FROM budget_lines"
_GRANTED = "SELECT COUNT(*) FROM budget_settlements"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found when everybody was done. `stuck` counts processes that never ended."""

    over_nanousd: int
    held_nanousd: int
    difference_nanousd: int
    granted: int
    stuck: int


class NoSpans:
    """A columnar engine in which nothing is stored."""

    def query(self, sql: str, params: Params | None = None, limits: QueryLimits | None = None) -> Rows:
        """Nothing."""
        return Rows((), [])

    def command(self, sql: str, params: Params | None = None) -> None:
        """Nothing to do."""

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[bytes], token: str) -> None:
        """Nothing is kept."""

    def insert_columns(self, table: str, columns: Sequence[Column], token: str) -> None:
        """Nothing is kept."""

    def delete(self, table: str, where: str, params: Params | None = None) -> None:
        """Nothing to remove."""

    def outdated_files(self, tables: Sequence[str], since_us: int) -> int:
        """None."""
        return 0

    def ddl_words(self) -> Mapping[str, str]:
        """None."""
        return {}

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Process:
    """What one process has open."""

    database: Database
    counters: Counters
    budgets: Budgets

    @classmethod
    def open(cls, postgres_url: str, redis_url: str, folder: Path) -> "Process":
        """The slice on these engines."""
        clock = SystemClock()
        database, counters = open_database(postgres_url), open_counters(redis_url)
        vault = Vault(database, fixed_master_key(bytes(32)), clock)
        budgets = open_budgets(
            database=database,
            columnar=NoSpans(),
            queue=open_queue(f"sqlite:///{folder}/{new_id('queue')}.db", QueueBounds(), clock),
            live=MemoryLive(),
            counters=counters,
            prices=PriceBook(),
            vault=vault,
            audit=AuditLog(database, clock, vault),
            settings=BudgetSettings(),
            clock=clock,
        )
        return cls(database, counters, budgets)


def race_at_scale(
    callers: int, calls: int, allowed: int, estimate_nanousd: int, error: float, seed: int
) -> Outcome:
    """Run the race. Raises `NotInstalled` where there is no PostgreSQL or Redis."""
    with (
        running_redis() as redis_url,
        running_postgres() as postgres_url,
        tempfile.TemporaryDirectory(prefix="lynex-bench-race-") as name,
    ):
        folder = Path(name)
        limit = allowed * estimate_nanousd
        parent = _prepared(postgres_url, redis_url, folder, limit)
        shares = [callers // PROCESSES + (number < callers % PROCESSES) for number in range(PROCESSES)]
        running = [
            _started(number, postgres_url, redis_url, folder, threads, calls, estimate_nanousd, error, seed)
            for number, threads in enumerate(shares)
        ]
        _kill_half_way(running[0], parent, limit)
        stuck = sum(not _ended(process) for process in running[1:])
        time.sleep(TTL_S + 0.5)
        outcome = _found(parent, limit, stuck)
        parent.database.close()
        parent.counters.close()
        return outcome


def _prepared(postgres_url: str, redis_url: str, folder: Path, limit_nanousd: int) -> Process:
    parent = Process.open(postgres_url, redis_url, folder)
    migrate(parent.database)
    with parent.database.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO organisations (id, name, created_at_us) VALUES (:id, 'race', 0)"),
            {"id": ORGANISATION},
        )
        connection.execute(
            sa.text(
                "INSERT INTO projects (id, organisation_id, name, created_at_us)"
                " VALUES (:id, :organisation, 'race', 0)"
            ),
            {"id": PROJECT, "organisation": ORGANISATION},
        )
    someone = Principal(
        ProjectId(PROJECT), OrganisationId(ORGANISATION), KeyId("key_race"), UserId(""), frozenset(), "race"
    )
    wanted = BudgetInput(
        name="race",
        limit=Decimal(limit_nanousd) / 1_000_000_000,
        period="total",
        action="stop",
        hard_stop=True,
    )
    parent.budgets.service.create(someone, wanted)
    return parent


def _started(number: int, *arguments: object) -> "subprocess.Popen[bytes]":
    words = [str(argument) for argument in (number, *arguments)]
    return subprocess.Popen([sys.executable, "-m", "benchmarks.budgets_race_at_scale", *words])


def _kill_half_way(victim: "subprocess.Popen[bytes]", parent: Process, limit_nanousd: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while victim.poll() is None and time.monotonic() < end:
        if _number(parent.database, _SPENT) >= limit_nanousd // 2:
            victim.send_signal(signal.SIGKILL)
            break
        time.sleep(0.01)
    victim.wait()


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    try:
        if process.wait(timeout=PATIENCE_S):
            raise RuntimeError(f"a process of the race failed with {process.returncode}")
    except subprocess.TimeoutExpired:
        process.kill()
        return False
    return True


def _found(parent: Process, limit_nanousd: int, stuck: int) -> Outcome:
    clock = SystemClock()
    with parent.database.read() as connection:
        budget_id = connection.execute(sa.text("SELECT id FROM budgets")).scalar_one()
    spent = _number(parent.database, _SPENT)
    [level] = parent.counters.levels([(budget_id, 0, 0)], clock.now_us())
    return Outcome(
        over_nanousd=max(0, spent - limit_nanousd),
        held_nanousd=level.held,
        difference_nanousd=abs(spent - _number(parent.database, _TRUTH)) + abs(spent - level.spent),
        granted=_number(parent.database, _GRANTED),
        stuck=stuck,
    )


def _number(database: Database, statement: str) -> int:
    with database.read() as connection:
        return int(connection.execute(sa.text(statement)).scalar_one())


# One process of the race


def _race(process: Process, threads: int, calls: int, estimate: int, error: float, seed: str) -> None:
    failures: list[BaseException] = []

    def caller(number: int) -> None:
        rng = random.Random(f"{seed}-{number}")
        try:
            for _ in range(calls):
                _call(process, rng, estimate, error)
        except BaseException as failure:
            failures.append(failure)
            raise

    running = [threading.Thread(target=caller, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failures:
        raise failures[0]


def _call(process: Process, rng: random.Random, estimate: int, error: float) -> None:
    reservations = process.budgets.reservations
    wish = Wish(Call(PROJECT), "", Usage(), estimate, TTL_S, "")
    try:
        reservation = reservations.reserve(ORGANISATION, wish)
    except BudgetExceeded:
        return
    cost = round(estimate * rng.uniform(1 - error, 1 + error))
    way = rng.random()
    if way < 0.75:
        reservations.settle(PROJECT, reservation.id, Usage(), cost)
    if way >= 0.5:
        row = _span(reservation.id, cost)
        bookkeeper = process.budgets.bookkeeper
        book(process.database, new_id("batch"), [row], SystemClock().now_us(), [bookkeeper])
        bookkeeper.booked([row])


def _span(reservation_id: str, cost_nanousd: int) -> SpanRow:
    now_us = SystemClock().now_us()
    event = SpanEvent(
        trace_id=new_id("trace"),
        span_id=new_id("span"),
        start_time_us=now_us,
        kind="llm",
        cost_nanousd=cost_nanousd,
        attributes={"lynex.reservation_id": reservation_id},
    )
    batch = EventBatch(project_id=PROJECT, api_key_id="key_race", received_at_us=now_us, spans=[event])
    return span_row(event, batch, "", _PRICES)


def main() -> None:
    """Be one process of the race."""
    number, postgres_url, redis_url, folder, threads, calls, estimate, error, seed = sys.argv[1:]
    process = Process.open(postgres_url, redis_url, Path(folder))
    _race(process, int(threads), int(calls), int(estimate), float(error), f"{seed}-{number}")


if __name__ == "__main__":
    main()
