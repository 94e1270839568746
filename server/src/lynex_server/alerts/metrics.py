"""The metrics of rules: how each is made of what a query answers, and what it is called. Pure.

A value that nobody measured is None: no calls have no error rate, and no latency.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from lynex_server.alerts.model import Metric, Percentile, Rule
from lynex_server.query.public import MetricValues, Percentiles

Source = Literal["spans", "queue", "budgets"]
Measured = Callable[[MetricValues, int], float]


@dataclass(frozen=True, slots=True)
class MetricMeaning:
    """`words` name it in a sentence, `unit` is written after its values. `needs_calls`: without calls there
    is no such value."""

    words: str
    unit: str
    source: Source = "spans"
    needs_calls: bool = False


MEANINGS: Mapping[Metric, MetricMeaning] = {
    "error_rate_percent": MetricMeaning("the error rate", " %", needs_calls=True),
    "latency_ms": MetricMeaning("the latency", " ms", needs_calls=True),
    "time_to_first_token_ms": MetricMeaning("the time to first token", " ms", needs_calls=True),
    "tokens_per_minute": MetricMeaning("the token rate", " tokens/min"),
    "cost_usd_per_hour": MetricMeaning("the cost rate", " $/h"),
    "cost_usd_per_request": MetricMeaning("the cost per request", " $", needs_calls=True),
    "unpriced_calls": MetricMeaning("the number of unpriced calls", ""),
    "estimated_calls": MetricMeaning("the number of calls with estimated usage", ""),
    "calls": MetricMeaning("the number of calls", ""),
    "spans": MetricMeaning("the number of spans", ""),
    "errors": MetricMeaning("the number of errors", ""),
    "input_tokens": MetricMeaning("the number of input tokens", ""),
    "output_tokens": MetricMeaning("the number of output tokens", ""),
    "cache_read_tokens": MetricMeaning("the number of tokens read from cache", ""),
    "cache_write_tokens": MetricMeaning("the number of tokens written to cache", ""),
    "reasoning_tokens": MetricMeaning("the number of reasoning tokens", ""),
    "cost_usd": MetricMeaning("the cost", " $"),
    "queue_entries": MetricMeaning("the number of batches that wait in the queue", "", "queue"),
    "queue_oldest_age_s": MetricMeaning("the age of the oldest batch in the queue", " s", "queue"),
    "budget_percent": MetricMeaning("the used part of the budget", " %", "budgets"),
}

_MINUTE_S, _HOUR_S = 60, 3600
_OF_SPANS: Mapping[str, Measured] = {
    "error_rate_percent": lambda values, _: 100 * values.errors / values.calls,
    "tokens_per_minute": lambda values, window_s: (
        (values.input_tokens + values.output_tokens) * _MINUTE_S / window_s
    ),
    "cost_usd_per_hour": lambda values, window_s: values.cost_usd * _HOUR_S / window_s,
    "cost_usd_per_request": lambda values, _: values.cost_usd / values.calls,
    "unpriced_calls": lambda values, _: values.unpriced,
    "estimated_calls": lambda values, _: values.estimated,
}
_AS_ANSWERED = frozenset(
    {
        *("calls", "spans", "errors", "input_tokens", "output_tokens", "cache_read_tokens"),
        *("cache_write_tokens", "reasoning_tokens", "cost_usd"),
    }
)


def source_of(rule: Rule) -> Source:
    """Where the rule's values come from."""
    return MEANINGS[rule.metric].source


def measured(rule: Rule, values: MetricValues) -> float | None:
    """The rule's value in one of its windows; None where there is none, or too few calls to say."""
    if rule.condition.kind == "no_data":
        return float(values.spans)
    if MEANINGS[rule.metric].needs_calls and values.calls < max(1, rule.min_calls):
        return None
    if values.calls < rule.min_calls:
        return None
    if rule.metric == "latency_ms":
        return _percentile(values.latency_ms, rule.percentile)
    if rule.metric == "time_to_first_token_ms":
        return _percentile(values.time_to_first_token_ms, rule.percentile)
    if rule.metric in _AS_ANSWERED:
        return float(getattr(values, rule.metric))
    return float(_OF_SPANS[rule.metric](values, rule.window_s))


def _percentile(timing: Percentiles, which: Percentile) -> float | None:
    return {50: timing.p50, 95: timing.p95, 99: timing.p99}[which]
