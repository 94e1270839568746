"""Wire shapes of incidents."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from lynex_server.alerts.model import Incident, Severity, TimelineEntry, TimelineKind
from lynex_server.alerts.rule_schemas import MAX_NOTE
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.wire import Wire


class CommentInput(Wire):
    """What to write into the timeline."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "The provider has an outage."}]})

    text: str = Field(min_length=1, max_length=MAX_NOTE)


class ResolveInput(Wire):
    """Why it is over."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Moved to another region."}]})

    text: str = Field(default="", max_length=MAX_NOTE)


class IncidentShown(Wire):
    """A firing of one group of a rule. Without `rule_id`: a channel that fails, whose id is the group."""

    id: str = Field(examples=["ali_01k9zv3w8r4m2n5p7q8s9t0abc"])
    phase: Literal["open", "acknowledged", "resolved"]
    rule_id: str | None
    rule: str
    group: str
    group_name: str = Field(description="A budget's name where the group is its id; else the group.")
    severity: Severity
    labels: dict[str, str]
    summary: str
    note: str
    value: float | None
    opened_at: datetime
    noticed_at: datetime = Field(description="Later than `opened_at` when it was found afterwards.")
    notified_at: datetime | None = Field(description="When people were told; null while nobody is.")
    held_by: str = Field(description="What holds the news back; empty when nothing does.")
    acknowledged_at: datetime | None
    acknowledged_by: str
    resolved_at: datetime | None
    resolved_by: str = Field(description="Empty when it was over by itself.")


class TimelineEntryShown(Wire):
    """Something that happened to an incident."""

    at: datetime
    kind: TimelineKind
    by: str
    text: str


class IncidentDetail(IncidentShown):
    """An incident with its timeline, oldest entry first."""

    timeline: list[TimelineEntryShown]


class IncidentPage(Wire):
    """Latest first. `next_cursor` is null on the last page."""

    items: list[IncidentShown]
    next_cursor: str | None


def incident_shown(incident: Incident) -> IncidentShown:
    """An incident for the wire."""
    return IncidentShown.model_validate(_fields(incident))


def incident_detail(incident: Incident, timeline: list[TimelineEntry]) -> IncidentDetail:
    """An incident with its timeline for the wire."""
    entries = [
        TimelineEntryShown(at=datetime_from_us(each.at_us), kind=each.kind, by=each.by, text=each.text)
        for each in timeline
    ]
    return IncidentDetail.model_validate({**_fields(incident), "timeline": entries})


def _fields(incident: Incident) -> dict[str, object]:
    if incident.resolved_at_us is not None:
        phase = "resolved"
    else:
        phase = "open" if incident.acknowledged_at_us is None else "acknowledged"
    return {
        "id": incident.id,
        "phase": phase,
        "rule_id": incident.rule_id or None,
        "rule": incident.rule_name,
        "group": incident.group,
        "group_name": incident.group_name,
        "severity": incident.severity,
        "labels": dict(incident.labels),
        "summary": incident.summary,
        "note": incident.note,
        "value": incident.value,
        "opened_at": datetime_from_us(incident.opened_at_us),
        "noticed_at": datetime_from_us(incident.noticed_at_us),
        "notified_at": _or_none(incident.notified_at_us),
        "held_by": incident.held_by,
        "acknowledged_at": _or_none(incident.acknowledged_at_us),
        "acknowledged_by": incident.acknowledged_by,
        "resolved_at": _or_none(incident.resolved_at_us),
        "resolved_by": incident.resolved_by,
    }


def _or_none(at_us: int | None) -> datetime | None:
    return None if at_us is None else datetime_from_us(at_us)
