"""An incident as a message to people: everything a channel or template may show, and nothing secret."""

from lynex_server.alerts.model import DeliveryReason, Incident, Message
from lynex_server.kernel.clock import datetime_from_us


def message_of(incident: Incident, reason: DeliveryReason, public_url: str) -> Message:
    """What is told of an incident. Its address is empty where Lynex does not know its own."""
    base = public_url.rstrip("/")
    return Message(
        incident_id=incident.id,
        reason=reason,
        rule=incident.rule_name,
        group=incident.group_name,
        severity=incident.severity,
        summary=incident.summary,
        note=incident.note,
        value="" if incident.value is None else f"{incident.value:g}",
        project=incident.project_id,
        opened_at=instant(incident.opened_at_us),
        resolved_at="" if incident.resolved_at_us is None else instant(incident.resolved_at_us),
        url=f"{base}/alerts/incidents/{incident.id}" if base else "",
        labels=dict(incident.labels),
    )


def instant(at_us: int) -> str:
    """An instant as people and programs read it: ISO 8601 in UTC, whole seconds."""
    return datetime_from_us(at_us).replace(microsecond=0).isoformat().replace("+00:00", "Z")
