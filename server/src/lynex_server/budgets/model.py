"""What a budget is, and what is said of it."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from lynex_server.budgets.scope import Call, Scope
from lynex_server.budgets.windows import Calendar, Window

Unit = Literal["usd", "tokens", "requests"]
Action = Literal["notify", "slow_down", "downgrade_model", "stop"]
Per = Literal["", "end_user", "api_key", "session"]
"""Whose limit it is: that of all calls together, or each one's of these."""
EventKind = Literal["threshold", "stopped"]

EnforcementMode = Literal["off", "warn", "enforce"]
"""What SDKs that leave it to their project do with budgets and kill switches."""

SUBJECT_MARK = "/"
"""Stands in a counter's name between a budget's id and whose counter it is."""
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


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """One of those that a budget with `per` holds for. The same name in two projects is two of them."""

    project_id: str
    value: str


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
    belongs: one project, or the whole organisation when empty. With `per` the limit is each subject's own.
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
    per: Per = ""

    def covers(self, call: Call) -> bool:
        """Whether a call of its organisation counts in it. One that names no subject counts in no budget
        that is for each of them."""
        return (not self.per or bool(self.subject(call).value)) and self.scope.covers(call)

    def subject(self, call: Call) -> Subject:
        """Whose limit a call counts against, with `per`."""
        return Subject(call.project_id, getattr(call, self.per) if self.per else "")

    def counter(self, subject: Subject | None) -> str:
        """The name of the counter that stands against the limit."""
        if not self.per or subject is None:
            return self.id
        named = f"{subject.project_id}:{subject.value}".encode()
        return f"{self.id}{SUBJECT_MARK}{hashlib.sha256(named).hexdigest()[:24]}"

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

    `percent` is the threshold (100 where it stops), `spent` and `limit` are in the budget's unit. `subject`
    is whose limit it was, of a budget with `per`; `project_id` is then that subject's.
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
    subject: str = ""


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
    """Where a budget stands: the running period, what was spent in it, what is set aside.

    Of a budget with `per` that is said of the subject that spent most, and `subjects` are those closest to
    their limit, of so many.
    """

    window: Window
    spent: int
    held: int
    subjects: tuple["SubjectStanding", ...] = ()
    subject_count: int = 0
    subjects_over: int = 0


@dataclass(frozen=True, slots=True)
class SubjectStanding:
    """Where one subject stands against its limit."""

    subject: Subject
    spent: int
    held: int
