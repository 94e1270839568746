"""The slice on real engines, in both sizes: embedded, and at scale."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from budgets.factories import a_key, wanted
from clocks import NOON_US, FixedClock
from span_factories import BOOK, a_batch, an_event

from lynex_server.budgets.assembly import Budgets, open_budgets
from lynex_server.budgets.model import Budget
from lynex_server.budgets.reservations import Reservation, Used, Wish
from lynex_server.budgets.scope import Call
from lynex_server.budgets.settings import BudgetSettings
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.counters.opening import open_counters
from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal
from lynex_server.identity.tables import organisations, projects
from lynex_server.kernel.ids import new_id
from lynex_server.pricing.public import Usage
from lynex_server.processing.ledger import book
from lynex_server.processing.rows import span_row
from lynex_server.safety.public import Actor, AuditFilters, AuditLog, Vault, fixed_master_key
from lynex_server.spans.public import SpanRow, span_columns

PRICE_NANOUSD = 3_500_000
"""What `span_factories.an_event` costs: 1,000 tokens in and 100 out of gpt-4o."""


class Stage:
    """One process's budgets, with a clock that stands still, and an organisation with two projects."""

    def __init__(self, database: Database, columnar: ClickHouse, counters: Counters, folder: Path) -> None:
        self.database = database
        self.columnar = columnar
        self.counters = counters
        self.folder = folder
        self.clock = FixedClock(NOON_US)
        self.live = MemoryLive()
        self.organisation = new_id("org")
        self.project, self.other_project = new_id("prj"), new_id("prj")
        with database.begin() as connection:
            connection.execute(
                sa.insert(organisations).values(id=self.organisation, name="acme", created_at_us=NOON_US)
            )
            for name in (self.project, self.other_project):
                connection.execute(
                    sa.insert(projects).values(
                        id=name, organisation_id=self.organisation, name=name, created_at_us=NOON_US
                    )
                )
        self.key: Principal = a_key(self.project, self.organisation)
        self.vault = Vault(database, fixed_master_key(bytes(range(32))), self.clock)
        self.audit = AuditLog(database, self.clock, self.vault)
        self.queue = open_queue(f"sqlite:///{folder / 'queue.db'}", QueueBounds(), self.clock)
        self.budgets: Budgets = self.another_process()

    def another_process(self) -> Budgets:
        """A second process on the same engines."""
        return open_budgets(
            database=self.database,
            columnar=self.columnar,
            queue=self.queue,
            live=self.live,
            counters=self.counters,
            prices=BOOK,
            vault=self.vault,
            audit=self.audit,
            settings=BudgetSettings(),
            clock=self.clock,
        )

    def a_budget(self, scope: dict[str, str] | None = None, **changes) -> Budget:
        return self.budgets.service.create(self.key, wanted(scope, **changes))

    def rows(self, *numbers: int, project: str = "", reservation: str = "", **changes) -> list[SpanRow]:
        """Spans of the project, each of PRICE_NANOUSD unless changed."""
        if reservation:
            changes["attributes"] = {"lynex.reservation_id": reservation}
        events = [an_event(number, **changes) for number in numbers]
        batch = a_batch(*events, project_id=project or self.project)
        return [span_row(event, batch, "", BOOK) for event in events]

    def store(self, rows: list[SpanRow], batch_id: str = "") -> str:
        """Put rows into the columnar engine, as a batch that is not booked yet."""
        batch_id = batch_id or new_id("batch")
        for row in rows:
            row.batch_id = batch_id
        self.columnar.insert_columns("spans", span_columns(rows), batch_id)
        return batch_id

    def book(
        self, rows: list[SpanRow], batch_id: str = "", told: bool = True, process: Budgets | None = None
    ):
        """Book rows in the ledger and the budgets, as processing does; `told` False is a crash in between."""
        bookkeeper = (process or self.budgets).bookkeeper
        book(self.database, batch_id or new_id("batch"), rows, self.clock.now_us(), [bookkeeper])
        if told:
            bookkeeper.booked(rows)

    def store_and_book(self, *numbers: int, **changes) -> None:
        rows = self.rows(*numbers, **changes)
        self.book(rows, self.store(rows))

    def spent(self, budget: Budget) -> int:
        """What the books say was spent in the running period."""
        return self.budgets.service.standings([budget])[0][0].spent

    def level(self, budget: Budget) -> tuple[int, int]:
        """What the counters say: spent and held."""
        now_us = self.clock.now_us()
        window = budget.window(now_us)
        found = self.counters.levels([(budget.id, window.start_us, budget.calendar.line_us(now_us))], now_us)[
            0
        ]
        return found.spent, found.held

    def a_call(self, **changes) -> Call:
        values = {
            "project_id": self.project,
            "environment": "production",
            "provider": "openai",
            "model": "gpt-4o",
            "route": "/chat",
            "end_user": "ann",
            "api_key": "key_1",
        }
        return Call(**{**values, **changes})

    def reserve(
        self,
        cost_nanousd: int | None = 1_000_000_000,
        usage: Usage | None = None,
        key: str = "",
        ttl_s: int = 60,
        process: Budgets | None = None,
        keep: bool = True,
        **call,
    ) -> Reservation:
        wish = Wish(self.a_call(**call), "", usage or Usage(), cost_nanousd, ttl_s, key, keep)
        return (process or self.budgets).reservations.reserve(self.organisation, wish)

    def settle(self, reservation: Reservation, cost_nanousd: int):
        return self.budgets.reservations.settle(self.project, reservation.id, Usage(), cost_nanousd)

    def correct(
        self,
        reservation: Reservation,
        usage: Usage,
        cost_nanousd: int | None = None,
        ttl_s: int | None = None,
    ):
        used = Used(reservation, usage, cost_nanousd, ttl_s=ttl_s)
        return self.budgets.reservations.correct([used])[0]

    def audited(self) -> list[str]:
        """Actions in the audit log, oldest first."""
        page = self.audit.page(self.organisation, AuditFilters())
        return [entry.action for entry in reversed(page.entries)]


ACTOR = Actor("user", "usr_1", "ann@example.com")


@pytest.fixture(params=["embedded", "at scale"])
def size(request: pytest.FixtureRequest) -> str:
    """Both sizes in which the slice is run: SQLite twice, or PostgreSQL and Redis."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def relational_url(size: str, request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if size == "embedded" else "postgresql_url")
    return url


@pytest.fixture
def counters_url(size: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if size == "embedded":
        return f"sqlite:///{tmp_path / 'counters.db'}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def stage(
    database: Database, embedded_columnar: ClickHouse, counters_url: str, tmp_path: Path
) -> Iterator[Stage]:
    counters = open_counters(counters_url)
    made = Stage(database, embedded_columnar, counters, tmp_path)
    yield made
    made.queue.close()
    counters.close()
