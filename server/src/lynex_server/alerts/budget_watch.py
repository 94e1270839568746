"""What budgets say to rules: where each stands now, and which limits were passed since the last look."""

from collections.abc import Iterable

from lynex_server.alerts.conditions import Reading
from lynex_server.alerts.model import Rule, Sample
from lynex_server.budgets.public import SUBJECT_MARK, Budget, BudgetEvent, Budgets, Subject
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId, UserId

OVERLAP_US = 60 * MICROS_PER_SECOND
"""Transactions end in another order than they begin: news may be this much older than the last look."""


class BudgetWatch:
    """Looks at budgets for rules. The group of a rule is a budget's id; of a budget that holds for each end
    user, API key or session, the name of that one's counter: incidents outlive an erasure, names must not."""

    def __init__(self, budgets: Budgets, clock: Clock) -> None:
        self._budgets = budgets
        self._clock = clock

    def readings(self, rule: Rule, now_us: int) -> dict[str, Reading]:
        """How much of each budget is used, in percent, by the budgets' own books."""
        meant = self._meant(rule)
        standings = self._budgets.service.standings(meant)
        readings = {
            budget.id: _reading(budget, standing.spent, now_us)
            for budget, (standing, _) in zip(meant, standings, strict=True)
            if not budget.per
        }
        for budget in meant:
            if budget.per:
                for subject, spent in self._budgets.service.closest_subjects(budget).items():
                    readings[budget.counter(subject)] = _reading(budget, spent, now_us)
        return readings

    def crossings(self, rule: Rule, since_us: int) -> dict[str, tuple[Sample, ...]]:
        """Limits passed since then, also in periods that are over: budgets keep that news."""
        meant = {budget.id: budget for budget in self._meant(rule)}
        found: dict[str, list[Sample]] = {}
        for event in self.events(rule, since_us - OVERLAP_US):
            subject = Subject(event.project_id, event.subject)
            found.setdefault(meant[event.budget_id].counter(subject), []).append(sample_of(event))
        return {budget_id: tuple(samples) for budget_id, samples in found.items()}

    def events(self, rule: Rule, since_us: int) -> list[BudgetEvent]:
        """The news that the rule is about, oldest first."""
        ids = {budget.id for budget in self._meant(rule)}
        return [
            event
            for event in self._all_events(since_us)
            if event.budget_id in ids and event.spent * 100 >= rule.condition.limit * event.limit
        ]

    def name_of(self, rule: Rule, group: str) -> str:
        """What people call the budget, and whose limit it is; the group itself when it is gone."""
        budget_id, of_subject, _ = group.partition(SUBJECT_MARK)
        budget = next((each for each in self._meant(rule) if each.id == budget_id), None)
        if budget is None:
            return group
        if not of_subject:
            return budget.name
        if budget.per == "end_user":
            return f"{budget.name} (of one end user: the budget's news say of whom)"
        near = self._budgets.service.closest_subjects(budget)
        whose = next((subject.value for subject in near if budget.counter(subject) == group), "gone")
        return f"{budget.name} ({whose})"

    def _all_events(self, since_us: int) -> Iterable[BudgetEvent]:
        seen: set[str] = set()
        while True:
            page = [event for event in self._budgets.service.events_since(since_us) if event.id not in seen]
            if not page:
                return
            yield from page
            seen.update(event.id for event in page)
            since_us = page[-1].at_us

    def _meant(self, rule: Rule) -> list[Budget]:
        whoever = Principal(
            ProjectId(rule.project_id),
            OrganisationId(rule.organisation_id),
            KeyId(""),
            UserId(""),
            frozenset(),
            "alerts",
        )
        found = self._budgets.service.about(whoever, sees_all=rule.organisation_budgets)
        return [budget for budget in found if rule.budget_id in ("", budget.id)]


def _reading(budget: Budget, spent: int, now_us: int) -> Reading:
    return Reading(
        spent * 100 / budget.limit if budget.limit else 0.0,
        period=str(budget.calendar.period_id_us(now_us)),
    )


def sample_of(event: BudgetEvent) -> Sample:
    """A passed limit as a sample."""
    return Sample(
        event.at_us, True, event.spent * 100 / event.limit if event.limit else 0.0,
        period=str(event.period_start_us),
    )  # fmt: skip
