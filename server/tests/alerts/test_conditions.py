"""What is worth an alert, as values."""

import pytest
from alerts.factories import a_rule
from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.alerts.anomaly import WEEK_S, baseline, baseline_starts
from lynex_server.alerts.conditions import Reading, judge
from lynex_server.alerts.metrics import measured
from lynex_server.alerts.model import Condition
from lynex_server.query.public import MetricValues, Percentiles

VALUES = MetricValues(
    calls=100, spans=120, errors=7, unpriced=3, estimated=2, input_tokens=9_000, output_tokens=1_000,
    cache_read_tokens=10, cache_write_tokens=20, reasoning_tokens=30, cost_usd=0.5, cost_nanousd=500_000_000,
    latency_ms=Percentiles(p50=100.0, p95=900.0, p99=None),
    time_to_first_token_ms=Percentiles(p50=None, p95=None, p99=None),
)  # fmt: skip
NOTHING = VALUES.model_copy(
    update={"calls": 0, "spans": 0, "errors": 0, "cost_usd": 0.0, "input_tokens": 0, "output_tokens": 0}
)


def breach(condition: Condition, reading: Reading, **rule) -> bool:
    return judge(a_rule(condition=condition, **rule), reading, NOON_US).breach


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("error_rate_percent", 7.0),
        ("latency_ms", 900.0),
        ("time_to_first_token_ms", None),
        ("tokens_per_minute", 2_000.0),
        ("cost_usd_per_hour", 6.0),
        ("cost_usd_per_request", 0.005),
        ("unpriced_calls", 3.0),
        ("spans", 120.0),
        ("cost_usd", 0.5),
    ],
)
def test_a_metric_is_what_its_name_says(metric: str, value: float | None):
    assert measured(a_rule(metric=metric), VALUES) == value


@pytest.mark.parametrize("metric", ["error_rate_percent", "cost_usd_per_request", "latency_ms"])
def test_no_calls_have_no_rate(metric: str):
    assert measured(a_rule(metric=metric), NOTHING) is None
    assert measured(a_rule(metric="tokens_per_minute", min_calls=0), NOTHING) == 0


def test_too_few_calls_say_nothing():
    assert measured(a_rule(min_calls=101), VALUES) is None


def test_a_limit_is_passed_above_or_below_it():
    assert breach(Condition("above", 5), Reading(5.1))
    assert not breach(Condition("above", 5), Reading(5.0))
    assert breach(Condition("below", 5), Reading(4.9))


def test_a_budget_is_used_up_at_its_limit():
    assert breach(Condition("above", 100), Reading(100.0), metric="budget_percent")


def test_what_has_no_value_is_no_breach():
    for kind in ("above", "below", "change", "anomaly"):
        assert not breach(Condition(kind, 1), Reading(None))


def test_no_data_is_a_breach_when_nothing_came():
    assert breach(Condition("no_data"), Reading(0.0))
    assert not breach(Condition("no_data"), Reading(1.0))


def test_a_change_counts_in_its_direction():
    assert breach(Condition("change", 50, "up"), Reading(16.0, before=10.0))
    assert not breach(Condition("change", 50, "up"), Reading(4.0, before=10.0))
    assert breach(Condition("change", 50, "down"), Reading(4.0, before=10.0))
    assert breach(Condition("change", 50, "either"), Reading(4.0, before=10.0))


def test_from_nothing_there_is_no_change_in_percent():
    assert not breach(Condition("change", 50, "up"), Reading(16.0, before=0.0))
    assert not breach(Condition("change", 50, "up"), Reading(16.0, before=None))


def test_an_anomaly_is_far_from_what_is_usual():
    usual = (10.0, 11.0, 9.0, 10.0, 12.0, 8.0, 10.0)

    assert breach(Condition("anomaly", 3.5), Reading(30.0, usual=usual))
    assert not breach(Condition("anomaly", 3.5), Reading(12.0, usual=usual))
    assert not breach(Condition("anomaly", 3.5), Reading(0.0, usual=usual))
    assert breach(Condition("anomaly", 3.5, "either"), Reading(0.0, usual=usual))


def test_one_bad_week_does_not_move_the_baseline():
    good = [10.0, 11.0, 9.0] * 4
    spoilt = [*good, 900.0, 900.0, 900.0]

    assert baseline(spoilt).centre == pytest.approx(baseline(good).centre, abs=1)
    assert baseline(spoilt).score(30) > 3.5


def test_two_outliers_do_not_mask_each_other():
    """What mean and standard deviation fail at: here they call nothing unusual beyond two deviations."""
    data = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
    found = baseline(data)

    assert [value for value in data if abs(found.score(value)) > 3.5] == [8.2, 8.3]


def test_too_few_weeks_have_no_baseline():
    assert baseline([1.0, 2.0]) is None


@given(st.lists(st.floats(0, 1e9), min_size=3, max_size=60), st.floats(1, 1e6))
def test_a_baseline_scales_with_its_values(samples: list[float], factor: float):
    found, scaled = baseline(samples), baseline([each * factor for each in samples])

    assert scaled.centre == pytest.approx(found.centre * factor)
    assert scaled.spread == pytest.approx(found.spread * factor)


@pytest.mark.parametrize(("window_s", "samples"), [(60, 244), (300, 52), (1800, 12), (3600, 4), (86_400, 4)])
def test_a_baseline_is_the_same_time_of_four_weeks(window_s: int, samples: int):
    starts = baseline_starts(10 * WEEK_S, window_s)

    assert len(starts) == samples
    assert all(abs((10 * WEEK_S - start + WEEK_S // 2) % WEEK_S - WEEK_S // 2) <= 1800 for start in starts)
