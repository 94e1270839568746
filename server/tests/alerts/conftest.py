"""The slice on real engines, over HTTP with a real identity: once on SQLite, once on PostgreSQL."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alerts.factories import SECOND_US, wanted
from clocks import FixedClock
from fastapi import FastAPI
from fastapi.testclient import TestClient
from query.rows import RememberingColumnar, a_span, store
from span_factories import BOOK

from lynex_server.alerts.model import Rule
from lynex_server.alerts.public import Alerts, AlertSettings, open_alerts, router
from lynex_server.app.problems import add_problem_handlers
from lynex_server.budgets.public import BudgetSettings, open_budgets
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.counters.opening import open_counters
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.mail.console import ConsoleMailer
from lynex_server.engines.mail.protocol import Mailer
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Identity, Principal
from lynex_server.identity.tables import projects
from lynex_server.kernel.ids import new_id
from lynex_server.query.public import QueryService, QuerySettings
from lynex_server.safety.public import AuditFilters, AuditLog, OutgoingClient, SafetySettings, Vault
from lynex_server.safety.public import fixed_master_key as fixed
from lynex_server.spans.public import SpanRow

EVERY_S = 30.0
NO_WAIT = {"alerts_delivery_first_pause_s": 0.001, "alerts_delivery_longest_pause_s": 0.001}


class Stage:
    """An installation with one project, a clock that stands still, and a client with its key."""

    def __init__(self, database: Database, columnar: ClickHouse, folder: Path) -> None:
        self.database = database
        self.columnar = RememberingColumnar(columnar)
        self.clock = FixedClock()
        self.live = MemoryLive()
        self.identity = Identity(database, bytes(32), self.clock)
        self.project = new_id("prj")
        self.identity.create_project("Acme", self.project)
        with database.read() as connection:
            found = sa.select(projects.c.organisation_id).where(projects.c.id == self.project)
            self.organisation: str = connection.execute(found).scalar_one()
        self.vault = Vault(database, fixed(bytes(32)), self.clock)
        self.audit = AuditLog(database, self.clock, self.vault)
        self.queue = open_queue(f"sqlite:///{folder / 'queue.db'}", QueueBounds(), self.clock)
        self.counters = open_counters(f"sqlite:///{folder / 'counters.db'}")
        self.budgets = open_budgets(
            database=database, columnar=columnar, queue=self.queue, live=self.live, counters=self.counters,
            prices=BOOK, vault=self.vault, audit=self.audit, settings=BudgetSettings(), clock=self.clock,
        )  # fmt: skip
        self.mails = io.StringIO()
        self.mailer: Mailer = ConsoleMailer(self.mails)
        self.settings: dict[str, Any] = {"alerts_evaluate_s": EVERY_S, "alerts_delivery_tries": 4, **NO_WAIT}
        self.alerts = self.another_process()
        self.app = self._app()
        self.client = TestClient(self.app)
        self.key = self.identity.create_key(self.project, "ci", ("read", "admin")).secret

    def another_process(self) -> Alerts:
        """Another process's alerts on the same engines."""
        return open_alerts(
            database=self.database,
            open_query=lambda: QueryService(self.columnar, self.live, QuerySettings(), self.clock),
            queue=self.queue,
            budgets=self.budgets,
            vault=self.vault,
            audit=self.audit,
            outgoing=OutgoingClient(SafetySettings(outgoing_allowed_networks="127.0.0.0/8")),
            mailer=self.mailer,
            settings=AlertSettings(**self.settings),
            clock=self.clock,
            public_url="https://lynex.example.org",
        )

    def restart(self, **settings: Any) -> None:
        """The same process, started anew."""
        self.settings |= settings
        self.alerts = self.another_process()
        self.app.state.alerts = self.alerts

    def _app(self) -> FastAPI:
        app = FastAPI()
        app.include_router(router)
        add_problem_handlers(app)
        app.state.identity = self.identity
        app.state.alerts = self.alerts
        return app

    def ask(self, method: str, path: str, body: Any = None, key: str = "", **query: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return self.client.request(method, f"/v1/alerts{path}", json=body, params=query, headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        return self._told(self.ask("GET", path, **query))

    def post(self, path: str, body: Any) -> Any:
        return self._told(self.ask("POST", path, body))

    def put(self, path: str, body: Any) -> Any:
        return self._told(self.ask("PUT", path, body))

    def delete(self, path: str) -> None:
        assert self.ask("DELETE", path).status_code == 204

    def principal(self) -> Principal:
        return self.identity.authenticate({"authorization": f"Bearer {self.key}"}, b"", "")

    def a_rule(self, **changes: Any) -> dict[str, Any]:
        """A rule, as the API shows it."""
        made: dict[str, Any] = self.post("/rules", wanted(**changes).model_dump(mode="json"))
        return made

    def a_webhook(self, port: int, **changes: Any) -> dict[str, Any]:
        """A webhook that is told of everything."""
        target = {"kind": "webhook", "url": f"http://127.0.0.1:{port}/hook"}
        made: dict[str, Any] = self.post(
            "/channels", {"name": "Hook", "target": target, "match": [], **changes}
        )
        return made

    def rule(self, rule_id: str) -> Rule:
        return self.alerts.rules.find(self.project, rule_id)[0]

    def store(self, *spans: SpanRow) -> None:
        for row in spans:
            row.project_id = self.project
        store(self.columnar, spans)

    def call(self, number: int, ago_s: float, **changes: Any) -> SpanRow:
        """A call that began so many seconds ago."""
        start_us = self.clock.now_us() - round(ago_s * SECOND_US)
        values = {"start_time": start_us, "trace_id": new_id("trc"), "span_id": f"span-{number}"}
        return a_span(**{**values, **changes})

    def calls(self, count: int, ago_s: float, **changes: Any) -> None:
        self.store(*(self.call(number, ago_s, **changes) for number in range(count)))

    def pass_time(self, seconds: float = EVERY_S) -> None:
        self.clock.advance_us(round(seconds * SECOND_US))

    def tick(self, seconds: float = EVERY_S) -> None:
        """Let time pass, and look at the rules."""
        self.pass_time(seconds)
        assert self.alerts.evaluator.tick()

    def send_all(self) -> int:
        """Send what waits, with its repetitions, until nothing is due."""
        for sent in range(50):
            self.clock.advance_us(SECOND_US)
            self.alerts.telling.tell()
            if not self.alerts.sender.send_one():
                return sent
        raise AssertionError("there is always more to send")

    def incidents(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/incidents", **query)["items"]
        return found

    def audited(self) -> list[str]:
        page = self.audit.page(self.organisation, AuditFilters())
        return [entry.action for entry in reversed(page.entries) if entry.action.startswith("alert")]

    def close(self) -> None:
        self.client.close()
        self.queue.close()
        self.counters.close()

    def _told(self, answer: httpx.Response) -> Any:
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


@pytest.fixture
def stage(database: Database, embedded_columnar: ClickHouse, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(database, embedded_columnar, tmp_path)
    with contextlib.closing(made):
        yield made
