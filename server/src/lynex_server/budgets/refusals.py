"""How a call is told that it may not be made: by whom, why, and when it may come again. Pure."""

from typing import Any

from lynex_server.budgets.describe import SUBJECT_WORDS, amount
from lynex_server.budgets.errors import BudgetExceeded, KillSwitchActive
from lynex_server.budgets.model import Budget, KillSwitch
from lynex_server.budgets.scope import Call
from lynex_server.engines.counters.protocol import Level
from lynex_server.kernel.clock import MICROS_PER_SECOND, datetime_from_us


def stopped(switch: KillSwitch, now_us: int) -> KillSwitchActive:
    """A kill switch stops it."""
    until = _shown(switch.until_us)
    ends = "" if until is None else f" (until {until})"
    return KillSwitchActive(
        f"A kill switch stops this call: {switch.reason}{ends}",
        {"kill_switch_id": switch.id, "reason": switch.reason, "until": until},
        _wait_s(switch.until_us, now_us),
    )


def too_little_left(budget: Budget, call: Call, asked: int, level: Level, now_us: int) -> BudgetExceeded:
    """What it may take is more than the budget has."""
    left = max(0, budget.limit - level.spent - level.held)
    held = ", or earlier as calls under way settle." if level.held else "."
    return BudgetExceeded(
        f"The budget {budget.name!r} has {_left_of_limit(budget, call, left)}, and this call may take "
        f"{amount(asked, budget.unit)}. It frees {_frees(budget, now_us)}{held}",
        {
            **_told(budget, call),
            "spent_exact": level.spent,
            "held_exact": level.held,
            "asked_exact": asked,
            "frees_at": _shown(_end_us(budget, now_us)),
        },
        _wait_s(_end_us(budget, now_us), now_us),
    )


def used_up(budget: Budget, call: Call, spent: int, now_us: int) -> BudgetExceeded:
    """The budget has nothing left, whatever the call may take."""
    return BudgetExceeded(
        f"The budget {budget.name!r} is used up: it has {_left_of_limit(budget, call, 0)}. "
        f"It frees {_frees(budget, now_us)}.",
        {**_told(budget, call), "spent_exact": spent, "frees_at": _shown(_end_us(budget, now_us))},
        _wait_s(_end_us(budget, now_us), now_us),
    )


def _told(budget: Budget, call: Call) -> dict[str, Any]:
    return {
        "budget_id": budget.id,
        "budget_name": budget.name,
        "subject": budget.subject(call).value,
        "unit": budget.unit,
        "limit_exact": budget.limit,
    }


def _left_of_limit(budget: Budget, call: Call, left: int) -> str:
    subject = budget.subject(call).value
    whose = f" for the {SUBJECT_WORDS[budget.per]} {subject!r}" if budget.per else ""
    return f"{amount(left, budget.unit)} left of {amount(budget.limit, budget.unit)}{whose}"


def _frees(budget: Budget, now_us: int) -> str:
    end = _shown(_end_us(budget, now_us))
    if end is not None:
        return f"at {end}"
    return "as older calls leave its window" if budget.calendar.period == "rolling" else "when it is raised"


def _end_us(budget: Budget, now_us: int) -> int | None:
    return budget.window(now_us).end_us if budget.calendar.period != "rolling" else None


def _shown(at_us: int | None) -> str | None:
    return None if at_us is None else datetime_from_us(at_us).isoformat()


def _wait_s(until_us: int | None, now_us: int) -> int | None:
    """Whole seconds, at least one; None where no end is known."""
    return None if until_us is None else max(1, -(-(until_us - now_us) // MICROS_PER_SECOND))
