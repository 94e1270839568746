"""Rules in words."""

import pytest
from alerts.factories import a_rule
from clocks import NOON_US

from lynex_server.alerts.describe import describe_rule, describe_sample
from lynex_server.alerts.model import Condition, Matcher, Sample


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Warns when the error rate within 5 minutes is above 5 %"),
        (
            {"filters": {"environment": ("production",)}, "group_by": "model", "for_s": 120, "min_calls": 20,
             "severity": "critical", "once_per": "hour"},
            "Alarms when the error rate of calls with environment production within 5 minutes is above 5 % "
            "for 2 minutes for each of the 20 busiest values of model by itself; looks only at windows with "
            "20 calls or more; at most once per hour and model",
        ),
        (
            {"metric": "latency_ms", "percentile": 99, "condition": Condition("above", 1500.0)},
            "Warns when the 99th percentile of the latency within 5 minutes is above 1,500 ms",
        ),
        (
            {"metric": "cost_usd_per_hour", "window": "1h",
             "condition": Condition("change", 50, "up", "week")},
            "Warns when the cost rate within 1 hour rises by more than 50 % against a week before",
        ),
        (
            {"metric": "cost_usd", "window": "1h", "condition": Condition("anomaly", 3.5)},
            "Warns when the cost within 1 hour is more than 3.5 robust deviations above what is usual at "
            "that hour of the week",
        ),
        (
            {"metric": "spans", "condition": Condition("no_data"), "severity": "info"},
            "Tells when no spans have come for 5 minutes",
        ),
        (
            {"metric": "budget_percent", "condition": Condition("above", 80)},
            "Warns when the used part of the budget, of any budget, is at or above 80 %; once per period of "
            "the budget",
        ),
        (
            {"inhibits": (Matcher("severity", "info"),), "enabled": False},
            "Warns when the error rate within 5 minutes is above 5 %; meanwhile nobody is told of incidents "
            "whose severity is info (switched off)",
        ),
    ],
)  # fmt: skip
def test_a_rule_says_what_it_will_do(changes, words: str):
    assert describe_rule(a_rule(**changes)) == words


@pytest.mark.parametrize(
    ("changes", "sample", "words"),
    [
        ({}, Sample(NOON_US, True, 12.5), "the error rate of gpt-4o was 12.5 %, above 5 %"),
        (
            {"metric": "cost_usd_per_hour", "condition": Condition("change", 50)},
            Sample(NOON_US, True, 3.0, 1.5),
            "the cost rate of gpt-4o was $3/h, +100 % against $1.5/h the 5 minutes before",
        ),
        (
            {"metric": "cost_usd_per_request", "condition": Condition("above", 0.00001)},
            Sample(NOON_US, True, 0.0000123456),
            "the cost per request of gpt-4o was $0.00001235, above $0.00001",
        ),
        (
            {"metric": "calls", "condition": Condition("anomaly", 3.5)},
            Sample(NOON_US, True, 900.0, 100.0),
            "the number of calls of gpt-4o was 900; usual at this hour of the week is 100",
        ),
        (
            {"condition": Condition("no_data")},
            Sample(NOON_US, True, 0.0),
            "no spans of gpt-4o within 5 minutes",
        ),
    ],
)
def test_a_firing_says_why(changes, sample: Sample, words: str):
    assert describe_sample(a_rule(**changes), "gpt-4o", sample) == words
