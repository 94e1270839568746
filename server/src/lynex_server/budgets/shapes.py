"""From what the services know to what the API shows."""

from typing import Literal

from lynex_server.budgets.describe import describe_budget, describe_stop
from lynex_server.budgets.forecast import Forecast
from lynex_server.budgets.kill_schemas import HookShown, KillSwitchShown
from lynex_server.budgets.model import Budget, BudgetEvent, KillSwitch, KillSwitchHook, Standing, Unit
from lynex_server.budgets.reservations import Reservation
from lynex_server.budgets.schemas import (
    Advice,
    BudgetEventShown,
    BudgetShown,
    ForecastShown,
    OverrideShown,
    PeriodShown,
    ReservationShown,
    ScopeShown,
    SubjectShown,
    SubjectsShown,
)
from lynex_server.budgets.scope import Scope
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.money import usd_from_nanousd


def budget_shown(budget: Budget, standing: Standing, outlook: Forecast, now_us: int) -> BudgetShown:
    """A budget with where it stands."""
    window = standing.window
    override = budget.override if budget.overridden(now_us) else None
    return BudgetShown(
        id=budget.id,
        name=budget.name,
        describes=describe_budget(budget),
        scope=_scope(budget.scope),
        period=budget.calendar.period,
        rolling_s=budget.calendar.rolling_s or None,
        time_zone=budget.calendar.zone,
        unit=budget.unit,
        limit=_in_unit(budget.limit, budget.unit),
        thresholds=list(budget.thresholds),
        action=budget.action,
        downgrade_to=budget.downgrade_to or None,
        hard_stop=budget.hard_stop,
        per=budget.per or None,
        subjects=_subjects(budget, standing),
        override=None
        if override is None
        else OverrideShown(until=datetime_from_us(override.until_us), reason=override.reason, by=override.by),
        state=_state(budget, standing.spent, now_us),
        counting=bool(budget.counting),
        period_start=datetime_from_us(window.start_us),
        period_end=None if window.end_us is None else datetime_from_us(window.end_us),
        spent=_in_unit(standing.spent, budget.unit),
        spent_exact=standing.spent,
        held=_in_unit(standing.held, budget.unit),
        left=_in_unit(max(0, budget.limit - standing.spent - standing.held), budget.unit),
        forecast=forecast_shown(outlook, budget.unit),
        created_at=datetime_from_us(budget.created_at_us),
        updated_at=datetime_from_us(budget.updated_at_us),
    )


def forecast_shown(outlook: Forecast, unit: Unit) -> ForecastShown:
    """A forecast in the budget's unit."""
    exhausted = outlook.exhausted_at_us
    return ForecastShown(
        pace_per_day=_in_unit(outlook.pace_per_day, unit),
        expected=_in_unit_or_none(outlook.expected, unit),
        low=_in_unit_or_none(outlook.low, unit),
        high=_in_unit_or_none(outlook.high, unit),
        exhausted_at=None if exhausted is None else datetime_from_us(exhausted),
        basis=outlook.basis,
    )


def period_shown(budget: Budget, line_us: int, spent: int) -> PeriodShown:
    """One line of a budget's books."""
    calendar = budget.calendar
    end_us = line_us + calendar.slot_us if calendar.period == "rolling" else calendar.window(line_us).end_us
    return PeriodShown(
        start=datetime_from_us(line_us),
        end=None if end_us is None else datetime_from_us(end_us),
        spent=_in_unit(spent, budget.unit),
        spent_exact=spent,
        percent=round(spent * 100 / budget.limit, 2),
    )


def budget_event_shown(event: BudgetEvent) -> BudgetEventShown:
    """News of a budget."""
    return BudgetEventShown(
        id=event.id,
        kind=event.kind,
        percent=event.percent,
        spent=_in_unit(event.spent, event.unit),
        limit=_in_unit(event.limit, event.unit),
        period_start=datetime_from_us(event.period_start_us),
        subject=event.subject,
        at=datetime_from_us(event.at_us),
    )


def reservation_shown(reservation: Reservation) -> ReservationShown:
    """What is set aside."""
    return ReservationShown(
        id=reservation.id,
        expires_at=datetime_from_us(reservation.expires_at_us),
        cost_nanousd=reservation.estimate.cost_nanousd,
        tokens=reservation.estimate.tokens,
        budget_ids=list(reservation.budget_ids),
        advice=[
            Advice(budget_id=budget.id, action=budget.action, downgrade_to=budget.downgrade_to or None)
            for budget in reservation.advice
        ],
    )


def kill_switch_shown(switch: KillSwitch, now_us: int) -> KillSwitchShown:
    """A kill switch."""
    return KillSwitchShown(
        id=switch.id,
        describes=describe_stop(switch.scope, switch.allow_routes, switch.dry_run),
        scope=_scope(switch.scope),
        allow_routes=list(switch.allow_routes),
        reason=switch.reason,
        dry_run=switch.dry_run,
        active=switch.active(now_us),
        triggered_by=switch.triggered_by,
        triggered_at=datetime_from_us(switch.triggered_at_us),
        until=None if switch.until_us is None else datetime_from_us(switch.until_us),
        released_at=None if switch.released_at_us is None else datetime_from_us(switch.released_at_us),
        released_by=switch.released_by,
    )


def hook_shown(hook: KillSwitchHook) -> HookShown:
    """A hook without its address."""
    return HookShown(
        id=hook.id,
        name=hook.name,
        scope=_scope(hook.scope),
        allow_routes=list(hook.allow_routes),
        minutes=hook.minutes,
        signed=bool(hook.secret_id),
        created_by=hook.created_by,
        created_at=datetime_from_us(hook.created_at_us),
        last_used_at=None if hook.last_used_at_us is None else datetime_from_us(hook.last_used_at_us),
    )


def _scope(scope: Scope) -> ScopeShown:
    return ScopeShown(
        project_id=scope.project_id or None,
        environment=scope.environment,
        model=scope.model,
        route=scope.route,
        end_user=scope.end_user,
        api_key=scope.api_key,
        tag=scope.tag,
        session=scope.session,
    )


def _subjects(budget: Budget, standing: Standing) -> SubjectsShown | None:
    if not budget.per:
        return None
    return SubjectsShown(
        count=standing.subject_count,
        over=standing.subjects_over,
        closest=[
            SubjectShown(
                project_id=each.subject.project_id,
                subject=each.subject.value,
                spent=_in_unit(each.spent, budget.unit),
                spent_exact=each.spent,
                held=_in_unit(each.held, budget.unit),
                over=each.spent >= budget.limit,
            )
            for each in standing.subjects
        ],
    )


def _state(budget: Budget, spent: int, now_us: int) -> Literal["ok", "warning", "over", "overridden"]:
    if budget.overridden(now_us):
        return "overridden"
    if spent >= budget.limit:
        return "over"
    passed = any(spent * 100 >= budget.limit * percent for percent in budget.thresholds)
    return "warning" if passed else "ok"


def _in_unit(exact: float, unit: Unit) -> float:
    """Nano-dollars as dollars; tokens and requests as they are. For display only."""
    return usd_from_nanousd(round(exact)) if unit == "usd" else float(exact)


def _in_unit_or_none(exact: float | None, unit: Unit) -> float | None:
    return None if exact is None else _in_unit(exact, unit)
