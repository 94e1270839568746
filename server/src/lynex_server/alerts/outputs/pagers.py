"""PagerDuty, Opsgenie, Alertmanager: systems that keep the state of an alert, by the incident's id.

Sources: PagerDuty "Events API v2" (summary 1,024 characters); Opsgenie "Alert API" (message 130 characters,
alias 512); Alertmanager's OpenAPI document `api/v2/openapi.yaml`, `POST /api/v2/alerts`.
"""

import re
from urllib.parse import quote

from lynex_server.alerts.describe_incident import instant
from lynex_server.alerts.model import Message, Severity
from lynex_server.alerts.outputs.request import Request, Telling, cut, json_request, setting
from lynex_server.kernel.clock import MICROS_PER_SECOND

FIRING_FOR_US = 30 * 24 * 3600 * MICROS_PER_SECOND
"""Alertmanager ends an alert by itself that is not sent again: it is told that this one lasts so long. A
resolution ends it before."""
TEST_FOR_US = 60 * MICROS_PER_SECOND

_PAGERDUTY_ACTIONS = {"opened": "trigger", "test": "trigger", "acknowledged": "acknowledge"}
_PRIORITIES: dict[Severity, str] = {"info": "P5", "warning": "P3", "critical": "P1"}
_NOT_IN_LABEL_NAMES = re.compile(r"[^a-zA-Z0-9_]")


def pagerduty(telling: Telling) -> Request:
    """An event; the incident's id is its deduplication key."""
    content = _of(telling)
    body: dict[str, object] = {
        "routing_key": telling.secrets["routing_key"],
        "event_action": _PAGERDUTY_ACTIONS.get(content.reason, "resolve"),
        "dedup_key": content.incident_id,
        "payload": {
            "summary": cut(f"{telling.title}: {content.summary}", 1_024),
            "source": content.project,
            "severity": content.severity,
            "timestamp": content.opened_at,
            "group": content.group,
            "class": content.rule,
            "custom_details": {"text": telling.text, **content.labels},
        },
        "client": "Lynex",
    }
    if content.url:
        body["client_url"] = content.url
        body["links"] = [{"href": content.url, "text": "Open incident"}]
    return json_request(f"{setting(telling.channel, 'api_url')}/v2/enqueue", body)


def opsgenie(telling: Telling) -> Request:
    """An alert; the incident's id is its alias."""
    content = _of(telling)
    headers = {"authorization": f"GenieKey {telling.secrets['api_key']}"}
    base = f"{setting(telling.channel, 'api_url')}/v2/alerts"
    if content.reason in ("resolved", "acknowledged"):
        action = "close" if content.reason == "resolved" else "acknowledge"
        alias = quote(content.incident_id, safe="")
        body: dict[str, object] = {"source": "Lynex", "note": cut(content.summary, 25_000)}
        return json_request(f"{base}/{alias}/{action}?identifierType=alias", body, headers)
    body = {
        "message": cut(telling.title, 130),
        "alias": content.incident_id,
        "description": cut(telling.text, 15_000),
        "priority": _PRIORITIES[content.severity],
        "source": "Lynex",
        "entity": cut(content.group, 512),
        "details": dict(content.labels),
    }
    return json_request(base, body, headers)


def alertmanager(telling: Telling) -> Request:
    """The alert as Prometheus would send it."""
    content = _of(telling)
    labels = {_NOT_IN_LABEL_NAMES.sub("_", name): value for name, value in content.labels.items() if value}
    lasts_us = TEST_FOR_US if content.reason == "test" else FIRING_FOR_US
    annotations = {"summary": content.summary, "description": telling.text, "runbook": content.note}
    alert: dict[str, object] = {
        # What tells alerts apart is their labels: without the incident two firings could not be.
        "labels": {
            **labels,
            "alertname": content.rule,
            "severity": content.severity,
            "lynex_project": content.project,
            "lynex_incident": content.incident_id,
        },
        "annotations": {name: value for name, value in annotations.items() if value},
        "startsAt": content.opened_at,
        "endsAt": content.resolved_at or instant(telling.at_us + lasts_us),
    }
    if content.url:
        alert["generatorURL"] = content.url
    token = telling.secrets.get("token")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return json_request(f"{setting(telling.channel, 'api_url')}/api/v2/alerts", [alert], headers)


def _of(telling: Telling) -> Message:
    if telling.content is None:
        raise ValueError("a pager is told of incidents only")
    return telling.content
