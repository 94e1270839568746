"""Budgets: made, changed, overridden, removed, and looked at."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from lynex_server.budgets import storage
from lynex_server.budgets.control import MOST_NEAR, ControlBoard
from lynex_server.budgets.definition import budget_from, redefines
from lynex_server.budgets.describe import describe_budget
from lynex_server.budgets.events import (
    current_lines,
    events_of,
    events_since,
    note_all_subjects,
    note_crossings,
)
from lynex_server.budgets.forecast import EARLIER_AT_MOST, Forecast, at_pace, forecast
from lynex_server.budgets.mirror import Mirror
from lynex_server.budgets.model import Budget, BudgetEvent, Override, Standing, Subject, SubjectStanding
from lynex_server.budgets.recount import NEW, REDEFINED, WINDOWS_BACK, Recount
from lynex_server.budgets.schemas import BudgetInput
from lynex_server.budgets.settings import BudgetSettings
from lynex_server.budgets.subjects import closest, count_subjects, counters_before
from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal, organisations_of
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy, Conflict, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import AuditLog

HISTORY_PERIODS = 60
HISTORY_EVENTS = 200
SUBJECTS_SHOWN = 10


class BudgetService:
    """The service. Calls block and are safe from any thread.

    `sees_all` says whether the principal has a role in the organisation as a whole: only then does he see and
    change budgets that are about all of its projects.
    """

    def __init__(
        self,
        database: Database,
        counters: Counters,
        mirror: Mirror,
        board: ControlBoard,
        recount: Recount,
        audit: AuditLog,
        settings: BudgetSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._counters = counters
        self._mirror = mirror
        self._board = board
        self._recount = recount
        self._audit = audit
        self._settings = settings
        self._clock = clock

    def create(self, principal: Principal, wanted: BudgetInput) -> Budget:
        """Make a budget; what was spent in its period before counts. Raises `InvalidInput`, `Conflict`."""
        now_us = self._clock.now_us()
        budget = budget_from(
            wanted,
            budget_id=new_id("bud"),
            organisation_id=principal.organisation_id,
            project_id=principal.project_id,
            created_at_us=now_us,
            now_us=now_us,
            counting=NEW,
        )
        with self._database.begin() as connection:
            self._database.lock(connection, storage.BUDGETS_LOCK)
            most = self._settings.budgets_max_per_organisation
            if storage.count_budgets(connection, budget.organisation_id) >= most:
                raise Conflict(f"There are {most} budgets already (LYNEX_BUDGETS_MAX_PER_ORGANISATION).")
            storage.add_budget(connection, budget)
            self._record(connection, principal, "budget.created", None, budget)
        return self._counted(budget)

    def change(self, principal: Principal, budget_id: str, wanted: BudgetInput, sees_all: bool) -> Budget:
        """Make a budget as wanted. Raises `NotFound`, `InvalidInput`."""
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            self._database.lock(connection, storage.BUDGETS_LOCK)
            before = _visible(storage.find_budget(connection, budget_id), principal, sees_all)
            budget = budget_from(
                wanted,
                budget_id=before.id,
                organisation_id=before.organisation_id,
                project_id=before.scope.project_id or principal.project_id,
                created_at_us=before.created_at_us,
                now_us=now_us,
                override=before.override,
                counting=before.counting,
            )
            anew = redefines(before, budget)
            if anew:
                budget = replace(budget, counting=REDEFINED)
                oldest_us = budget.calendar.before(WINDOWS_BACK[budget.calendar.period], now_us)
                storage.forget_lines_before(connection, budget.id, oldest_us)
            storage.replace_budget(connection, budget)
            if not anew:
                note_crossings(self._database, connection, self._audit, [budget], now_us)
                note_all_subjects(self._database, connection, budget, now_us)
            self._record(connection, principal, "budget.changed", before, budget)
        if anew:
            return self._counted(budget)
        self._board.changed(budget.organisation_id)
        return budget

    def override(
        self, principal: Principal, budget_id: str, minutes: int, reason: str, sees_all: bool
    ) -> Budget:
        """Let calls through for a while, whatever was spent. Raises `NotFound`."""
        until_us = self._clock.now_us() + minutes * 60 * MICROS_PER_SECOND
        by = principal.name or principal.api_key_id or principal.user_id
        override = Override(until_us, reason, by)
        return self._overridden(principal, budget_id, override, "budget.overridden", sees_all)

    def end_override(self, principal: Principal, budget_id: str, sees_all: bool) -> Budget:
        """Let the budget hold again before its override is over. Harmless without one. Raises `NotFound`."""
        return self._overridden(principal, budget_id, None, "budget.override_ended", sees_all)

    def remove(self, principal: Principal, budget_id: str, sees_all: bool) -> None:
        """Remove a budget with its history. Raises `NotFound`."""
        with self._database.begin() as connection:
            self._database.lock(connection, storage.BUDGETS_LOCK)
            budget = _visible(storage.find_budget(connection, budget_id), principal, sees_all)
            subjects = counters_before(connection, budget_id, 2**53)
            storage.remove_budget(connection, budget_id)
            self._record(connection, principal, "budget.removed", budget, None)
        for counter in (budget_id, *subjects):
            self._counters.forget(counter, 2**53)
        self._board.changed(budget.organisation_id)

    def find(self, principal: Principal, budget_id: str, sees_all: bool) -> Budget:
        """One budget. Raises `NotFound`."""
        with self._database.read() as connection:
            return _visible(storage.find_budget(connection, budget_id), principal, sees_all)

    def about(self, principal: Principal, sees_all: bool) -> Sequence[Budget]:
        """The budgets about the project, by name; with `sees_all` those about every project, too."""
        with self._database.read() as connection:
            found = storage.budgets_of_organisations(
                connection, [principal.organisation_id], [principal.project_id]
            )
        mine = [budget for budget in found if budget.scope.project_id or sees_all]
        return sorted(mine, key=lambda budget: (budget.name, budget.id))

    def standings(self, budgets: Sequence[Budget]) -> list[tuple[Standing, Forecast]]:
        """Where each budget stands, by the books, and where it is heading."""
        now_us = self._clock.now_us()
        ranges = [current_lines(budget, now_us) for budget in budgets]
        levels = self._counters.levels(ranges, now_us)
        since = {budget.id: budget.calendar.before(EARLIER_AT_MOST, now_us) for budget in budgets}
        with self._database.read() as connection:
            spent = storage.spent_in(connection, ranges)
            slots = storage.slots_since(connection, list(since), since)
            subjects = {
                budget.id: self._of_subjects(connection, budget, now_us) for budget in budgets if budget.per
            }
        found = []
        for budget, level in zip(budgets, levels, strict=True):
            if budget.per:
                standing = subjects[budget.id]
                found.append((standing, at_pace(budget.calendar, budget.limit, standing.spent, now_us)))
                continue
            standing = Standing(budget.window(now_us), spent.get(budget.id, 0), level.held)
            found.append((standing, _forecast(budget, standing, slots[budget.id], now_us)))
        return found

    def closest_subjects(self, budget: Budget) -> dict[Subject, int]:
        """What those subjects have spent who are past half of their limit, those first who spent most."""
        with self._database.read() as connection:
            return closest(connection, budget, max(1, budget.limit // 2), self._clock.now_us(), MOST_NEAR)

    def _of_subjects(self, connection: sa.Connection, budget: Budget, now_us: int) -> Standing:
        top = closest(connection, budget, 1, now_us, SUBJECTS_SHOWN)
        _, first, last = current_lines(budget, now_us)
        levels = self._counters.levels([(budget.counter(subject), first, last) for subject in top], now_us)
        subjects = tuple(
            SubjectStanding(subject, spent, level.held)
            for (subject, spent), level in zip(top.items(), levels, strict=True)
        )
        return Standing(
            budget.window(now_us),
            subjects[0].spent if subjects else 0,
            subjects[0].held if subjects else 0,
            subjects,
            count_subjects(connection, budget, 1, now_us),
            count_subjects(connection, budget, budget.limit, now_us),
        )

    def history(self, budget: Budget) -> tuple[list[tuple[int, int]], list[BudgetEvent]]:
        """The latest periods (or slots) with what was spent, and the latest news; newest first."""
        with self._database.read() as connection:
            lines = storage.lines_of(connection, budget.id, HISTORY_PERIODS)
            return lines, events_of(connection, budget.id, HISTORY_EVENTS)

    def events_since(self, since_us: int) -> list[BudgetEvent]:
        """News of every budget since then, for those who pass it on. See `events.events_since`."""
        with self._database.read() as connection:
            return events_since(connection, since_us)

    def recount_projects(self, project_ids: Sequence[str]) -> int:
        """Count every budget about these projects anew, after their history was changed; gives how many."""
        with self._database.read() as connection:
            owners = set(organisations_of(connection, project_ids).values())
            found = storage.budgets_of_organisations(connection, owners, project_ids)
        for budget in found:
            self._counted(budget)
        return len(found)

    def _overridden(
        self, principal: Principal, budget_id: str, override: Override | None, action: str, sees_all: bool
    ) -> Budget:
        with self._database.begin() as connection:
            self._database.lock(connection, storage.BUDGETS_LOCK)
            before = _visible(storage.find_budget(connection, budget_id), principal, sees_all)
            if override is None and not before.overridden(self._clock.now_us()):
                return before
            budget = replace(before, override=override)
            storage.replace_budget(connection, budget)
            self._record(connection, principal, action, before, budget)
        self._board.changed(budget.organisation_id)
        return budget

    def _counted(self, budget: Budget) -> Budget:
        """Count its history now; where an engine is away, the reconciler does it when that is back."""
        try:
            if self._recount.count(budget.id):
                budget = replace(budget, counting="")
            self._mirror.load([budget.id])
        except Busy:
            pass  # `counting` says so until it is done
        self._board.changed(budget.organisation_id)
        return budget

    def _record(
        self,
        connection: sa.Connection,
        principal: Principal,
        action: str,
        before: Budget | None,
        after: Budget | None,
    ) -> None:
        budget = after or before
        if budget is None:
            raise ValueError("neither before nor after")
        self._audit.record(
            connection,
            principal.actor(),
            action,
            organisation_id=budget.organisation_id,
            project_id=budget.scope.project_id,
            target=budget.id,
            before=None if before is None else _plain(before),
            after=None if after is None else _plain(after),
        )


def _visible(budget: Budget | None, principal: Principal, sees_all: bool) -> Budget:
    if budget is None or budget.organisation_id != principal.organisation_id:
        raise NotFound("There is no such budget.")
    if budget.scope.project_id != principal.project_id and not (sees_all and not budget.scope.project_id):
        raise NotFound("There is no such budget.")
    return budget


def _plain(budget: Budget) -> dict[str, object]:
    return {
        "name": budget.name,
        "describes": describe_budget(budget),
        "scope": budget.scope.given(),
        "limit": budget.limit,
        "unit": budget.unit,
        "thresholds": list(budget.thresholds),
        "action": budget.action,
        "hard_stop": budget.hard_stop,
        "per": budget.per,
        "override": None
        if budget.override is None
        else {"until_us": budget.override.until_us, "reason": budget.override.reason},
    }


def _forecast(budget: Budget, standing: Standing, slots: dict[int, dict[int, int]], now_us: int) -> Forecast:
    start_us = standing.window.start_us
    earlier = [
        {slot_us - line_us: spent for slot_us, spent in slots[line_us].items()}
        for line_us in sorted(slots, reverse=True)
        if line_us < start_us
    ]
    first_use_us = min(
        (slot for line in slots.values() for slot, spent in line.items() if spent), default=None
    )
    current = slots.get(start_us, {})
    if budget.calendar.period == "rolling":
        current = {start_us: standing.spent}
    return forecast(budget.calendar, budget.limit, current, earlier, first_use_us, now_us)
