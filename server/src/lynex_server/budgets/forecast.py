"""Where a budget is heading, and how sure that is. Pure.

The rest of the running period is taken as the sum of m draws of which n were seen. Its expected value is m
times their mean, and its prediction interval is mean*m ± t * s * sqrt(m + m²/n): t is the quantile of
Student's distribution with n-1 degrees of freedom and s the standard deviation of what was seen (Hahn and
Meeker, Statistical Intervals, chapter 4: a prediction interval to contain the mean of m future observations
of a normal distribution, times m). It says nothing below `SEEN_AT_LEAST` observations.

What a draw is decides how honest that is:

- where at least three earlier periods were seen, a draw is what such a period spent after the same point of
  time (m = 1): nights, weekends and months' ends are then where they were before;
- else a draw is what a finished slot (a minute, an hour, a day) of this period spent, scaled to a slot.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

from lynex_server.budgets.windows import DAY_US, Calendar, Window

SEEN_AT_LEAST = 3
EARLIER_AT_MOST = 8
"""Earlier periods that are looked at: older ones say little of today."""
CONFIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class Forecast:
    """Amounts are exact numbers of the budget's unit. `expected`, `low` and `high` are what is spent at the
    period's end; None where there is no end, or too little was seen. `exhausted_at_us` lies in the period."""

    pace_per_day: float
    expected: float | None
    low: float | None
    high: float | None
    exhausted_at_us: int | None
    basis: str


def forecast(
    calendar: Calendar,
    limit: int,
    slots: Mapping[int, int],
    earlier: Sequence[Mapping[int, int]],
    first_use_us: int | None,
    now_us: int,
) -> Forecast:
    """What to expect of the running period.

    `slots` are the amounts of its slots by their start, `earlier` those of earlier periods, latest first,
    each by the slot's distance from its period's start. `first_use_us` is the first use ever: before it,
    nothing is known.
    """
    window = calendar.window(now_us)
    spent = sum(slots.values())
    begun_us = max(window.start_us, first_use_us or window.start_us)
    elapsed_us = max(now_us - begun_us, 1)
    pace_us = spent / elapsed_us
    if calendar.period == "rolling" or window.end_us is None:
        return _open_ended(window, limit, spent, pace_us, calendar, now_us)
    gone_us = now_us - window.start_us
    draws = _same_rest(earlier, gone_us, calendar.slot_us)
    if len(draws) >= SEEN_AT_LEAST:
        rest = _rest(draws, 1.0)
        basis = f"what the last {len(draws)} periods spent after the same point"
    else:
        draws = _finished_slots(slots, begun_us, calendar.slot_us, window, now_us)
        rest = _rest(draws, (window.end_us - now_us) / calendar.slot_us)
        if not draws:
            rest = (pace_us * (window.end_us - now_us), None)
        basis = "what this period spent so far"
    expected = spent + rest[0]
    margin = rest[1]
    return Forecast(
        pace_per_day=pace_us * DAY_US,
        expected=expected,
        low=None if margin is None else max(float(spent), expected - margin),
        high=None if margin is None else max(float(spent), expected + margin),
        exhausted_at_us=_exhausted_at(limit, spent, rest[0], now_us, window.end_us),
        basis=basis,
    )


def at_pace(calendar: Calendar, limit: int, spent: int, now_us: int) -> Forecast:
    """What to expect where no more is known than what was spent since the period began."""
    window = calendar.window(now_us)
    pace_us = spent / max(now_us - window.start_us, 1)
    if calendar.period == "rolling" or window.end_us is None:
        return _open_ended(window, limit, spent, pace_us, calendar, now_us)
    rest = pace_us * (window.end_us - now_us)
    exhausted_at_us = _exhausted_at(limit, spent, rest, now_us, window.end_us)
    return Forecast(pace_us * DAY_US, spent + rest, None, None, exhausted_at_us, "the pace of who spent most")


def student_quantile(probability: float, degrees: int) -> float:
    """The quantile of Student's t distribution, two-sided: |t| stays below it with this probability.

    Source: G. W. Hill, Algorithm 396, Communications of the ACM 13 (1970). Exact for one and two degrees; its
    error is below 0.1 % from three on at the probabilities used here.
    """
    tail = 1 - probability
    if degrees == 1:
        return 1 / math.tan(tail * math.pi / 2)
    if degrees == 2:
        return math.sqrt(2 / (tail * (2 - tail)) - 2)
    a = 1 / (degrees - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * degrees
    x = d * tail
    y = x ** (2 / degrees)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(tail / 2)
        y = x**2
        if degrees < 5:
            c += 0.3 * (degrees - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y**2)
    else:
        y = (
            (
                1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3)
                + 0.5 / (degrees + 4)
            )
            * y
            - 1
        ) * (degrees + 1) / (degrees + 2) + 1 / y
    return math.sqrt(degrees * y)


def _rest(draws: Sequence[float], count: float) -> tuple[float, float | None]:
    """Expected sum of `count` more draws, and half the width of its interval."""
    if not draws:
        return 0.0, None
    expected = count * fmean(draws)
    if len(draws) < SEEN_AT_LEAST:
        return expected, None
    seen = len(draws)
    width = student_quantile(CONFIDENCE, seen - 1) * stdev(draws) * math.sqrt(count + count**2 / seen)
    return expected, width


def _same_rest(earlier: Sequence[Mapping[int, int]], gone_us: int, slot_us: int) -> list[float]:
    """What each earlier period spent after `gone_us` of it; the slot that lies across counts by its part."""
    rests = []
    for period in earlier[:EARLIER_AT_MOST]:
        rest = 0.0
        for offset_us, amount in period.items():
            rest += amount * min(1.0, max(0.0, (offset_us + slot_us - gone_us) / slot_us))
        rests.append(rest)
    return rests


def _finished_slots(
    slots: Mapping[int, int], begun_us: int, slot_us: int, window: Window, now_us: int
) -> list[float]:
    """Amounts of this period's slots that are over and were all in use."""
    count = (now_us - window.start_us) // slot_us
    starts = (window.start_us + index * slot_us for index in range(count))
    return [float(slots.get(start, 0)) for start in starts if start + slot_us > begun_us]


def _exhausted_at(limit: int, spent: int, rest: float, now_us: int, end_us: int) -> int | None:
    if spent >= limit:
        return now_us
    if spent + rest < limit or rest <= 0:
        return None
    return now_us + int((limit - spent) / rest * (end_us - now_us))


def _open_ended(
    window: Window, limit: int, spent: int, pace_us: float, calendar: Calendar, now_us: int
) -> Forecast:
    """A total budget is used up some day; a rolling one is where it is."""
    exhausted = now_us if spent >= limit else None
    if exhausted is None and calendar.period == "total" and pace_us > 0:
        at_us = now_us + (limit - spent) / pace_us
        exhausted = int(at_us) if at_us < _LATEST_US else None
    pace = pace_us * DAY_US
    if calendar.period == "rolling":
        pace = spent * DAY_US / max(1, (window.end_us or now_us) - window.start_us)
    return Forecast(pace, None, None, None, exhausted, "what was spent so far")


_LATEST_US = 253_370_764_800_000_000
"""The year 9999: what comes later is never."""
