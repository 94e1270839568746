"""What is stopped now: the rules of an organisation, and the part of them that one caller should know.

Rules are read from the books at most `control_refresh_s` old, in each process; news makes them be read at
once.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from lynex_server.budgets import kill_storage
from lynex_server.budgets.events import current_lines
from lynex_server.budgets.model import Budget, EnforcementMode, KillSwitch, Subject
from lynex_server.budgets.schemas import ControlBudget, ControlKillSwitch, ControlScope, ControlState
from lynex_server.budgets.scope import Call, Scope
from lynex_server.budgets.storage import budgets_of_organisations, modes_of, spent_in
from lynex_server.budgets.subjects import closest
from lynex_server.engines.live.protocol import Live
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import organisations_of
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock, datetime_from_us
from lynex_server.kernel.patterns import matches

MOST_NEAR = 2_000
"""Subjects of one budget that a process keeps in mind at most, those first who spent most. Reservations are
checked for every subject."""
_NOTHING_OVER: tuple[frozenset[str], frozenset[tuple[str, Subject]]] = (frozenset(), frozenset())
MAX_REMEMBERED = 10_000
"""Organisations whose rules a process keeps at most."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that holds in one organisation, as read at `asked_at_us`. `over` are the ids of budgets
    that act and whose limit is reached, `spent` is what the books said of every budget's running period.

    Of budgets with `per`, `near` says what those subjects spent who are past half of their limit, at most
    `MOST_NEAR` of each budget, and `over_subjects` which have reached it. `modes` is what projects say that
    SDKs do; those that say nothing are not in it.
    """

    budgets: tuple[Budget, ...]
    switches: tuple[KillSwitch, ...]
    over: frozenset[str]
    spent: Mapping[str, int]
    near: Mapping[str, Mapping[Subject, int]]
    over_subjects: frozenset[tuple[str, Subject]]
    modes: Mapping[str, EnforcementMode]
    asked_at_us: int

    def switch_against(self, call: Call, now_us: int) -> KillSwitch | None:
        """The kill switch that stops this call."""
        for switch in self.switches:
            if not switch.dry_run and switch.active(now_us) and stops(switch, call):
                return switch
        return None

    def covering(self, call: Call) -> list[Budget]:
        """The budgets that this call counts in."""
        return [budget for budget in self.budgets if budget.covers(call)]

    def used(self, budget: Budget, call: Call | None = None) -> float:
        """Which part of its limit a budget has used up, by the books: 0.8 is 80 %, above 1 is over it. What
        calls under way hold is not in it.

        Of a budget with `per` it is what the subject of `call` has used, 0 below half; without a call, what
        the one has who is closest to the limit.
        """
        if not budget.per:
            return self.spent.get(budget.id, 0) / budget.limit
        near = self.near.get(budget.id, {})
        if call is None:
            return max(near.values(), default=0) / budget.limit
        return near.get(budget.subject(call), 0) / budget.limit

    def is_over(self, budget: Budget, call: Call) -> bool:
        """Whether a budget that acts has reached the limit that this call counts against."""
        return budget.id in self.over or (budget.id, budget.subject(call)) in self.over_subjects


def stops(switch: KillSwitch, call: Call) -> bool:
    """Whether a call is one of those that the switch is about."""
    if any(matches(pattern, call.route) for pattern in switch.allow_routes):
        return False
    return switch.scope.covers(call)


def control_channel(organisation_id: str) -> str:
    """The channel on which changes of an organisation's rules are told."""
    return f"control:{organisation_id}"


