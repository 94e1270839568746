"""Wire shapes of channels and their deliveries. Secrets come in and never go out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr

from lynex_server.alerts.model import ChannelKind, DeliveryPhase, DeliveryReason, Severity
from lynex_server.alerts.rule_schemas import MAX_TEXT, MatcherShape
from lynex_server.alerts.templates import MAX_TEMPLATE_CHARS
from lynex_server.kernel.wire import Wire

_Secret = Annotated[SecretStr | None, Field(max_length=2_048)]
_Url = Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s?#]+[^\s?#/]$")]
_GIVEN_ONCE = "Kept in the vault and never shown. Left out in a change: it stays."


class EmailTarget(Wire):
    """Mail to each of these addresses."""

    kind: Literal["email"]
    to: list[Annotated[str, Field(min_length=3, max_length=254)]] = Field(min_length=1, max_length=10)


class UrlTarget(Wire):
    """A secret address that takes POSTs: a generic webhook, an incoming webhook of Slack, a workflow of
    Teams, a webhook of Discord."""

    kind: Literal["webhook", "slack_webhook", "teams", "discord"]
    url: _Secret = Field(default=None, description=_GIVEN_ONCE)
    new_signing_secret: bool = Field(
        default=False, description="For `webhook`, in a change: make another signing secret."
    )


class SlackBotTarget(Wire):
    """A Slack app whose bot may `chat:write`."""

    kind: Literal["slack_bot"]
    token: _Secret = Field(default=None, description=_GIVEN_ONCE)
    slack_channel: str = Field(min_length=1, max_length=100, examples=["C0123456789", "#alerts"])
    api_url: _Url = "https://slack.com/api"


class PagerDutyTarget(Wire):
    """An integration of kind Events API v2."""

    kind: Literal["pagerduty"]
    routing_key: _Secret = Field(default=None, description=_GIVEN_ONCE)
    api_url: _Url = Field(
        default="https://events.pagerduty.com", examples=["https://events.eu.pagerduty.com"]
    )


class OpsgenieTarget(Wire):
    """An integration of kind API."""

    kind: Literal["opsgenie"]
    api_key: _Secret = Field(default=None, description=_GIVEN_ONCE)
    api_url: _Url = Field(default="https://api.opsgenie.com", examples=["https://api.eu.opsgenie.com"])


class AlertmanagerTarget(Wire):
    """An Alertmanager, or what speaks its API v2."""

    kind: Literal["alertmanager"]
    api_url: _Url = Field(examples=["https://alertmanager.example.org"])
    token: _Secret = Field(default=None, description=f"A bearer token, if it wants one. {_GIVEN_ONCE}")


Target = Annotated[
    EmailTarget | UrlTarget | SlackBotTarget | PagerDutyTarget | OpsgenieTarget | AlertmanagerTarget,
    Field(discriminator="kind"),
]


class TemplatesInput(Wire):
    """Words of one's own: placeholders in braces, nothing else. Empty: the usual words."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "{severity}: {rule}", "text": "{summary}\n{url}"}]}
    )

    title: str = Field(default="", max_length=MAX_TEMPLATE_CHARS)
    text: str = Field(default="", max_length=MAX_TEMPLATE_CHARS)


class TemplatesPreview(Wire):
    """What the templates make of an example."""

    title: str
    text: str
    placeholders: dict[str, str] = Field(description="Every placeholder, and what it stands for.")


class ChannelInput(Wire):
    """A way to tell somebody."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "On call",
                    "target": {"kind": "email", "to": ["oncall@example.org"]},
                    "match": [],
                    "min_severity": "critical",
                }
            ]
        }
    )

    name: str = Field(min_length=1, max_length=MAX_TEXT)
    enabled: bool = True
    target: Target
    match: list[MatcherShape] | None = Field(
        default=None,
        max_length=20,
        description="Incidents for which all of these hold are told here; empty: all. Null: only those of "
        "rules that name the channel.",
    )
    min_severity: Severity = Field(default="info", description="For what comes by `match`.")
    templates: TemplatesInput = TemplatesInput()


class ChannelShown(Wire):
    """A channel without what is secret of it."""

    id: str = Field(examples=["alc_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str
    kind: ChannelKind
    enabled: bool
    settings: dict[str, str | list[str]] = Field(description="What is not secret; of a URL, its host.")
    match: list[MatcherShape] | None
    min_severity: Severity
    templates: TemplatesInput
    failing_since: datetime | None = Field(description="Since when nothing gets through.")
    last_error: str
    last_delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime


class NewChannel(ChannelShown):
    """A channel that was just made or given a new signing secret. `signing_secret` is shown this once."""

    signing_secret: str | None = Field(
        description="For `webhook`: checks `X-Lynex-Signature`, as for signed requests to Lynex."
    )


class ChannelList(Wire):
    """The channels of the project, by name."""

    items: list[ChannelShown]


class DeliveryShown(Wire):
    """One message to one target."""

    id: str
    reason: DeliveryReason
    incident_id: str | None
    target: str = Field(description="The recipient of a mail; else empty.")
    phase: DeliveryPhase
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    status: int | None = Field(description="HTTP status of the last answer; null where there was none.")
    excerpt: str = Field(description="Beginning of the last answer, or why there was none.")


class DeliveryPage(Wire):
    """Latest first. `next_cursor` is null on the last page."""

    items: list[DeliveryShown]
    next_cursor: str | None
