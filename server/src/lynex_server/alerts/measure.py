"""What rules look at, asked of those who know: metrics of the query service, the queue, the budgets.

Calls block. Each asks on an event loop of its own with a query service of its own, one statement at a time:
a query service belongs to one loop, and rules must not take the turns of people who look at a page.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from lynex_server.alerts.anomaly import REACH_S, WEEK_S, WEEKS, baseline_starts
from lynex_server.alerts.budget_watch import BudgetWatch
from lynex_server.alerts.conditions import Reading, before_s
from lynex_server.alerts.metrics import measured, source_of
from lynex_server.alerts.model import Rule, Sample
from lynex_server.engines.queue.protocol import Queue
from lynex_server.kernel.clock import MICROS_PER_SECOND, us_from_datetime
from lynex_server.query.public import Filters, MetricValues, QueryService, TimeRange

POINTS_AT_ONCE = 1_500
"""Windows asked for in one statement: within the bound of every series."""
MOST_POINTS = 100_000
"""Windows times groups that one evaluation of history may hold in memory; fewer groups are looked at then."""
SEEN_WITHIN_S = 7 * 24 * 3600
"""A group that sent nothing for so long is no longer missed."""

T = TypeVar("T")
Windows = dict[int, float | None]
"""Values by the start of their window, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Readings by group; "" where the rule has none. `left_out`: there are more groups than were looked at.
    `earlier` are samples between the last look and now that only their source could still tell."""

    readings: Mapping[str, Reading]
    left_out: bool = False
    earlier: Mapping[str, tuple[Sample, ...]] | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Values of whole windows by group."""

    windows: Mapping[str, Windows]
    left_out: bool = False


