"""Wire shapes of budgets, reservations and the control state."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from lynex_server.budgets.model import DEFAULT_THRESHOLDS, Action, EnforcementMode, EventKind, Unit
from lynex_server.budgets.windows import Period
from lynex_server.kernel.wire import Wire

MAX_TEXT = 200
PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: some stores refuse them, and nothing that is named here has any."""
Line = Annotated[str, Field(max_length=MAX_TEXT, pattern=PLAIN)]
Reason = Annotated[str, Field(min_length=1, max_length=1000, pattern=PLAIN)]


class ScopeInput(Wire):
    """Whose calls are meant: every field that is given must hold. Empty fields hold for every call."""

    project: Literal["this", "all"] = Field(
        default="this",
        description="`this`: the project of the request. `all`: every project of its organisation; that "
        "takes a person with a role in the organisation.",
    )
    environment: Line = Field(default="", examples=["production"])
    model: Line = Field(
        default="",
        description="A model, with or without `provider/`, as asked for or as served; `*` and `?` as in file "
        "names.",
        examples=["gpt-*"],
    )
    route: Line = Field(default="", description="As `model`: may be a pattern.")
    end_user: Line = ""
    api_key: Line = Field(default="", description="Id of an API key of the project.")
    tag: Line = ""
    session: Line = ""


class ScopeShown(Wire):
    """Whose calls are meant. Empty fields hold for every call; `project_id` null means every project."""

    project_id: str | None = Field(examples=["default"])
    environment: str = Field(examples=["production"])
    model: str = Field(examples=["gpt-*"])
    route: str
    end_user: str
    api_key: str
    tag: str
    session: str


