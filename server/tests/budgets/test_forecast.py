"""Where a budget is heading, and that the interval is honest."""

import random
from statistics import NormalDist

import pytest
from budgets.factories import DAY_US, HOUR_US, USD
from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.budgets.forecast import Forecast, forecast, student_quantile
from lynex_server.budgets.windows import Calendar

DAY = Calendar("day")
MONTH = Calendar("month")
MIDNIGHT_US = NOON_US - 12 * HOUR_US


def a_forecast(
    calendar: Calendar = DAY, limit: int = 100, now_us: int = NOON_US, slots=None, earlier=(), first=None
) -> Forecast:
    return forecast(calendar, limit, slots or {}, list(earlier), first, now_us)


def test_an_even_day_goes_on_as_it_began():
    slots = {MIDNIGHT_US + hour * HOUR_US: 2 for hour in range(12)}

    outlook = a_forecast(slots=slots, limit=40)

    assert (outlook.expected, outlook.low, outlook.high) == (48, 48, 48)
    assert outlook.pace_per_day == pytest.approx(48)
    assert outlook.exhausted_at_us == NOON_US + 8 * HOUR_US


def test_without_three_observations_there_is_no_interval():
    outlook = a_forecast(slots={MIDNIGHT_US: 5}, now_us=MIDNIGHT_US + 2 * HOUR_US)

    assert outlook.expected == pytest.approx(60)
    assert outlook.low is None
    assert outlook.high is None


def test_a_morning_is_no_measure_for_the_day_once_days_are_known():
    """Nights are quiet: a straight line through the morning would never see the afternoon coming."""
    earlier = [{15 * HOUR_US: 100 + day} for day in range(5)]

    outlook = a_forecast(slots={}, earlier=earlier, now_us=MIDNIGHT_US + 6 * HOUR_US, limit=90)

    assert outlook.expected == pytest.approx(102)
    assert outlook.low < 102 < outlook.high
    assert outlook.basis.startswith("what the last 5 periods")
    assert outlook.exhausted_at_us is not None


def test_time_before_the_first_use_does_not_count():
    first = NOON_US - 3 * HOUR_US
    slots = {first + hour * HOUR_US: 4 for hour in range(3)}

    assert a_forecast(slots=slots, first=first).expected == pytest.approx(12 + 48)


def test_a_total_budget_names_the_day_on_which_it_ends():
    first = NOON_US - 10 * DAY_US
    outlook = a_forecast(Calendar("total"), 30 * USD, slots={first: 10 * USD}, first=first)

    assert outlook.expected is None
    assert outlook.exhausted_at_us == pytest.approx(NOON_US + 20 * DAY_US)


def test_a_budget_that_is_used_up_is_used_up_now():
    assert a_forecast(slots={MIDNIGHT_US: 100}).exhausted_at_us == NOON_US


def test_nothing_spent_expects_nothing():
    outlook = a_forecast(now_us=MIDNIGHT_US + 5 * HOUR_US)

    assert (outlook.expected, outlook.low, outlook.high, outlook.exhausted_at_us) == (0, 0, 0, None)


@given(
    st.dictionaries(st.integers(0, 23), st.integers(0, 10**12), max_size=24),
    st.lists(st.dictionaries(st.integers(0, 23), st.integers(0, 10**12), max_size=24), max_size=10),
    st.integers(0, DAY_US - 1),
    st.integers(1, 10**13),
)
def test_holds_together_whatever_was_spent(today, days, gone_us, limit):
    now_us = MIDNIGHT_US + gone_us
    slots = {
        MIDNIGHT_US + hour * HOUR_US: spent for hour, spent in today.items() if hour * HOUR_US <= gone_us
    }
    earlier = [{hour * HOUR_US: spent for hour, spent in day.items()} for day in days]
    spent = sum(slots.values())

    outlook = forecast(DAY, limit, slots, earlier, None, now_us)

    assert outlook.expected >= spent
    if outlook.low is not None:
        assert spent <= outlook.low <= outlook.expected * (1 + 1e-9) <= outlook.high * (1 + 1e-9) + 1e-6
    if outlook.exhausted_at_us is not None:
        assert now_us <= outlook.exhausted_at_us <= DAY.window(now_us).end_us
    else:
        assert outlook.expected <= limit * (1 + 1e-9)


def test_the_interval_holds_as_often_as_it_says():
    """80 % of what it promises comes true, on days that are drawn as the method supposes."""
    rng = random.Random(7)
    kept = 0
    for _ in range(600):
        hours = [max(0, round(rng.gauss(1000, 200))) for _ in range(24)]
        slots = {MIDNIGHT_US + hour * HOUR_US: hours[hour] for hour in range(12)}
        outlook = a_forecast(slots=slots, limit=10**9)
        kept += outlook.low <= sum(hours) <= outlook.high
    assert 0.74 < kept / 600 < 0.86


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 3.0777), (2, 1.8856), (3, 1.6377), (4, 1.5332), (7, 1.4149), (30, 1.3104), (200, 1.2858)],
)
def test_knows_the_quantiles_of_student(degrees: int, quantile: float):
    """Two-sided 80 %, as tables print them."""
    assert student_quantile(0.8, degrees) == pytest.approx(quantile, rel=2e-3)


def test_student_becomes_normal():
    assert student_quantile(0.8, 100_000) == pytest.approx(NormalDist().inv_cdf(0.9), rel=1e-4)


def test_a_month_looks_at_days():
    start_us = MONTH.window(NOON_US).start_us
    slots = {start_us + day * DAY_US: 10 for day in range(4)}

    outlook = a_forecast(MONTH, slots=slots, now_us=start_us + 4 * DAY_US)

    assert outlook.expected == pytest.approx(310)
