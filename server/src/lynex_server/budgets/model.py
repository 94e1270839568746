"""What a budget is, and what is said of it."""

from dataclasses import dataclass, field
from typing import Literal

from lynex_server.budgets.scope import Scope
from lynex_server.budgets.windows import Calendar, Window

Unit = Literal["usd", "tokens", "requests"]
Action = Literal["notify", "slow_down", "downgrade_model", "stop"]
EventKind = Literal["threshold", "stopped"]

DEFAULT_THRESHOLDS = (50, 80, 90, 100)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What calls used. `tokens` are input and output, `requests` model calls."""

    cost_nanousd: int = 0
    tokens: int = 0
    requests: int = 0

    def of(self, unit: Unit) -> int:
        """The one amount that a budget in `unit` counts."""
        if unit == "usd":
            return self.cost_nanousd
        return self.tokens if unit == "tokens" else self.requests

    def times(self, factor: int) -> "Amounts":
        """All of them multiplied; by -1 to take a booking back."""
        return Amounts(self.cost_nanousd * factor, self.tokens * factor, self.requests * factor)


@dataclass(frozen=True, slots=True)
class Override:
    """Until `until_us` the budget stops nothing; it goes on counting and telling."""

    until_us: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit. `limit` is in nano-dollars, tokens or requests, as `unit` says; `thresholds` are percents of
    it.

    `counting` is empty, or names the count of its history that is under way. `scope.project_id` is where it
    belongs: one project, or the whole organisation when empty.
    """

    id: str
    organisation_id: str
    name: str
    scope: Scope
    calendar: Calendar
    unit: Unit
    limit: int
    thresholds: tuple[int, ...]
    action: Action
    downgrade_to: str
    hard_stop: bool
    override: Override | None
    counting: str
    created_at_us: int
    updated_at_us: int

    def window(self, now_us: int) -> Window:
        """The period that is running."""
        return self.calendar.window(now_us)

    def overridden(self, now_us: int) -> bool:
        """Whether it may not stop anything at the moment."""
        return self.override is not None and now_us < self.override.until_us

    def refuses(self, now_us: int) -> bool:
        """Whether it says no to what would pass its limit."""
        return self.action == "stop" and not self.overridden(now_us)


@dataclass(frozen=True, slots=True)
class BudgetEvent:
    """News of a budget, once per period: a threshold was passed, or it stops calls from now on.

    `percent` is the threshold (100 where it stops), `spent` and `limit` are in the budget's unit.
    """

    id: str
    budget_id: str
    organisation_id: str
    project_id: str
    budget_name: str
    kind: EventKind
    period_start_us: int
    percent: int
    unit: Unit
    spent: int
    limit: int
    at_us: int


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """A stop. It holds from `triggered_at_us` until it is released or `until_us` has come.

    `dry_run` stops nothing and counts what it would have stopped. Calls of `allow_routes` stay open.
    """

    id: str
    organisation_id: str
    scope: Scope
    allow_routes: tuple[str, ...]
    reason: str
    dry_run: bool
    triggered_by: str
    triggered_at_us: int
    until_us: int | None
    released_at_us: int | None = None
    released_by: str = ""

    def active(self, now_us: int) -> bool:
        """Whether it holds."""
        return self.released_at_us is None and (self.until_us is None or now_us < self.until_us)


@dataclass(frozen=True, slots=True)
class KillSwitchHook:
    """A secret address that flips a kill switch of one project. `secret_id` is where its HMAC secret is
    kept."""

    id: str
    organisation_id: str
    project_id: str
    name: str
    scope: Scope
    allow_routes: tuple[str, ...]
    minutes: int | None
    secret_id: str
    created_by: str
    created_at_us: int
    last_used_at_us: int | None = None
    revoked_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a budget stands: the running period, what was spent in it, what is set aside."""

    window: Window
    spent: int
    held: int
    slots: dict[int, int] = field(default_factory=dict)
