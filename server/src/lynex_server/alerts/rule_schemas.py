"""Wire shapes of rules."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from lynex_server.alerts.metrics import MEANINGS
from lynex_server.alerts.model import (
    Before,
    ConditionKind,
    Direction,
    GroupBy,
    MatchHow,
    Metric,
    OncePer,
    Percentile,
    Phase,
    Severity,
    WindowLength,
)
from lynex_server.kernel.wire import Wire
from lynex_server.spans.public import Kind, Status

MAX_TEXT = 200
MAX_NOTE = 2_000
_Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
_Labels = Annotated[dict[_Text, _Text], Field(max_length=20)]


class MatcherShape(Wire):
    """A condition on one label. Incidents have the labels of their rule, and `rule`, `severity`, `metric`,
    `group`, the value of what the rule groups or filters by under its name, and `budget`, the name of one."""

    label: _Text = Field(examples=["severity"])
    value: str = Field(max_length=MAX_TEXT, examples=["critical"])
    how: MatchHow = Field(default="is", description="`like` knows `*` and `?`.")


class ConditionShape(Wire):
    """When a value is worth an alert."""

    kind: ConditionKind = Field(
        description="`above` and `below` a limit; `change` by more than so many percent; `anomaly`: further "
        "from what is usual at this hour of the week than so many robust standard deviations; `no_data`: no "
        "spans at all."
    )
    limit: float | None = Field(
        default=None,
        description="A value of the metric, a percent, or a number of deviations (3.5 unless said).",
        allow_inf_nan=False,
    )
    direction: Direction = Field(default="up", description="For change and anomaly: which way counts.")
    compared_with: Before = Field(
        default="window", description="For change: the window before, or the same one a day or week ago."
    )

    @model_validator(mode="after")
    def _limit_fits(self) -> "ConditionShape":
        if self.limit is None and self.kind in ("above", "below", "change"):
            raise ValueError(f"limit: a condition of kind {self.kind} needs one")
        if self.limit is not None and self.limit <= 0 and self.kind in ("change", "anomaly"):
            raise ValueError(f"limit: of a condition of kind {self.kind} it must be positive")
        return self


class FiltersShape(Wire):
    """Which calls are looked at: the values of one field are alternatives, all fields must hold."""

    environment: list[_Text] = Field(default=[], max_length=50)
    provider: list[_Text] = Field(default=[], max_length=50)
    model: list[_Text] = Field(default=[], max_length=50)
    route: list[_Text] = Field(default=[], max_length=50)
    service: list[_Text] = Field(default=[], max_length=50)
    tag: list[_Text] = Field(default=[], max_length=50)
    kind: list[Kind] = Field(default=[], max_length=50)
    status: list[Status] = Field(default=[], max_length=50)
    release: list[_Text] = Field(default=[], max_length=50)
    error_type: list[_Text] = Field(default=[], max_length=50)
    prompt_name: list[_Text] = Field(default=[], max_length=50)


class RuleInput(Wire):
    """A rule: what to watch, when to fire, who is told."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Errors in production",
                    "metric": "error_rate_percent",
                    "condition": {"kind": "above", "limit": 5},
                    "filters": {"environment": ["production"]},
                    "group_by": "model",
                    "window": "5m",
                    "for_s": 120,
                    "min_calls": 20,
                    "severity": "critical",
                }
            ]
        }
    )

    name: _Text
    enabled: bool = True
    metric: Metric
    percentile: Percentile = Field(default=95, description="For latency and time to first token.")
    condition: ConditionShape
    filters: FiltersShape = FiltersShape()
    group_by: GroupBy = Field(default="", description="Every value of this fires by itself.")
    max_groups: int = Field(
        default=20, ge=1, le=50, description="Only so many values of it, those with most calls."
    )
    window: WindowLength = Field(default="5m", description="How long the looked-at stretch before now is.")
    for_s: int = Field(
        default=0, ge=0, le=7 * 86400, description="How long it must hold before the rule fires; seconds."
    )
    recover_s: int = Field(
        default=0, ge=0, le=7 * 86400, description="How long it must be over before it counts as resolved."
    )
    once_per: OncePer = Field(
        default="hour", description="Every group fires at most once in each of these (UTC)."
    )
    min_calls: int = Field(
        default=1, ge=0, le=10**9, description="A window with fewer calls says nothing of them."
    )
    severity: Severity = "warning"
    labels: _Labels = Field(default={}, description="What silences, routes and inhibitions go by.")
    inhibits: list[MatcherShape] = Field(
        default=[],
        max_length=10,
        description="While this rule fires, nobody is told of other incidents for which all of these hold.",
    )
    channel_ids: list[_Text] = Field(default=[], max_length=20, description="Who is told in any case.")
    budget_id: str = Field(
        default="", max_length=64, description="For `budget_percent`: one budget; empty: each that applies."
    )
    organisation_budgets: bool = Field(
        default=False,
        description="For `budget_percent`: also budgets of the whole organisation. Takes a role in it.",
    )
    note: str = Field(default="", max_length=MAX_NOTE, description="What to do then. Sent along.")

    @model_validator(mode="after")
    def _fits_its_metric(self) -> "RuleInput":
        source = MEANINGS[self.metric].source
        if source != "spans":
            if self.condition.kind not in ("above", "below"):
                raise ValueError(f"condition: {self.metric} can only be above or below a limit")
            if self.group_by or self.filters != FiltersShape():
                raise ValueError(f"filters: {self.metric} is not made of calls, so none can be chosen")
        if (self.budget_id or self.organisation_budgets) and source != "budgets":
            raise ValueError("budget_id: only for budget_percent")
        if source == "budgets" and self.condition.kind != "above":
            raise ValueError("condition: budget_percent can only be above a limit")
        return self


class GroupState(Wire):
    """Where one group of a rule stands. `value` is what was measured last."""

    group: str
    group_name: str = Field(description="A budget's name where the group is its id; else the group.")
    phase: Phase
    since: datetime
    value: float | None
    incident_id: str | None


class RuleShown(RuleInput):
    """A rule, and how looking at it goes."""

    id: str = Field(examples=["alr_01k9zv3w8r4m2n5p7q8s9t0abc"])
    describes: str = Field(
        examples=["Alarms when the error rate within 5 minutes is above 5 %; at most once per hour"]
    )
    created_at: datetime
    updated_at: datetime
    evaluated_at: datetime | None = Field(description="The latest look that succeeded.")
    failing_since: datetime | None = Field(description="Since when looks at it fail.")
    error: str = Field(description="Why the latest look failed; empty when it did not.")
    skipped_from: datetime | None = Field(description="The latest stretch that nobody looked at.")
    skipped_to: datetime | None
    groups_left_out: bool = Field(description="Whether there are more groups than `max_groups`.")


class RuleDetail(RuleShown):
    """A rule with where each of its groups stands, those that fire first."""

    groups: list[GroupState]


class RuleList(Wire):
    """The rules of the project, by name."""

    items: list[RuleShown]


class WouldHaveFired(Wire):
    """One firing that would have been. `until` is null when it would still hold."""

    group: str
    at: datetime
    until: datetime | None
    value: float | None
    summary: str


class RulePreview(Wire):
    """How often a rule would have fired. It is evaluated at the end of every window of the past, so a live
    rule, which looks more often, may fire a little earlier or once more."""

    describes: str
    start: datetime
    end: datetime
    evaluated_every_s: int
    times: int = Field(description="How often it would have fired.")
    firings: list[WouldHaveFired] = Field(description="The latest 500 of them, newest first.")
    groups_left_out: bool
    impossible: str = Field(description="Why the past cannot be evaluated; empty when it can.")
