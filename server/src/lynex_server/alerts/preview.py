"""How often a rule would have fired in the past: the same judgement and the same states, over history."""

from dataclasses import dataclass

from lynex_server.alerts.budget_watch import BudgetWatch, sample_of
from lynex_server.alerts.conditions import judge
from lynex_server.alerts.describe import describe_sample
from lynex_server.alerts.evaluation import advance
from lynex_server.alerts.measure import Measurer, looks_back_s, readings_of
from lynex_server.alerts.metrics import source_of
from lynex_server.alerts.model import Rule, Sample, State
from lynex_server.kernel.clock import MICROS_PER_SECOND

PAST_DAYS = 30
MAX_FIRINGS = 500
_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Firing:
    """One firing that would have been; `until_us` is None when it would still hold."""

    group: str
    at_us: int
    until_us: int | None
    value: float | None
    summary: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The firings of the last `PAST_DAYS` days, newest first, `MAX_FIRINGS` at most of all `times`."""

    start_us: int
    end_us: int
    every_s: int
    times: int
    firings: tuple[Firing, ...]
    left_out: bool = False
    impossible: str = ""


def preview(rule: Rule, measurer: Measurer, budgets: BudgetWatch, now_us: int) -> Preview:
    """Evaluate the rule at the end of every window of the last `PAST_DAYS` days.

    Raises `QueryTooExpensive` or `Busy` as the engines do.
    """
    window_s = rule.window_s
    end_s = now_us // MICROS_PER_SECOND // window_s * window_s
    start_s = end_s - PAST_DAYS * _DAY_S // window_s * window_s
    bounds = (start_s * MICROS_PER_SECOND, end_s * MICROS_PER_SECOND, window_s)
    if source_of(rule) == "queue":
        return Preview(*bounds, 0, (), impossible="How full the queue was in the past is not recorded.")
    if source_of(rule) == "budgets":
        found = _of_budgets(rule, budgets, bounds[0])
        return Preview(*bounds, len(found), tuple(found[:MAX_FIRINGS]))
    history = measurer.history(rule, start_s - looks_back_s(rule), end_s)
    firings: list[Firing] = []
    for group, windows in history.windows.items():
        samples = [
            judge(rule, reading, at_s * MICROS_PER_SECOND)
            for at_s, reading in readings_of(rule, windows, range(start_s, end_s, window_s))
        ]
        firings += firings_of(rule, group, samples)
    firings.sort(key=lambda firing: (-firing.at_us, firing.group))
    return Preview(*bounds, len(firings), tuple(firings[:MAX_FIRINGS]), history.left_out)


def firings_of(rule: Rule, group: str, samples: list[Sample]) -> list[Firing]:
    """What these samples, one per window, would have made of a group that was quiet before. Pure."""
    gap_us = 2 * rule.window_s * MICROS_PER_SECOND
    _, transitions = advance(rule, State(), samples, gap_us)
    firings: list[Firing] = []
    for transition in transitions:
        sample = transition.sample
        if transition.kind == "opened":
            summary = describe_sample(rule, group, sample)
            firings.append(Firing(group, sample.at_us, None, sample.value, summary))
        else:
            last = firings.pop()
            firings.append(Firing(group, last.at_us, sample.at_us, last.value, last.summary))
    return firings


def _of_budgets(rule: Rule, budgets: BudgetWatch, start_us: int) -> list[Firing]:
    """One firing for the first news of each budget and period, which budgets keep for longer than this."""
    found: dict[tuple[str, str, int], Firing] = {}
    for event in budgets.events(rule, start_us):
        sample = sample_of(event)
        summary = describe_sample(rule, event.budget_name, sample)
        firing = Firing(event.budget_id, event.at_us, None, sample.value, summary)
        found.setdefault((event.budget_id, event.subject, event.period_start_us), firing)
    return sorted(found.values(), key=lambda firing: -firing.at_us)