class Measurer:
    """Measures for rules. Safe from any thread."""

    def __init__(self, open_query: Callable[[], QueryService], queue: Queue, budgets: BudgetWatch) -> None:
        self._open_query = open_query
        self._queue = queue
        self._budgets = budgets

    def now(self, rule: Rule, now_us: int, looked_at_us: int) -> Measured:
        """The rule's window that ends now, with what it is compared with. Raises what the source raises."""
        source = source_of(rule)
        if source == "queue":
            state = self._queue.state()
            value = state.entries if rule.metric == "queue_entries" else state.oldest_age_s
            return Measured({"": Reading(float(value))})
        if source == "budgets":
            return Measured(
                self._budgets.readings(rule, now_us), earlier=self._budgets.crossings(rule, looked_at_us)
            )
        return self._run(self._of_spans(rule, now_us // MICROS_PER_SECOND))

    def history(self, rule: Rule, start_s: int, end_s: int) -> History:
        """Every whole window that begins from `start_s` to before `end_s`; both on a window's edge."""
        return self._run(self._history(rule, start_s, end_s))

    def _run(self, asking: "Coroutine[object, object, T]") -> T:
        return asyncio.run(asking)

    async def _of_spans(self, rule: Rule, now_s: int) -> Measured:
        query = self._open_query()
        start_s = now_s - rule.window_s
        found, left_out = await self._totals(query, rule, start_s, now_s)
        values = {group: measured(rule, each) for group, each in found.items()}
        if rule.condition.kind == "no_data" and rule.group_by:
            seen, left_out = await self._totals(query, rule, now_s - SEEN_WITHIN_S, now_s)
            values = {group: values.get(group, 0.0) for group in seen}
        before: Mapping[str, float | None] = {}
        usual: Mapping[str, tuple[float, ...]] = {}
        if rule.condition.kind == "change":
            back_s = before_s(rule)
            then, _ = await self._totals(query, rule, start_s - back_s, now_s - back_s)
            before = {group: measured(rule, each) for group, each in then.items()}
        if rule.condition.kind == "anomaly":
            usual = await self._usual(query, rule, start_s // rule.window_s * rule.window_s)
        readings = {
            group: Reading(value, before.get(group), usual.get(group, ())) for group, value in values.items()
        }
        return Measured(readings, left_out)

    async def _totals(
        self, query: QueryService, rule: Rule, start_s: int, end_s: int
    ) -> tuple[dict[str, MetricValues], bool]:
        asked, filters = _range(start_s, end_s), _filters(rule)
        if not rule.group_by:
            return {"": await query.metrics.summary(rule.project_id, asked, filters, compare=False)}, False
        most = rule.max_groups + 1
        found = await query.metrics.totals(rule.project_id, asked, filters, rule.group_by, most)
        kept = dict(list(found.items())[: rule.max_groups])
        return kept, len(found) > len(kept)

    async def _usual(self, query: QueryService, rule: Rule, start_s: int) -> dict[str, tuple[float, ...]]:
        found: dict[str, list[float]] = {}
        reach_s = REACH_S // rule.window_s * rule.window_s
        for week in range(1, WEEKS + 1):
            centre_s = start_s - week * WEEK_S
            part = await self._series(
                query, rule, centre_s - reach_s, centre_s + reach_s + rule.window_s, rule.max_groups
            )
            for group, windows in part.items():
                found.setdefault(group, []).extend(value for value in windows.values() if value is not None)
        return {group: tuple(values) for group, values in found.items()}

    async def _history(self, rule: Rule, start_s: int, end_s: int) -> History:
        query = self._open_query()
        steps = max(1, (end_s - start_s) // rule.window_s)
        groups = min(rule.max_groups, max(1, MOST_POINTS // steps))
        windows: dict[str, Windows] = {}
        left_out = False
        for first_s in range(start_s, end_s, POINTS_AT_ONCE * rule.window_s):
            last_s = min(end_s, first_s + POINTS_AT_ONCE * rule.window_s)
            part = await self._series(query, rule, first_s, last_s, groups)
            for group, values in part.items():
                if group in windows or len(windows) < groups:
                    windows.setdefault(group, {}).update(values)
                else:
                    left_out = True
        return History(windows, left_out)

    async def _series(
        self, query: QueryService, rule: Rule, start_s: int, end_s: int, groups: int
    ) -> dict[str, Windows]:
        answer = await query.metrics.series(
            rule.project_id,
            _range(start_s, end_s),
            _filters(rule),
            rule.window,
            rule.group_by or None,
            groups,
        )
        # Beyond `groups`, the rest comes as one more line, under a key in parentheses.
        return {
            line.key: {
                us_from_datetime(point.time) // MICROS_PER_SECOND: measured(rule, point)
                for point in line.points
            }
            for line in answer.series[: groups if rule.group_by else 1]
        }


def readings_of(rule: Rule, windows: Windows, starts_s: Iterable[int]) -> Iterable[tuple[int, Reading]]:
    """The reading of each of these windows, with the instant (seconds) at which it ends."""
    back_s = before_s(rule)
    for start_s in starts_s:
        if start_s not in windows:
            continue
        usual: tuple[float, ...] = ()
        if rule.condition.kind == "anomaly":
            earlier = (windows.get(start) for start in baseline_starts(start_s, rule.window_s))
            usual = tuple(value for value in earlier if value is not None)
        before = windows.get(start_s - back_s) if rule.condition.kind == "change" else None
        yield start_s + rule.window_s, Reading(windows[start_s], before, usual)


def looks_back_s(rule: Rule) -> int:
    """How long before a window history must reach, so that the window has all it is compared with."""
    if rule.condition.kind == "change":
        return before_s(rule)
    if rule.condition.kind == "anomaly":
        return WEEKS * WEEK_S + REACH_S // rule.window_s * rule.window_s
    return 0


def _range(start_s: int, end_s: int) -> TimeRange:
    return TimeRange(str(start_s), str(end_s))


def _filters(rule: Rule) -> Filters:
    equals = {name: values for name, values in rule.filters.items() if name != "tag"}
    return Filters(equals=equals, tags=rule.filters.get("tag", ()))
