"""Wire shapes of digests."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from lynex_server.alerts.digest_plan import DigestPeriod, DigestPlan, latest_edition
from lynex_server.alerts.quiet_schemas import TimeZone
from lynex_server.alerts.rule_schemas import MAX_TEXT
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.wire import Wire


class DigestInput(Wire):
    """What was spent, told regularly by e-mail or Slack."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Spend", "period": "daily", "time_zone": "Europe/Berlin", "channel_ids": []}
            ]
        }
    )

    name: str = Field(min_length=1, max_length=MAX_TEXT)
    enabled: bool = True
    period: DigestPeriod = "weekly"
    time_zone: TimeZone = "UTC"
    hour: int = Field(default=8, ge=0, le=23, description="Sent at this hour: each day, or on Monday.")
    whole_organisation: bool = Field(
        default=False, description="Every project of the organisation. Takes a role in it."
    )
    channel_ids: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=20)


class DigestShown(DigestInput):
    """A digest."""

    id: str = Field(examples=["adg_01k9zv3w8r4m2n5p7q8s9t0abc"])
    latest_due_at: datetime = Field(description="When its newest edition was due.")
    created_at: datetime


class DigestList(Wire):
    """The digests of the project, by name."""

    items: list[DigestShown]


class DigestPreview(Wire):
    """The newest edition as it would be sent."""

    title: str
    text: str
    html: str


def digest_shown(plan: DigestPlan, now_us: int) -> DigestShown:
    """A digest for the wire."""
    return DigestShown(
        id=plan.id,
        name=plan.name,
        enabled=plan.enabled,
        period=plan.period,
        time_zone=plan.time_zone,
        hour=plan.hour,
        whole_organisation=plan.whole_organisation,
        channel_ids=list(plan.channel_ids),
        latest_due_at=datetime_from_us(latest_edition(plan, now_us).due_at_us),
        created_at=datetime_from_us(plan.created_at_us),
    )