class BudgetInput(Wire):
    """A budget as it should be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "GPT in production",
                    "scope": {"environment": "production", "model": "gpt-*"},
                    "period": "month",
                    "time_zone": "Europe/Berlin",
                    "unit": "usd",
                    "limit": 50,
                    "action": "stop",
                    "hard_stop": True,
                }
            ]
        }
    )

    name: Line = Field(min_length=1, examples=["GPT in production"])
    scope: ScopeInput = ScopeInput()
    period: Period = Field(default="month", description="Weeks begin on Monday.")
    rolling_s: int | None = Field(
        default=None,
        ge=60,
        le=366 * 86400,
        description="Length of the window in seconds; given with the period `rolling` alone.",
    )
    time_zone: Line = Field(default="UTC", examples=["Europe/Berlin"])
    unit: Unit = "usd"
    limit: Decimal = Field(
        gt=0, le=10**17, description="US dollars, tokens or requests, as `unit` says.", examples=[50]
    )
    thresholds: list[int] = Field(
        default=list(DEFAULT_THRESHOLDS),
        max_length=20,
        description="Percents of the limit at which news is made, once per period each.",
    )
    action: Action = Field(
        default="notify",
        description="At the limit: only tell; slow calls down; let them use a cheaper model; or stop them.",
    )
    downgrade_to: Line | None = Field(
        default=None, description="The model to use, for the action `downgrade_model`."
    )
    hard_stop: bool = Field(
        default=False,
        description="With `stop`: callers that enforce set money aside before each call, so that calls at "
        "the same time cannot pass the limit together.",
    )
    per: Literal["end_user", "api_key", "session"] | None = Field(
        default=None,
        description="The limit is each one's own: that of each end user, API key or session, in each "
        "project. Calls that name none are not counted. Null: one limit for all calls together.",
    )


class BudgetDescribed(Wire):
    """What a budget would do."""

    describes: str = Field(
        description="In words.",
        examples=["Stops calls to gpt-* once $50 are spent between midnight and midnight, UTC"],
    )


class ForecastShown(Wire):
    """Where the running period is heading. Amounts are in the budget's unit.

    `low` and `high` bound the spending at its end with a chance of 80 %; null where too little was seen to
    say. `exhausted_at` is when the limit is reached at this pace; null when that is not in this period.
    """

    pace_per_day: float = Field(examples=[1.9])
    expected: float | None = Field(examples=[57.5], description="Null for a period without an end.")
    low: float | None = Field(examples=[51.2])
    high: float | None = Field(examples=[63.8])
    exhausted_at: datetime | None
    basis: str = Field(
        examples=["the days so far"], description="What the rest of the period is expected to be like."
    )


class OverrideShown(Wire):
    """While it holds, the budget stops nothing."""

    until: datetime
    reason: str = Field(examples=["launch day"])
    by: str = Field(examples=["ann@example.com"])


class SubjectShown(Wire):
    """Where one of those stands whom a budget with `per` holds for."""

    project_id: str = Field(examples=["default"])
    subject: str = Field(description="The end user, API key or session.", examples=["ann"])
    spent: float = Field(examples=[4.2])
    spent_exact: int = Field(examples=[4200000000])
    held: float
    over: bool = Field(description="The limit is reached.")


class SubjectsShown(Wire):
    """Those whom a budget with `per` holds for."""

    count: int = Field(description="How many have spent something in the running period.", examples=[218])
    over: int = Field(description="How many have reached the limit.", examples=[3])
    closest: list[SubjectShown] = Field(description="The ten who spent most.")


class BudgetShown(Wire):
    """A budget, where it stands and where it is heading. Amounts are in its unit.

    With `per`, `spent`, `held`, `left`, `state` and `forecast` are those of the one who spent most.
    """

    id: str = Field(examples=["bud_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str
    describes: str = Field(
        description="What it will do, in words.",
        examples=["Stops calls to gpt-* once $50 are spent between midnight and midnight, UTC"],
    )
    scope: ScopeShown
    period: Period
    rolling_s: int | None
    time_zone: str = Field(examples=["Europe/Berlin"])
    unit: Unit
    limit: float = Field(examples=[50])
    thresholds: list[int] = Field(examples=[[50, 80, 90, 100]])
    action: Action
    downgrade_to: str | None
    hard_stop: bool
    per: Literal["end_user", "api_key", "session"] | None
    subjects: SubjectsShown | None = Field(description="Null without `per`.")
    override: OverrideShown | None
    state: Literal["ok", "warning", "over", "overridden"] = Field(
        description="`warning`: a threshold is passed. `over`: the limit is reached."
    )
    counting: bool = Field(description="Its history is still being counted: what is spent may be more.")
    period_start: datetime
    period_end: datetime | None
    spent: float = Field(examples=[31.4])
    spent_exact: int = Field(
        description="The same in nano-dollars, tokens or requests.", examples=[31400000000]
    )
    held: float = Field(description="Set aside by reservations.", examples=[0.2])
    left: float = Field(description="What is neither spent nor set aside; never below 0.", examples=[18.4])
    forecast: ForecastShown
    created_at: datetime
    updated_at: datetime


class BudgetList(Wire):
    """Budgets about the project, by name."""

    items: list[BudgetShown]


class OverrideInput(Wire):
    """Let calls through for a while."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 60, "reason": "launch day"}]})

    minutes: int = Field(ge=1, le=7 * 24 * 60, examples=[60])
    reason: Reason = Field(examples=["launch day"])


class PeriodShown(Wire):
    """What a budget spent in one period, or in one slot of a rolling window."""

    start: datetime
    end: datetime | None
    spent: float = Field(examples=[48.1])
    spent_exact: int = Field(examples=[48100000000])
    percent: float = Field(description="Of the limit as it is today.", examples=[96.2])


class BudgetEventShown(Wire):
    """News of a budget."""

    id: str
    kind: EventKind
    percent: int = Field(examples=[80])
    spent: float = Field(examples=[40.2])
    limit: float = Field(examples=[50])
    period_start: datetime
    subject: str = Field(description="Whose limit it was, of a budget with `per`.", examples=["ann"])
    at: datetime


class BudgetHistory(Wire):
    """Periods and news of a budget, newest first."""

    periods: list[PeriodShown]
    events: list[BudgetEventShown]


class UsageInput(Wire):
    """What a call uses. Counts are inclusive: input with cached tokens, output with reasoning."""

    input_tokens: int | None = Field(default=None, ge=0, le=10**12, examples=[1200])
    output_tokens: int | None = Field(default=None, ge=0, le=10**12, examples=[400])
    cache_read_tokens: int | None = Field(default=None, ge=0, le=10**12)
    cache_write_5m_tokens: int | None = Field(default=None, ge=0, le=10**12)
    cache_write_1h_tokens: int | None = Field(default=None, ge=0, le=10**12)
    reasoning_tokens: int | None = Field(default=None, ge=0, le=10**12)


