"""The door of `budgets`: limits, reservations, the kill switch, and their news.

budgets = open_budgets(database=…, columnar=…, queue=…, live=…, counters=…, prices=…, vault=…, audit=…,
    settings=BudgetSettings(), clock=SystemClock())
BatchProcessor(…, bookkeepers=[budgets.bookkeeper])              # books equal the ledger
budgets.service.events_since(since_us)                           # for alerts: list[BudgetEvent]
[made] = budgets.reservations.reserve_all([(organisation_id, Wish(…))])  # for the gateway: before calls,
budgets.reservations.correct([Used(made, usage, cost)])      # after them: a span with made.id books it
budgets.reservations.release(project_id, made.id)            # or instead: it was not made
rules = budgets.board.rules(organisation_id)                     # from memory, at most control_refresh_s old
[rules.used(budget, call) for budget in rules.covering(call)]    # 0.8: four fifths of its limit are spent
budgets.board.rules(organisation_id).switch_against(call, now_us)
"""

from fastapi import APIRouter

from lynex_server.budgets import enforcement_routes, kill_routes, reservation_routes, routes
from lynex_server.budgets.assembly import Budgets, open_budgets
from lynex_server.budgets.books import RESERVATION_ATTRIBUTE
from lynex_server.budgets.errors import BudgetExceeded, KillSwitchActive
from lynex_server.budgets.model import SUBJECT_MARK, Budget, BudgetEvent, Subject
from lynex_server.budgets.reservations import Reservation, Used, Wish
from lynex_server.budgets.scope import Call
from lynex_server.budgets.settings import BudgetSettings

router = APIRouter()
# Routes are matched one after another: those that are asked before every call come first.
for _part in (reservation_routes.router, kill_routes.router, enforcement_routes.router, routes.router):
    router.include_router(_part)

__all__ = [
    "RESERVATION_ATTRIBUTE",
    "SUBJECT_MARK",
    "Budget",
    "BudgetEvent",
    "BudgetExceeded",
    "BudgetSettings",
    "Budgets",
    "Call",
    "KillSwitchActive",
    "Reservation",
    "Subject",
    "Used",
    "Wish",
    "open_budgets",
    "router",
]
