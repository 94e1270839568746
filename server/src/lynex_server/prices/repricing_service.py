"""What people do with repricings: ask for one, watch it, stop it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.prices import repricing_rows as rows
from lynex_server.prices.repricing_rows import DifferenceLine, Repricing
from lynex_server.prices.repricing_statements import PriceChange, Stretch, changes_of_span
from lynex_server.safety.public import Actor, AuditLog

UNFINISHED_MAX = 3
"""Repricings of one project that may wait or run at a time."""
DIFFERENCES_MAX = 5000
LISTED_MAX = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """A repricing, how many spans were looked at, and what changed so far per day and model."""

    repricing: Repricing
    spans_done: int
    differences: Sequence[DifferenceLine]


class RepricingService:
    """Called from routes in a thread. The work itself is a job's."""

    def __init__(self, database: Database, columnar: Columnar, audit: AuditLog, clock: Clock) -> None:
        self._database = database
        self._columnar = columnar
        self._audit = audit
        self._clock = clock

    def ask(self, organisation_id: str, stretch: Stretch, dry_run: bool, actor: Actor) -> Progress:
        """Ask for a stretch to be priced again, or for what that would change.

        Raises `InvalidInput` for a stretch that ends before it begins, `Conflict` when too many wait.
        """
        if stretch.from_us >= stretch.until_us:
            raise InvalidInput("from must be before to", field="from")
        job = Repricing(
            id=new_id("rpr"),
            stretch=stretch,
            dry_run=dry_run,
            state="waiting",
            spans=0,
            created_by=actor.name or actor.id,
            created_at_us=self._clock.now_us(),
            finished_at_us=None,
            error="",
        )
        with self._database.begin() as connection:
            if rows.count_unfinished(connection, stretch.project_id) >= UNFINISHED_MAX:
                raise Conflict(
                    f"{UNFINISHED_MAX} repricings are not finished yet. Wait for one, or cancel it."
                )
            rows.add_repricing(connection, job)
            if not dry_run:
                self._audit.record(
                    connection,
                    actor,
                    "price.history_repriced",
                    organisation_id=organisation_id,
                    project_id=stretch.project_id,
                    target=job.id,
                    after={
                        "from_us": stretch.from_us,
                        "until_us": stretch.until_us,
                        "provider": stretch.provider,
                        "model": stretch.model,
                    },
                )
        return Progress(job, 0, ())

    def wait(self, project_id: str, repricing_id: str, wait_s: float) -> Progress:
        """How far it is: at the latest after `wait_s`, earlier when it ends. Raises `NotFound`."""
        until_s = time.monotonic() + wait_s
        while True:
            progress = self.progress(project_id, repricing_id)
            if progress.repricing.state not in rows.UNFINISHED or time.monotonic() >= until_s:
                return progress
            time.sleep(0.1)

    def progress(self, project_id: str, repricing_id: str) -> Progress:
        """How far it is. Raises `NotFound`."""
        with self._database.read() as connection:
            job = rows.find_repricing(connection, repricing_id)
            if job is None or job.stretch.project_id != project_id:
                raise NotFound(f"no repricing {repricing_id}")
            done = rows.progress(connection, repricing_id)
            found = rows.differences(connection, repricing_id, DIFFERENCES_MAX)
        return Progress(job, done, found)

    def listed(self, project_id: str) -> list[Repricing]:
        """Those of a project, latest first."""
        with self._database.read() as connection:
            return rows.repricings_of(connection, project_id, LISTED_MAX)

    def cancel(self, organisation_id: str, project_id: str, repricing_id: str, actor: Actor) -> Progress:
        """Stop after the step that is worked on. What was changed stays. Raises `NotFound`."""
        self.progress(project_id, repricing_id)
        with self._database.begin() as connection:
            if rows.end_repricing(connection, repricing_id, "cancelled", self._clock.now_us()):
                self._audit.record(
                    connection,
                    actor,
                    "price.repricing_cancelled",
                    organisation_id=organisation_id,
                    project_id=project_id,
                    target=repricing_id,
                )
        return self.progress(project_id, repricing_id)

    def history(self, project_id: str, trace_id: str, span_id: str) -> list[PriceChange]:
        """What a span cost before, the latest change first."""
        return changes_of_span(self._columnar, project_id, trace_id, span_id)
