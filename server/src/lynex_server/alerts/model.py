"""What a rule, an incident and those who are told of it are, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Metric = Literal[
    "error_rate_percent",
    "latency_ms",
    "time_to_first_token_ms",
    "tokens_per_minute",
    "cost_usd_per_hour",
    "cost_usd_per_request",
    "unpriced_calls",
    "estimated_calls",
    "calls",
    "spans",
    "errors",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "queue_entries",
    "queue_oldest_age_s",
    "budget_percent",
]
"""What a rule looks at. The last three are not made of spans."""

ConditionKind = Literal["above", "below", "change", "anomaly", "no_data"]
Direction = Literal["up", "down", "either"]
Before = Literal["window", "day", "week"]
GroupBy = Literal["", "environment", "provider", "model", "route", "service"]
OncePer = Literal["none", "hour", "day", "week", "month"]
Severity = Literal["info", "warning", "critical"]
Percentile = Literal[50, 95, 99]
WindowLength = Literal["1m", "5m", "15m", "30m", "1h", "3h", "6h", "12h", "1d"]
MatchHow = Literal["is", "is_not", "like"]

WINDOWS_S: Mapping[WindowLength, int] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "3h": 3 * 3600,
    "6h": 6 * 3600,
    "12h": 12 * 3600,
    "1d": 24 * 3600,
}
"""Lengths of windows. Each divides a day, so the windows of history begin where those of the rollups do."""

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
"""The least first."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a measured value is worth an alert.

    `limit` is a value for `above` and `below`, a percent for `change`, and for `anomaly` how many robust
    standard deviations from the baseline; `no_data` has none. `direction` counts for change and anomaly,
    `compared_with` (how long before) for change.
    """

    kind: ConditionKind
    limit: float = 0.0
    direction: Direction = "up"
    compared_with: Before = "window"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label: `is` and `is_not` compare whole, `like` knows `*` and `?`."""

    label: str
    value: str
    how: MatchHow = "is"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to watch in one project. Times that end in `_s` are seconds."""

    id: str
    organisation_id: str
    project_id: str
    name: str
    enabled: bool
    metric: Metric
    percentile: Percentile
    condition: Condition
    filters: Mapping[str, tuple[str, ...]]
    group_by: GroupBy
    max_groups: int
    window: WindowLength
    for_s: int
    recover_s: int
    once_per: OncePer
    min_calls: int
    severity: Severity
    labels: Mapping[str, str]
    inhibits: tuple[Matcher, ...]
    channel_ids: tuple[str, ...]
    budget_id: str
    organisation_budgets: bool
    note: str
    created_at_us: int
    updated_at_us: int

    @property
    def window_s(self) -> int:
        """How long a window is."""
        return WINDOWS_S[self.window]


Phase = Literal["ok", "pending", "firing"]


@dataclass(frozen=True, slots=True)
class State:
    """Where one group of a rule stands.

    `since_us` is when the phase began, `clear_since_us` since when a firing group is no longer over its
    limit, `told_period` the period of its latest firing, `judged_at_us` the instant of the last sample.
    """

    phase: Phase = "ok"
    since_us: int = 0
    clear_since_us: int | None = None
    told_period: str = ""
    incident_id: str = ""
    value: float | None = None
    judged_at_us: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One judged measurement of a group. `period` is what "once per period" means here; empty: by the rule.
    `expected` is what it was compared with, where there is such a thing."""

    at_us: int
    breach: bool
    value: float | None
    expected: float | None = None
    period: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """A group began to fire, or recovered, at `sample.at_us`."""

    kind: Literal["opened", "resolved"]
    sample: Sample


@dataclass(frozen=True, slots=True)
class Incident:
    """A firing of one group, from its opening to its end.

    `held_by` says why nobody is told yet (empty: they are, or nothing holds it); `notified_at_us` when they
    were. `noticed_at_us` is later than `opened_at_us` when it was found in what was missed.
    """

    id: str
    organisation_id: str
    project_id: str
    rule_id: str
    rule_name: str
    group: str
    severity: Severity
    labels: Mapping[str, str]
    summary: str
    note: str
    value: float | None
    channel_ids: tuple[str, ...]
    inhibits: tuple[Matcher, ...]
    opened_at_us: int
    noticed_at_us: int
    resolved_at_us: int | None = None
    resolved_by: str = ""
    acknowledged_at_us: int | None = None
    acknowledged_by: str = ""
    notified_at_us: int | None = None
    held_by: str = ""

    @property
    def group_name(self) -> str:
        """What people call the group: a budget by its name, anything else by what it is."""
        return self.labels.get(BUDGET_LABEL, self.group)


BUDGET_LABEL = "budget"
"""What a budget is called, in the labels of an incident that is about one: its group is the id."""

TimelineKind = Literal[
    "opened", "held", "notified", "acknowledged", "commented", "resolved", "delivered", "not_delivered"
]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened to an incident. `by` is empty where nobody did it."""

    id: str
    incident_id: str
    at_us: int
    kind: TimelineKind
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of incidents that match, from one instant to another."""

    id: str
    organisation_id: str
    project_id: str
    matchers: tuple[Matcher, ...]
    starts_at_us: int
    until_us: int
    reason: str
    created_by: str
    created_at_us: int


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """On each of `days` from minute `start_min` of the day to `end_min`; over midnight when the end is not
    after the start."""

    days: tuple[Weekday, ...]
    start_min: int
    end_min: int


@dataclass(frozen=True, slots=True)
class Mute:
    """Nobody is told of incidents that match, in the same windows of every week of a time zone."""

    id: str
    organisation_id: str
    project_id: str
    name: str
    time_zone: str
    windows: tuple[WeeklyWindow, ...]
    matchers: tuple[Matcher, ...]
    created_at_us: int


ChannelKind = Literal[
    "email",
    "webhook",
    "slack_webhook",
    "slack_bot",
    "pagerduty",
    "opsgenie",
    "teams",
    "discord",
    "alertmanager",
]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell somebody. What is secret of it is in the vault, under `secret_id`.

    `settings` are its plain settings (recipients, a Slack channel, an API's address). An incident comes here
    when its rule names the channel, or when `match` is given, all of it holds, and the incident is at least
    of `min_severity`.
    """

    id: str
    organisation_id: str
    project_id: str
    name: str
    kind: ChannelKind
    enabled: bool
    settings: Mapping[str, str | tuple[str, ...]]
    secret_id: str
    match: tuple[Matcher, ...] | None
    min_severity: Severity
    title_template: str
    text_template: str
    created_at_us: int
    updated_at_us: int
    failing_since_us: int | None = None
    last_error: str = ""
    last_delivered_at_us: int | None = None


DeliveryReason = Literal["opened", "resolved", "acknowledged", "test", "digest"]
DeliveryPhase = Literal["waiting", "sent", "dead"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one target, as it is to be sent. `message` is JSON: a `Message` or a digest.

    `status` and `excerpt` are those of the last answer; 0 where there was none.
    """

    id: str
    project_id: str
    channel_id: str
    incident_id: str
    reason: DeliveryReason
    target: str
    message: str
    phase: DeliveryPhase
    attempts: int
    next_attempt_us: int
    created_at_us: int
    finished_at_us: int | None
    status: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is told of an incident: everything that a channel or a template may show."""

    incident_id: str
    reason: DeliveryReason
    rule: str
    group: str
    severity: Severity
    summary: str
    note: str
    value: str
    project: str
    opened_at: str
    resolved_at: str
    url: str
    labels: Mapping[str, str] = field(default_factory=dict)
