"""From judged samples to what happens: the state of one group of a rule, one sample after another. Pure.

    ok ── over the limit ──> pending ── for `for_s` ──> firing ── clear for `recover_s` ──> ok
            │                   └── clear ──> ok           └── over the limit again: it never was clear
            └── `for_s` is 0: fires at once

Invariants:

- A sample that is not newer than the last one changes nothing: the same samples twice give the same state.
- A group fires at most once per period (`Rule.once_per`, or the sample's own).
- What nobody measured did not last: after a gap longer than `longest_gap_us` a pending group begins anew.
"""

from collections.abc import Sequence
from dataclasses import replace

from lynex_server.alerts.model import OncePer, Rule, Sample, State, Transition
from lynex_server.kernel.clock import MICROS_PER_SECOND, datetime_from_us


def advance(
    rule: Rule, state: State, samples: Sequence[Sample], longest_gap_us: int
) -> tuple[State, list[Transition]]:
    """The state after these samples, in order of time, and what became of the group on the way."""
    transitions: list[Transition] = []
    for sample in sorted(samples, key=lambda each: each.at_us):
        if sample.at_us <= state.judged_at_us:
            continue
        state, transition = _step(rule, state, sample, longest_gap_us)
        if transition is not None:
            transitions.append(transition)
    return state, transitions


def _step(rule: Rule, state: State, sample: Sample, longest_gap_us: int) -> tuple[State, Transition | None]:
    gap_us = sample.at_us - state.judged_at_us
    judged = replace(state, value=sample.value, judged_at_us=sample.at_us)
    if state.phase == "firing":
        return _while_firing(rule, judged, sample)
    if not sample.breach:
        return replace(judged, phase="ok", since_us=_since(judged, "ok", sample)), None
    if state.phase == "ok" or gap_us > longest_gap_us:
        judged = replace(judged, phase="pending", since_us=sample.at_us)
    period = sample.period or period_of(rule.once_per, sample.at_us)
    long_enough = sample.at_us - judged.since_us >= rule.for_s * MICROS_PER_SECOND
    if not long_enough or (period and period == judged.told_period):
        return judged, None
    firing = replace(judged, phase="firing", since_us=sample.at_us, clear_since_us=None, told_period=period)
    return firing, Transition("opened", sample)


def _while_firing(rule: Rule, state: State, sample: Sample) -> tuple[State, Transition | None]:
    if sample.breach:
        return replace(state, clear_since_us=None), None
    clear_since_us = sample.at_us if state.clear_since_us is None else state.clear_since_us
    if sample.at_us - clear_since_us < rule.recover_s * MICROS_PER_SECOND:
        return replace(state, clear_since_us=clear_since_us), None
    recovered = replace(state, phase="ok", since_us=sample.at_us, clear_since_us=None)
    return recovered, Transition("resolved", sample)


def _since(state: State, phase: str, sample: Sample) -> int:
    return state.since_us if state.phase == phase and state.since_us else sample.at_us


def period_of(once_per: OncePer, at_us: int) -> str:
    """The name of the calendar period (UTC) of an instant; empty for `none`."""
    at = datetime_from_us(at_us)
    if once_per == "week":
        year, week, _ = at.isocalendar()
        return f"{year}-W{week:02d}"
    formats = {"none": "", "hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
    return at.strftime(formats[once_per])
