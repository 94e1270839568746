"""The control state as the server tells it, made ready to be asked for every call."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from lynex._internal.enforcement.errors import BudgetExceeded, CallBlocked, KillSwitchActive


class Call(NamedTuple):
    """What is known of a call before it is made."""

    provider: str = ""
    model: str = ""
    route: str = ""
    environment: str = ""
    end_user: str = ""
    session: str = ""
    tags: tuple[str, ...] = ()


class Scope(NamedTuple):
    """Whose calls a rule is about: what is given must hold."""

    model: re.Pattern[str] | None
    route: re.Pattern[str] | None
    environment: str
    end_user: str
    session: str
    tag: str
    per: str = ""
    """Each of whom the limit is for: `end_user` or `session`; a call that names none is not meant."""

    def covers(self, call: Call) -> bool:
        """Whether the call is one of those meant."""
        return (
            (not self.per or bool(self.subject(call)))
            and (not self.environment or self.environment == call.environment)
            and (not self.end_user or self.end_user == call.end_user)
            and (not self.session or self.session == call.session)
            and (not self.tag or self.tag in call.tags)
            and (self.route is None or self.route.fullmatch(call.route) is not None)
            and (
                self.model is None
                or self.model.fullmatch(call.model) is not None
                or (bool(call.provider) and self.model.fullmatch(f"{call.provider}/{call.model}") is not None)
            )
        )

    def subject(self, call: Call) -> str:
        """Whose limit the call counts against."""
        return call.end_user if self.per == "end_user" else call.session if self.per == "session" else ""


class Rule(NamedTuple):
    """What is to be done with some calls: to stop them, and what to raise for it; or, of a budget with
    another `action`, to slow them down or to let them use `downgrade_to`.

    `ends_s` is when it ends by itself (seconds since the epoch), `subjects` are those whose limit is reached
    where it is each one's own.
    """

    scope: Scope
    open_routes: tuple[re.Pattern[str], ...]
    ends_s: float | None
    is_budget: bool
    id: str
    reason: str
    ends_at: str | None
    subjects: frozenset[str] = frozenset()
    action: str = "stop"
    downgrade_to: str = ""

    def meets(self, call: Call) -> bool:
        """Whether it holds for the call now."""
        if self.ends_s is not None and time.time() >= self.ends_s:
            return False
        if any(pattern.fullmatch(call.route) for pattern in self.open_routes):
            return False
        if self.scope.per and self.scope.subject(call) not in self.subjects:
            return False
        return self.scope.covers(call)

    def error(self) -> CallBlocked:
        """What to raise."""
        if self.is_budget:
            return BudgetExceeded(self.reason, self.id, self.ends_at)
        return KillSwitchActive(self.reason, self.id, self.ends_at)


class Rules(NamedTuple):
    """Everything that holds: stops, the calls that want money set aside first, and what is asked of calls
    that are not stopped."""

    version: str
    stops: tuple[Rule, ...]
    reserve: tuple[Scope, ...]
    asks: tuple[Rule, ...]
    mode: str
    """What the project says is done with all of it: `off`, `warn` or `enforce`; "" when nothing was heard."""


NO_RULES = Rules("", (), (), (), "")


def read_rules(state: Mapping[str, Any]) -> Rules:
    """The rules of a control state. Raises `KeyError`, `TypeError` or `ValueError` for what is none."""
    stops = [
        Rule(
            scope=_scope(switch["scope"]),
            open_routes=tuple(pattern for route in switch["allow_routes"] if (pattern := glob(route))),
            ends_s=_seconds(switch["until"]),
            is_budget=False,
            id=switch["id"],
            reason=f"A kill switch stops this call: {switch['reason']}",
            ends_at=switch["until"],
        )
        for switch in state["kill_switches"]
    ]
    over = [
        Rule(
            scope=_scope(budget["scope"], budget.get("per")),
            open_routes=(),
            ends_s=_seconds(budget["frees_at"]),
            is_budget=True,
            id=budget["id"],
            reason=f"The budget {budget['name']!r} is used up",
            ends_at=budget["frees_at"],
            subjects=frozenset(budget.get("over_subjects") or ()),
            action=budget["action"],
            downgrade_to=budget["downgrade_to"] or "",
        )
        for budget in state["budgets"]
        if budget["over"] or budget.get("over_subjects")
    ]
    stops += [rule for rule in over if rule.action == "stop"]
    asks = tuple(rule for rule in over if rule.action in ("slow_down", "downgrade_model"))
    reserve = tuple(
        _scope(budget["scope"], budget.get("per")) for budget in state["budgets"] if budget["hard_stop"]
    )
    return Rules(str(state["version"]), tuple(stops), reserve, asks, str(state.get("enforcement", "off")))


def glob(pattern: str) -> re.Pattern[str] | None:
    """A pattern with `*` and `?`; None for the empty one, which holds for everything."""
    if not pattern:
        return None
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in pattern), re.DOTALL)


def _scope(said: Mapping[str, str], per: str | None = None) -> Scope:
    return Scope(
        model=glob(said["model"]),
        route=glob(said["route"]),
        environment=said["environment"],
        end_user=said["end_user"],
        session=said["session"],
        tag=said["tag"],
        per=per or "",
    )


def _seconds(instant: str | None) -> float | None:
    # Python 3.10 does not read the "Z" that stands for UTC.
    return None if instant is None else datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()
