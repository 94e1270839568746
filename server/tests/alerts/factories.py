"""Rules, incidents and messages with sensible defaults."""

from typing import Any

from clocks import NOON_US

from lynex_server.alerts.model import Channel, Condition, Incident, Matcher, Message, Rule, Sample
from lynex_server.alerts.rule_schemas import RuleInput

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US


def a_rule(**changes: Any) -> Rule:
    """More than 5 % errors within five minutes, in the project prj_a."""
    values: dict[str, Any] = {
        "id": "alr_1",
        "organisation_id": "org_a",
        "project_id": "prj_a",
        "name": "Errors",
        "enabled": True,
        "metric": "error_rate_percent",
        "percentile": 95,
        "condition": Condition("above", 5.0),
        "filters": {},
        "group_by": "",
        "max_groups": 20,
        "window": "5m",
        "for_s": 0,
        "recover_s": 0,
        "once_per": "none",
        "min_calls": 1,
        "severity": "warning",
        "labels": {},
        "inhibits": (),
        "channel_ids": (),
        "budget_id": "",
        "organisation_budgets": False,
        "note": "",
        "created_at_us": NOON_US,
        "updated_at_us": NOON_US,
    }
    return Rule(**{**values, **changes})


def wanted(**changes: Any) -> RuleInput:
    """More than 5 % errors, as a client asks for it."""
    values: dict[str, Any] = {
        "name": "Errors",
        "metric": "error_rate_percent",
        "condition": {"kind": "above", "limit": 5},
        "once_per": "none",
    }
    return RuleInput.model_validate({**values, **changes})


def a_sample(second: int, breach: bool, value: float | None = 1.0, period: str = "") -> Sample:
    """A judged measurement so many seconds after noon."""
    return Sample(NOON_US + second * SECOND_US, breach, value, period=period)


def an_incident(**changes: Any) -> Incident:
    """An open incident of `a_rule`."""
    values: dict[str, Any] = {
        "id": "ali_1",
        "organisation_id": "org_a",
        "project_id": "prj_a",
        "rule_id": "alr_1",
        "rule_name": "Errors",
        "group": "gpt-4o",
        "severity": "warning",
        "labels": {"severity": "warning", "rule": "Errors", "model": "gpt-4o"},
        "summary": "the error rate of gpt-4o was 12 %, above 5 %",
        "note": "",
        "value": 12.0,
        "channel_ids": (),
        "inhibits": (),
        "opened_at_us": NOON_US,
        "noticed_at_us": NOON_US,
    }
    return Incident(**{**values, **changes})


def a_channel(**changes: Any) -> Channel:
    """A webhook that is told of everything."""
    values: dict[str, Any] = {
        "id": "alc_1",
        "organisation_id": "org_a",
        "project_id": "prj_a",
        "name": "Hook",
        "kind": "webhook",
        "enabled": True,
        "settings": {},
        "secret_id": "",
        "match": (),
        "min_severity": "info",
        "title_template": "",
        "text_template": "",
        "created_at_us": NOON_US,
        "updated_at_us": NOON_US,
    }
    return Channel(**{**values, **changes})


def a_message(**changes: Any) -> Message:
    """What is told when `an_incident` opens."""
    values: dict[str, Any] = {
        "incident_id": "ali_1",
        "reason": "opened",
        "rule": "Errors",
        "group": "gpt-4o",
        "severity": "critical",
        "summary": "the error rate of gpt-4o was 12 %, above 5 %",
        "note": "Look at the status page.",
        "value": "12",
        "project": "prj_a",
        "opened_at": "2026-01-05T12:00:00Z",
        "resolved_at": "",
        "url": "https://lynex.example.org/alerts/incidents/ali_1",
        "labels": {"severity": "critical", "team": "search"},
    }
    return Message(**{**values, **changes})


def severity_is(value: str) -> tuple[Matcher, ...]:
    return (Matcher("severity", value),)
