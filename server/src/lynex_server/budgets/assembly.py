"""Puts the slice together over open engines."""

from dataclasses import dataclass

from lynex_server.budgets.bookkeeping import BudgetBookkeeper
from lynex_server.budgets.books import Books
from lynex_server.budgets.control import ControlBoard
from lynex_server.budgets.enforcement import EnforcementService
from lynex_server.budgets.feed import ControlFeed
from lynex_server.budgets.hooks import KillSwitchHooks
from lynex_server.budgets.kill_switch import KillSwitches
from lynex_server.budgets.mirror import Mirror
from lynex_server.budgets.reconciler import Reconciler
from lynex_server.budgets.recount import Recount
from lynex_server.budgets.reservations import Reservations
from lynex_server.budgets.service import BudgetService
from lynex_server.budgets.settings import BudgetSettings
from lynex_server.budgets.settling import Settling
from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.live.protocol import Live
from lynex_server.engines.queue.protocol import Queue
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.pricing.public import PriceBook
from lynex_server.safety.public import AuditLog, Vault


@dataclass(frozen=True, slots=True)
class Budgets:
    """Everything that routes and other slices use. The reconciler is not started yet."""

    service: BudgetService
    reservations: Reservations
    switches: KillSwitches
    enforcement: EnforcementService
    hooks: KillSwitchHooks
    board: ControlBoard
    feed: ControlFeed
    bookkeeper: BudgetBookkeeper
    reconciler: Reconciler


def open_budgets(
    *,
    database: Database,
    columnar: Columnar,
    queue: Queue,
    live: Live,
    counters: Counters,
    prices: PriceBook,
    vault: Vault,
    audit: AuditLog,
    settings: BudgetSettings,
    clock: Clock,
    counts: bool = True,
) -> Budgets:
    """The slice on these engines. Without `counts`, this process leaves it to others to count a budget anew:
    it has no columnar engine."""
    books = Books(database, clock, audit)
    mirror = Mirror(database, counters, clock)
    board = ControlBoard(database, live, clock, settings.control_refresh_s)
    settling = Settling(database, books, mirror, board.spending_changed)
    recount = Recount(database, columnar, queue, books, clock, audit)
    switches = KillSwitches(database, columnar, board, audit, clock)
    reconciler = Reconciler(
        database, counters, mirror, recount if counts else None, clock, settings.budgets_reconcile_s
    )
    return Budgets(
        service=BudgetService(database, counters, mirror, board, recount, audit, settings, clock),
        reservations=Reservations(counters, mirror, settling, board, prices, settings, clock),
        switches=switches,
        enforcement=EnforcementService(database, board, audit, clock),
        hooks=KillSwitchHooks(database, switches, vault, audit, clock),
        board=board,
        feed=ControlFeed(board, live, settings, clock),
        bookkeeper=BudgetBookkeeper(books, mirror, board.spending_changed),
        reconciler=reconciler,
    )
