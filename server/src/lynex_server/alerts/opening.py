"""How an incident comes to be, and ends: rows and timeline in the caller's transaction."""

from dataclasses import replace

import sqlalchemy as sa

from lynex_server.alerts.describe import describe_sample
from lynex_server.alerts.incident_storage import add_to_timeline, change_incident, put_incident
from lynex_server.alerts.model import BUDGET_LABEL, Incident, Rule, Sample
from lynex_server.alerts.outbox import Outbox
from lynex_server.kernel.ids import new_id


def incident_of(rule: Rule, group: str, shown_group: str, sample: Sample, now_us: int) -> Incident:
    """The incident that a rule's firing is."""
    return Incident(
        id=new_id("ali"),
        organisation_id=rule.organisation_id,
        project_id=rule.project_id,
        rule_id=rule.id,
        rule_name=rule.name,
        group=group,
        severity=rule.severity,
        labels=labels_of(rule, group, shown_group),
        summary=describe_sample(rule, shown_group, sample),
        note=rule.note,
        value=sample.value,
        channel_ids=rule.channel_ids,
        inhibits=rule.inhibits,
        opened_at_us=sample.at_us,
        noticed_at_us=now_us,
    )


def labels_of(rule: Rule, group: str, shown_group: str) -> dict[str, str]:
    """What matchers go by. What Lynex knows wins over what the rule's maker wrote."""
    single = {name: values[0] for name, values in rule.filters.items() if len(values) == 1}
    grouped: dict[str, str] = {rule.group_by: group} if rule.group_by else {}
    known = {"rule": rule.name, "severity": rule.severity, "metric": rule.metric, "group": group}
    budget = {BUDGET_LABEL: shown_group} if rule.metric == "budget_percent" else {}
    return {**rule.labels, **single, **grouped, **known, **budget}


def open_incident(connection: sa.Connection, incident: Incident) -> None:
    """Write down a new incident. Who is told is decided by `telling`, in a transaction of its own."""
    put_incident(connection, incident)
    late = incident.noticed_at_us > incident.opened_at_us
    text = incident.summary + ("; found afterwards, in what nobody had looked at" if late else "")
    add_to_timeline(connection, incident, incident.opened_at_us, "opened", text=text)


def resolve_incident(
    connection: sa.Connection, outbox: Outbox, incident: Incident, at_us: int, by: str = "", text: str = ""
) -> Incident:
    """End an incident, and tell those who were told that it began."""
    if incident.resolved_at_us is not None:
        return incident
    resolved = replace(incident, resolved_at_us=at_us, resolved_by=by)
    change_incident(connection, resolved)
    add_to_timeline(connection, resolved, at_us, "resolved", by, text)
    outbox.follow_up(connection, resolved, "resolved")
    return resolved