class ControlBoard:
    """The rules of each organisation. Calls block (a look into the books at times) and are safe from any
    thread."""

    def __init__(self, database: Database, live: Live, clock: Clock, refresh_s: float) -> None:
        self._database = database
        self._live = live
        self._clock = clock
        self._refresh_us = round(refresh_s * MICROS_PER_SECOND)
        self._lock = threading.Lock()
        self._rules: dict[str, Rules] = {}
        self._told_over: dict[str, tuple[frozenset[str], frozenset[tuple[str, Subject]]]] = {}

    def rules(self, organisation_id: str) -> Rules:
        """The rules, at most `control_refresh_s` old."""
        known = self._known(organisation_id)
        if known is not None:
            return known
        with self._lock:  # many ask at once when they are old; one look serves them all
            return self._known(organisation_id) or self._read(organisation_id)

    def at_hand(self, organisation_id: str) -> bool:
        """Whether `rules` has them in memory."""
        return self._known(organisation_id) is not None

    def fresh_rules(self, organisation_id: str) -> Rules:
        """The rules as they are now."""
        with self._lock:
            return self._read(organisation_id)

    def changed(self, organisation_id: str) -> None:
        """Forget what is known here, and tell every process that listens."""
        with self._lock:  # a look that began before the change ends before it is forgotten
            self._rules.pop(organisation_id, None)
        self._live.publish(control_channel(organisation_id), b"changed")

    def spending_changed(self, project_ids: set[str]) -> None:
        """Tell of it where it changes what is stopped. Called after every booking: it looks before it
        tells."""
        with self._database.read() as connection:
            owners = set(organisations_of(connection, project_ids).values())
        for organisation_id in owners:
            rules = self.fresh_rules(organisation_id)
            over = (rules.over, rules.over_subjects)
            if over != self._told_over.get(organisation_id, _NOTHING_OVER):
                if len(self._told_over) >= MAX_REMEMBERED:
                    self._told_over.clear()
                self._told_over[organisation_id] = over
                self._live.publish(control_channel(organisation_id), b"changed")

    def _known(self, organisation_id: str) -> Rules | None:
        known = self._rules.get(organisation_id)
        if known is not None and 0 <= self._clock.now_us() - known.asked_at_us <= self._refresh_us:
            return known
        return None

    def _read(self, organisation_id: str) -> Rules:
        """Look into the books, and remember. Called under the lock."""
        now_us = self._clock.now_us()
        with self._database.read() as connection:
            budgets = budgets_of_organisations(connection, [organisation_id])
            switches = kill_storage.active_switches(connection, organisation_id, now_us)
            modes = modes_of(connection, organisation_id)
            spent = spent_in(connection, [current_lines(budget, now_us) for budget in budgets])
            near = {
                budget.id: closest(connection, budget, max(1, budget.limit // 2), now_us, MOST_NEAR)
                for budget in budgets
                if budget.per
            }
        if len(self._rules) >= MAX_REMEMBERED:
            self._rules.clear()
        acting = [budget for budget in budgets if budget.action != "notify"]
        rules = Rules(
            budgets=tuple(budgets),
            switches=tuple(switches),
            over=frozenset(
                budget.id for budget in acting if not budget.per and spent.get(budget.id, 0) >= budget.limit
            ),
            spent=spent,
            near=near,
            over_subjects=frozenset(
                (budget.id, subject)
                for budget in acting
                for subject, amount in near.get(budget.id, {}).items()
                if amount >= budget.limit
            ),
            modes=modes,
            asked_at_us=now_us,
        )
        self._rules[organisation_id] = rules
        return rules


def state_for(rules: Rules, project_id: str, api_key_id: str, now_us: int) -> ControlState:
    """What a caller of this project, with this key, must know to keep the rules itself.

    A person (no key) is shown what is about any key of the project.
    """
    switches = [
        _control_switch(switch)
        for switch in rules.switches
        if switch.active(now_us) and not switch.dry_run and _concerns(switch.scope, project_id, api_key_id)
    ]
    budgets = [
        shown
        for budget in rules.budgets
        if budget.action != "notify"
        and not budget.overridden(now_us)
        and _concerns(budget.scope, project_id, api_key_id)
        and (
            (shown := _control_budget(budget, rules, project_id, api_key_id, now_us)).over
            or shown.over_subjects
            or shown.hard_stop
        )
    ]
    mode = rules.modes.get(project_id, "off")
    said = [each.model_dump(mode="json") for each in (*switches, *budgets)]
    version = hashlib.sha256(json.dumps([project_id, mode, said]).encode()).hexdigest()[:24]
    return ControlState(
        version=version, project_id=project_id, enforcement=mode, kill_switches=switches, budgets=budgets
    )


def _concerns(scope: Scope, project_id: str, api_key_id: str) -> bool:
    return scope.project_id in ("", project_id) and (
        not scope.api_key or not api_key_id or scope.api_key == api_key_id
    )


def _control_scope(scope: Scope) -> ControlScope:
    given = {name: value for name, value in scope.given().items() if name not in ("project_id", "api_key")}
    return ControlScope(**given)


def _control_switch(switch: KillSwitch) -> ControlKillSwitch:
    return ControlKillSwitch(
        id=switch.id,
        scope=_control_scope(switch.scope),
        allow_routes=list(switch.allow_routes),
        reason=switch.reason,
        until=None if switch.until_us is None else datetime_from_us(switch.until_us),
    )


def _control_budget(
    budget: Budget, rules: Rules, project_id: str, api_key_id: str, now_us: int
) -> ControlBudget:
    is_over = budget.id in rules.over
    subjects = sorted(
        subject.value
        for budget_id, subject in rules.over_subjects
        if budget_id == budget.id and subject.project_id == project_id
    )
    per = budget.per
    if per == "api_key":  # the caller is one subject, and learns of itself alone
        is_over = api_key_id in subjects if api_key_id else bool(subjects)
        per, subjects = "", []
    ends = is_over or bool(subjects)
    end_us = budget.window(now_us).end_us if ends and budget.calendar.period != "rolling" else None
    return ControlBudget(
        id=budget.id,
        name=budget.name,
        scope=_control_scope(budget.scope),
        action=budget.action,
        downgrade_to=budget.downgrade_to or None,
        hard_stop=budget.hard_stop,
        over=is_over,
        per=per or None,
        over_subjects=subjects,
        frees_at=None if end_us is None else datetime_from_us(end_us),
    )
