"""A budget as someone wants it, checked: what is wrong is said by field, before anything changes."""

from decimal import Decimal

from lynex_server.budgets.model import Budget, Override, Unit
from lynex_server.budgets.schemas import BudgetInput, ScopeInput
from lynex_server.budgets.scope import Scope
from lynex_server.budgets.windows import Calendar, zone_exists
from lynex_server.engines.counters.protocol import MAX_AMOUNT
from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.money import nanousd_from_usd

MAX_PERCENT = 1000


def budget_from(
    wanted: BudgetInput,
    *,
    budget_id: str,
    organisation_id: str,
    project_id: str,
    created_at_us: int,
    now_us: int,
    override: Override | None = None,
    counting: str = "",
) -> Budget:
    """The budget that `wanted` describes, in `project_id` or in the whole organisation.

    Raises `InvalidInput`, naming the field.
    """
    _check_period(wanted)
    _check_action(wanted)
    if wanted.per and getattr(wanted.scope, wanted.per):
        raise InvalidInput(f"per: the scope names one {wanted.per} already", field="per")
    return Budget(
        id=budget_id,
        organisation_id=organisation_id,
        name=wanted.name.strip(),
        scope=scope_from(wanted.scope, project_id),
        calendar=Calendar(wanted.period, wanted.time_zone, wanted.rolling_s or 0),
        unit=wanted.unit,
        limit=exact_amount(wanted.limit, wanted.unit),
        thresholds=_thresholds(wanted.thresholds),
        action=wanted.action,
        downgrade_to=wanted.downgrade_to or "",
        hard_stop=wanted.hard_stop,
        override=override,
        counting=counting,
        created_at_us=created_at_us,
        updated_at_us=now_us,
        per=wanted.per or "",
    )


def scope_from(wanted: ScopeInput, project_id: str) -> Scope:
    """The scope meant, in the project of the request or in all of its organisation."""
    values = wanted.model_dump(exclude={"project"})
    return Scope(project_id="" if wanted.project == "all" else project_id, **values)


def exact_amount(amount: Decimal, unit: Unit) -> int:
    """Nano-dollars, tokens or requests. Raises `InvalidInput` for parts of a token, or more than can be
    counted."""
    if unit == "usd":
        try:
            exact = nanousd_from_usd(amount)
        except ValueError:
            exact = MAX_AMOUNT + 1
    elif amount != amount.to_integral_value():
        raise InvalidInput(f"limit: a whole number of {unit}, not {amount}", field="limit")
    else:
        exact = int(amount)
    if exact < 1:
        raise InvalidInput("limit: less than a nano-dollar", field="limit")
    if exact > MAX_AMOUNT:
        highest = "$9,007,199" if unit == "usd" else f"{MAX_AMOUNT:,}"
        raise InvalidInput(f"limit: at most {highest}", field="limit")
    return exact


def redefines(before: Budget, after: Budget) -> bool:
    """Whether a change makes other calls count, or other periods: then the history is counted anew."""
    return (before.scope, before.calendar, before.unit, before.per) != (
        after.scope,
        after.calendar,
        after.unit,
        after.per,
    )


def _check_period(wanted: BudgetInput) -> None:
    if (wanted.period == "rolling") != (wanted.rolling_s is not None):
        raise InvalidInput(
            "rolling_s: the length in seconds goes with the period rolling, and only with it",
            field="rolling_s",
        )
    if not zone_exists(wanted.time_zone):
        raise InvalidInput(
            f"time_zone: {wanted.time_zone!r} is no IANA time zone; such as Europe/Berlin", field="time_zone"
        )


def _check_action(wanted: BudgetInput) -> None:
    if wanted.hard_stop and wanted.action != "stop":
        raise InvalidInput("hard_stop: only a budget with the action stop can stop hard", field="hard_stop")
    if (wanted.action == "downgrade_model") != bool(wanted.downgrade_to):
        raise InvalidInput(
            "downgrade_to: the model to use goes with the action downgrade_model, and only with it",
            field="downgrade_to",
        )


def _thresholds(percents: list[int]) -> tuple[int, ...]:
    if any(not 1 <= percent <= MAX_PERCENT for percent in percents):
        raise InvalidInput(f"thresholds: percents from 1 to {MAX_PERCENT}", field="thresholds")
    return tuple(sorted(set(percents)))
