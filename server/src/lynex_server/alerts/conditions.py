"""Whether what was measured is worth an alert. Pure."""

from dataclasses import dataclass

from lynex_server.alerts.anomaly import baseline
from lynex_server.alerts.model import Before, Direction, Rule, Sample

BEFORE_S: dict[Before, int] = {"window": 0, "day": 24 * 3600, "week": 7 * 24 * 3600}
"""How long before a window the one lies that it is compared with; 0: right before it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one group with what it is compared with: the value before, and the baseline's values.
    `period` is what "once per period" means for it, empty where the rule says so."""

    value: float | None
    before: float | None = None
    usual: tuple[float, ...] = ()
    period: str = ""


def before_s(rule: Rule) -> int:
    """How long before its window the rule looks for comparison, by a condition of change."""
    return BEFORE_S[rule.condition.compared_with] or rule.window_s


def judge(rule: Rule, reading: Reading, at_us: int) -> Sample:
    """The reading as a sample. What has no value, or nothing to be compared with, is no breach."""
    condition = rule.condition
    if condition.kind == "no_data":
        return Sample(at_us, not reading.value, reading.value, period=reading.period)
    value, expected, breach = reading.value, None, False
    if value is not None:
        if condition.kind == "above":
            breach = value >= condition.limit if rule.metric == "budget_percent" else value > condition.limit
        elif condition.kind == "below":
            breach = value < condition.limit
        elif condition.kind == "change":
            breach, expected = _changed(rule, value, reading.before), reading.before
        else:
            breach, expected = _unusual(rule, value, reading.usual)
    return Sample(at_us, breach, value, expected, reading.period)


def change_percent(value: float, before: float | None) -> float | None:
    """By how much it changed. From nothing there is no percent: None."""
    return None if not before else 100 * (value - before) / abs(before)


def _changed(rule: Rule, value: float, before: float | None) -> bool:
    percent = change_percent(value, before)
    return percent is not None and _beyond(percent, rule.condition.limit, rule.condition.direction)


def _unusual(rule: Rule, value: float, usual: tuple[float, ...]) -> tuple[bool, float | None]:
    known = baseline(usual)
    if known is None:
        return False, None
    return _beyond(known.score(value), rule.condition.limit, rule.condition.direction), known.centre


def _beyond(amount: float, limit: float, direction: Direction) -> bool:
    return (direction != "down" and amount > limit) or (direction != "up" and amount < -limit)
