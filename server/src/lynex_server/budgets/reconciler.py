"""What must become true again by itself: counters as the books say, counts that a crash cut off, old rows
gone.

It compares wanted with actual and has no input, so it may run in every process, and twice.
"""

import threading

import sqlalchemy as sa
import structlog

from lynex_server.budgets.mirror import Mirror
from lynex_server.budgets.model import SUBJECT_MARK, Budget
from lynex_server.budgets.recount import NOT_BEGUN, Recount
from lynex_server.budgets.storage import all_budgets, forget_lines_before, forget_subjects_before
from lynex_server.budgets.subjects import counters_before
from lynex_server.budgets.tables import budget_events, budget_settlements
from lynex_server.budgets.windows import DAY_US
from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy

log = structlog.get_logger(__name__)

WIDE_REACH_US = 15 * 60 * MICROS_PER_SECOND
WIDE_EVERY_S = 60.0
TIDY_EVERY_S = 3600.0
COUNT_PATIENCE_US = 3 * 60 * MICROS_PER_SECOND
"""How long a count may be under way before it is taken for cut off: longer than its query may take."""
SETTLEMENTS_KEPT_US = 400 * DAY_US
"""Longer than the longest stretch that a count reaches back."""
EVENTS_KEPT_US = 400 * DAY_US


class Reconciler:
    """A thread that looks every `budgets_reconcile_s` seconds."""

    def __init__(
        self,
        database: Database,
        counters: Counters,
        mirror: Mirror,
        recount: Recount | None,
        clock: Clock,
        every_s: float,
    ) -> None:
        """Without `recount`, counts that stand still and old rows are left to other processes."""
        self._database = database
        self._counters = counters
        self._mirror = mirror
        self._recount = recount
        self._clock = clock
        self._every_s = every_s
        self._stopping = threading.Event()
        self._counting_since: dict[str, tuple[str, int]] = {}
        self._thread = threading.Thread(target=self._run, name="lynex-budgets", daemon=True)

    def start(self) -> None:
        """Bring the counters to what the books say, then look now and then."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Harmless when it never began."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self, wide: bool = False) -> None:
        """One look: copy what changed, take up counts that stand still."""
        self._mirror.catch_up(reach_us=WIDE_REACH_US if wide else self._reach_us())
        if self._recount is None:
            return
        for budget in self._standing_still():
            log.info("budgets.counting_again", budget=budget.id)
            self._recount.count(budget.id)
            self._mirror.load([budget.id])

    def tidy(self) -> None:
        """Forget what nothing asks for any more."""
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            for column, kept_us in (
                (budget_settlements.c.at_us, SETTLEMENTS_KEPT_US),
                (budget_events.c.at_us, EVENTS_KEPT_US),
            ):
                connection.execute(sa.delete(column.table).where(column < now_us - kept_us))
            budgets = all_budgets(connection)
            forgotten: list[str] = []
            for budget in budgets:
                if budget.per:
                    forgotten += counters_before(connection, budget.id, _oldest_us(budget, now_us))
                    forget_subjects_before(connection, budget.id, _oldest_us(budget, now_us))
                if budget.calendar.period == "rolling":
                    forget_lines_before(connection, budget.id, _oldest_us(budget, now_us))
        for budget in budgets:
            self._counters.forget(budget.id, _oldest_us(budget, now_us))
        oldest_us = {budget.id: _oldest_us(budget, now_us) for budget in budgets}
        for counter in forgotten:
            self._counters.forget(counter, oldest_us[counter.partition(SUBJECT_MARK)[0]])

    def _reach_us(self) -> int:
        return round((self._every_s + 15) * MICROS_PER_SECOND)

    def _standing_still(self) -> list[Budget]:
        """Budgets whose count under way has not ended for long."""
        now_us = self._clock.now_us()
        with self._database.read() as connection:
            counting = [budget for budget in all_budgets(connection) if budget.counting]
        self._counting_since = {
            budget.id: known
            if (known := self._counting_since.get(budget.id, ("", 0)))[0] == budget.counting
            else (budget.counting, now_us)
            for budget in counting
        }
        return [
            budget
            for budget in counting
            if budget.counting in NOT_BEGUN
            or now_us - self._counting_since[budget.id][1] >= COUNT_PATIENCE_US
        ]

    def _run(self) -> None:
        rounds = 0
        loaded = False
        tidy_every = max(1, round(TIDY_EVERY_S / self._every_s))
        wide_every = max(1, round(WIDE_EVERY_S / self._every_s))
        while True:
            try:
                if not loaded:
                    self._mirror.load_all()
                    loaded = True
                self.look(wide=rounds % wide_every == 0)
                if self._recount is not None and rounds % tidy_every == 0:
                    self.tidy()
            except Busy as error:
                log.warning("budgets.engine_unreachable", reason=str(error))
            except Exception:
                log.exception("budgets.reconcile_failed")
            rounds += 1
            if self._stopping.wait(self._every_s):
                return


def _oldest_us(budget: Budget, now_us: int) -> int:
    """The oldest line that a reservation or a late span could still ask for."""
    return budget.calendar.before(2, now_us)
