"""A rule, and what made it fire, in words."""

from lynex_server.alerts.conditions import change_percent
from lynex_server.alerts.metrics import MEANINGS
from lynex_server.alerts.model import Rule, Sample

_BEFORE = {"window": "the {window} before", "day": "the same time a day before", "week": "a week before"}
_MOVES = {"up": "rises", "down": "falls", "either": "changes"}
_SIDES = {"up": "above", "down": "below", "either": "away from"}
_LENGTHS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def describe_rule(rule: Rule) -> str:
    """What the rule will do, such as "Warns when the error rate of calls in production is above 5 % …"."""
    verbs = {"info": "Tells", "warning": "Warns", "critical": "Alarms"}
    parts = [f"{verbs[rule.severity]} when {_condition(rule)}"]
    if rule.for_s:
        parts.append(f"for {length(rule.for_s)}")
    if rule.group_by:
        parts.append(f"for each of the {rule.max_groups} busiest values of {rule.group_by} by itself")
    sentence = " ".join(parts)
    if rule.min_calls > 1 and MEANINGS[rule.metric].source == "spans":
        sentence += f"; looks only at windows with {rule.min_calls:,} calls or more"
    if rule.metric == "budget_percent":
        sentence += "; once per period of the budget"
    elif rule.once_per != "none":
        sentence += f"; at most once per {rule.once_per}{' and ' + rule.group_by if rule.group_by else ''}"
    if rule.inhibits:
        told = " and ".join(f"{m.label} {m.how.replace('_', ' ')} {m.value}" for m in rule.inhibits)
        sentence += f"; meanwhile nobody is told of incidents whose {told}"
    return sentence + ("" if rule.enabled else " (switched off)")


def describe_sample(rule: Rule, group: str, sample: Sample) -> str:
    """What made it fire, such as "the error rate of gpt-4o was 12.5 %, above 5 %"."""
    condition = rule.condition
    whose = f" of {group}" if group else ""
    if condition.kind == "no_data":
        return f"no spans{whose} within {window_words(rule)}"
    said = f"{what(rule)}{whose} was {amount(rule, sample.value)}"
    if condition.kind in ("above", "below"):
        reached = "at or above" if rule.metric == "budget_percent" else condition.kind
        return f"{said}, {reached} {amount(rule, condition.limit)}"
    if condition.kind == "change":
        percent = change_percent(sample.value or 0.0, sample.expected)
        return f"{said}, {percent or 0:+,.0f} % against {amount(rule, sample.expected)} {_before(rule)}"
    return f"{said}; usual at this hour of the week is {amount(rule, sample.expected)}"


def what(rule: Rule) -> str:
    """What the rule measures: "the 95th percentile of the latency"."""
    words = MEANINGS[rule.metric].words
    if rule.metric in ("latency_ms", "time_to_first_token_ms"):
        return f"the {rule.percentile}th percentile of {words}"
    return words


SMALLEST_PLACES = 15
"""Of a value below 1 so many decimal places are written at most: nobody reads 1e-05 as money."""


def amount(rule: Rule, value: float | None) -> str:
    """A value with its unit, as people write it."""
    if value is None:
        return "unknown"
    unit = MEANINGS[rule.metric].unit
    digits = f"{value:,.2f}" if abs(value) >= 1 else f"{float(f'{value:.4g}'):.{SMALLEST_PLACES}f}"
    plain = digits.rstrip("0").rstrip(".")
    return f"${plain}{unit.removeprefix(' $')}" if unit.startswith(" $") else f"{plain}{unit}"


def window_words(rule: Rule) -> str:
    """The window's length: "5 minutes"."""
    return length(rule.window_s)


def length(seconds: int) -> str:
    """So many seconds in the largest unit that divides them."""
    for size, name in _LENGTHS:
        if seconds % size == 0 and seconds:
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "0 seconds"


def _condition(rule: Rule) -> str:
    condition = rule.condition
    if condition.kind == "no_data":
        return f"no spans{_scope(rule)} have come for {window_words(rule)}"
    subject = f"{what(rule)}{_scope(rule)}"
    within = "" if MEANINGS[rule.metric].source != "spans" else f" within {window_words(rule)}"
    if condition.kind in ("above", "below"):
        reached = "is at or above" if rule.metric == "budget_percent" else f"is {condition.kind}"
        return f"{subject}{within} {reached} {amount(rule, condition.limit)}"
    if condition.kind == "change":
        verb = _MOVES[condition.direction]
        return f"{subject}{within} {verb} by more than {condition.limit:g} % against {_before(rule)}"
    side = _SIDES[condition.direction]
    return (
        f"{subject}{within} is more than {condition.limit:g} robust deviations {side} what is usual at that "
        "hour of the week"
    )


def _before(rule: Rule) -> str:
    return _BEFORE[rule.condition.compared_with].format(window=window_words(rule))


def _scope(rule: Rule) -> str:
    if rule.metric == "budget_percent":
        return f" {rule.budget_id}" if rule.budget_id else ", of any budget,"
    if not rule.filters:
        return ""
    told = ", ".join(f"{name} {' or '.join(values)}" for name, values in rule.filters.items())
    return f" of {'spans' if rule.condition.kind == 'no_data' else 'calls'} with {told}"