class ReservationInput(Wire):
    """A call that is about to be made. Give its cost, or its model and expected tokens."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "provider": "openai",
                    "model": "gpt-4o",
                    "environment": "production",
                    "usage": {"input_tokens": 1200, "output_tokens": 400},
                }
            ]
        }
    )

    provider: Line = Field(default="", examples=["openai"])
    model: Line = Field(default="", examples=["gpt-4o"])
    environment: Line = Field(default="")
    route: Line = Field(default="")
    end_user: Line = Field(default="")
    session: Line = Field(default="")
    tags: list[Line] = Field(default=[], max_length=50)
    service_tier: Line = Field(default="")
    usage: UsageInput = Field(
        default=UsageInput(),
        description="The most that the call may use. Output that is not said is taken from the setting "
        "`LYNEX_BUDGETS_DEFAULT_OUTPUT_TOKENS`.",
    )
    cost_usd: Decimal | None = Field(default=None, ge=0, le=1_000_000, description="The most it may cost.")
    ttl_s: int | None = Field(default=None, ge=1, le=3600, description="How long to hold it at most.")
    idempotency_key: Line = Field(
        default="",
        description="Asked again with the same key, the same reservation is answered.",
    )


class Advice(Wire):
    """What a budget that is over its limit asks of calls that it does not stop."""

    budget_id: str
    action: Action
    downgrade_to: str | None


class ReservationShown(Wire):
    """What is set aside. Name it in the span's attribute `lynex.reservation_id`, and settle it after the
    call."""

    id: str = Field(examples=["rsv_01k9zv3w8r4m2n5p7q8s9t0abc"])
    expires_at: datetime
    cost_nanousd: int = Field(examples=[7000000])
    tokens: int = Field(examples=[1600])
    budget_ids: list[str] = Field(description="The budgets in which it is set aside.")
    advice: list[Advice]


class SettlementInput(Wire):
    """What the call truly used. Give the cost where it is known, else the usage is priced."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"usage": {"input_tokens": 1187, "output_tokens": 204}}]}
    )

    model: Line = Field(default="", description="The model that served, if another.")
    service_tier: Line = Field(default="")
    usage: UsageInput = UsageInput()
    cost_usd: Decimal | None = Field(default=None, ge=0, le=1_000_000, examples=[0.0042])


class SettlementShown(Wire):
    """What was booked."""

    id: str
    state: Literal["settled", "booked_before", "unheld"] = Field(
        description="`booked_before`: a span of the call, or an earlier settlement, was booked already. "
        "`unheld`: nothing is kept of this reservation, because no budget covered its call."
    )
    cost_nanousd: int = Field(examples=[4200000])
    cost_source: Literal["reported", "priced", "reserved"] = Field(
        description="`reserved`: neither cost nor price is known, so what was set aside stands for it."
    )
    tokens: int = Field(examples=[1391])


class ControlScope(Wire):
    """Which calls of the caller are meant. Empty fields hold for every call."""

    environment: str = ""
    model: str = ""
    route: str = ""
    end_user: str = ""
    tag: str = ""
    session: str = ""


class ControlKillSwitch(Wire):
    """A stop that holds until it is released, at the latest at `until`."""

    id: str
    scope: ControlScope
    allow_routes: list[str] = Field(description="Calls of these routes (patterns) stay open.")
    reason: str = Field(examples=["runaway agent"])
    until: datetime | None


class ControlBudget(Wire):
    """A budget that acts on calls: its limit is reached (`over`), or it wants reservations (`hard_stop`)."""

    id: str
    name: str
    scope: ControlScope
    action: Action
    downgrade_to: str | None
    hard_stop: bool
    over: bool
    per: Literal["end_user", "session"] | None = Field(
        description="The limit is each one's own: `over_subjects` have reached it."
    )
    over_subjects: list[str] = Field(
        description="End users or sessions whose limit is reached, in the caller's project; with `per` alone."
    )
    frees_at: datetime | None


class ControlState(Wire):
    """Everything that this caller has to keep. `version` changes when anything else does."""

    version: str = Field(examples=["5b0c1f6e0d5b4b7f9a3c2d1e"])
    project_id: str = Field(examples=["default"])
    enforcement: EnforcementMode = Field(
        description="What a caller does with the rest that leaves it to the project."
    )
    kill_switches: list[ControlKillSwitch]
    budgets: list[ControlBudget]
