"""Rules: made, changed, removed, looked at, tried on the past."""

import threading
from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from lynex_server.alerts import rule_storage
from lynex_server.alerts.budget_watch import BudgetWatch
from lynex_server.alerts.changes import record_change
from lynex_server.alerts.channel_storage import channels_of
from lynex_server.alerts.describe import describe_rule
from lynex_server.alerts.incident_storage import open_incidents_of
from lynex_server.alerts.measure import Measurer
from lynex_server.alerts.metrics import source_of
from lynex_server.alerts.model import Rule, State
from lynex_server.alerts.opening import resolve_incident
from lynex_server.alerts.outbox import Outbox
from lynex_server.alerts.preview import Preview, preview
from lynex_server.alerts.rule_schemas import RuleInput
from lynex_server.alerts.rule_shapes import rule_from
from lynex_server.alerts.rule_storage import RULES_LOCK, Look
from lynex_server.alerts.settings import AlertSettings
from lynex_server.alerts.telling import telling_lock
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Busy, Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import AuditLog

PREVIEWS_AT_ONCE = 2


class RuleService:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        measurer: Measurer,
        budgets: BudgetWatch,
        outbox: Outbox,
        audit: AuditLog,
        settings: AlertSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._measurer = measurer
        self._budgets = budgets
        self._outbox = outbox
        self._audit = audit
        self._settings = settings
        self._clock = clock
        self._previews = threading.BoundedSemaphore(PREVIEWS_AT_ONCE)

    def create(self, principal: Principal, wanted: RuleInput) -> Rule:
        """Make a rule. Raises `Conflict` when there are too many, `InvalidInput` for a strange channel."""
        rule = self._wanted(principal, wanted, new_id("alr"), None)
        with self._database.begin() as connection:
            self._database.lock(connection, RULES_LOCK)
            most = self._settings.alerts_max_rules
            if rule_storage.count_rules(connection, rule.project_id) >= most:
                raise Conflict(f"There are {most} alert rules already (LYNEX_ALERTS_MAX_RULES).")
            self._check_channels(connection, rule)
            rule_storage.put_rule(self._database, connection, rule)
            self._record(connection, principal, "alert_rule.created", None, rule)
        return rule

    def change(self, principal: Principal, rule_id: str, wanted: RuleInput) -> Rule:
        """Make a rule as wanted. What it watches begins anew, and what was open of it is resolved, unless
        only its name, note, labels or channels changed. Raises `NotFound`, `InvalidInput`."""
        with self._database.begin() as connection:
            self._database.lock(connection, telling_lock(principal.project_id))
            before = _found(rule_storage.find_rule(connection, principal.project_id, rule_id))
            rule = self._wanted(principal, wanted, rule_id, before)
            self._check_channels(connection, rule)
            rule_storage.put_rule(self._database, connection, rule)
            if describe_rule(rule) != describe_rule(before):
                self._end_all(connection, principal, rule_id, "the rule was changed")
            self._record(connection, principal, "alert_rule.changed", before, rule)
        return rule

    def remove(self, principal: Principal, rule_id: str) -> None:
        """Remove a rule; what is open of it is resolved. Raises `NotFound`."""
        with self._database.begin() as connection:
            self._database.lock(connection, telling_lock(principal.project_id))
            rule = _found(rule_storage.find_rule(connection, principal.project_id, rule_id))
            self._end_all(connection, principal, rule_id, "the rule was removed")
            rule_storage.remove_rule(connection, rule_id)
            self._record(connection, principal, "alert_rule.removed", rule, None)

    def find(self, project_id: str, rule_id: str) -> tuple[Rule, Look, dict[str, State], dict[str, str]]:
        """One rule, how looking at it goes, where its groups stand, and the names of those that have one
        besides. Raises `NotFound`."""
        with self._database.read() as connection:
            rule = _found(rule_storage.find_rule(connection, project_id, rule_id))
            looks = rule_storage.looks_at(connection, [rule_id])
            states = rule_storage.states_of(connection, rule_id)
        groups = states if source_of(rule) == "budgets" else {}
        names = {group: self._budgets.name_of(rule, group) for group in groups}
        return rule, looks.get(rule_id, Look()), states, names

    def all(self, project_id: str) -> list[tuple[Rule, Look]]:
        """The rules of the project, by name."""
        with self._database.read() as connection:
            rules = rule_storage.rules_of(connection, project_id)
            looks = rule_storage.looks_at(connection, [rule.id for rule in rules])
            return [(rule, looks.get(rule.id, Look())) for rule in rules]

    def preview(self, principal: Principal, wanted: RuleInput) -> tuple[Rule, Preview]:
        """How often the rule would have fired. Raises `Busy` while others ask the same."""
        rule = self._wanted(principal, wanted, "preview", None)
        if not self._previews.acquire(timeout=5):
            raise Busy("Others are trying rules on the past right now.")
        try:
            return rule, preview(rule, self._measurer, self._budgets, self._clock.now_us())
        finally:
            self._previews.release()

    def _wanted(self, principal: Principal, wanted: RuleInput, rule_id: str, before: Rule | None) -> Rule:
        now_us = self._clock.now_us()
        if before is not None:
            # Later than before even within one microsecond: an evaluation under way must see that it changed.
            now_us = max(now_us, before.updated_at_us + 1)
        return rule_from(
            wanted,
            rule_id=rule_id,
            organisation_id=principal.organisation_id,
            project_id=principal.project_id,
            created_at_us=now_us if before is None else before.created_at_us,
            now_us=now_us,
        )

    def _check_channels(self, connection: sa.Connection, rule: Rule) -> None:
        known = {channel.id for channel in channels_of(connection, rule.project_id)}
        strange: Sequence[str] = [each for each in rule.channel_ids if each not in known]
        if strange:
            raise InvalidInput(f"channel_ids: there is no channel {strange[0]}", field="channel_ids")

    def _end_all(self, connection: sa.Connection, principal: Principal, rule_id: str, why: str) -> None:
        now_us = self._clock.now_us()
        for incident in open_incidents_of(connection, rule_id):
            resolve_incident(connection, self._outbox, incident, now_us, principal.actor().name, why)
        rule_storage.forget_states(connection, rule_id)

    def _record(
        self,
        connection: sa.Connection,
        principal: Principal,
        action: str,
        before: Rule | None,
        after: Rule | None,
    ) -> None:
        record_change(self._audit, connection, principal, action, before, after, _plain)


def _plain(rule: Rule) -> dict[str, object]:
    told = {name: value for name, value in asdict(rule).items() if not name.endswith("_us")}
    return {"describes": describe_rule(rule), **told}


def _found(rule: Rule | None) -> Rule:
    if rule is None:
        raise NotFound("There is no such alert rule.")
    return rule
