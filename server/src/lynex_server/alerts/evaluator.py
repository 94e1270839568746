"""Looks at every rule, in one process at a time.

A row says who looks (`holder`, until when) and when the next look is due. Whoever comes first after that
takes it; the transaction that writes down what a look found first makes sure that it is still his. Measuring
happens outside of transactions, judging inside: what a person changes meanwhile is not written over.
"""

from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa
import structlog

from lynex_server.alerts import rule_storage
from lynex_server.alerts.budget_watch import BudgetWatch
from lynex_server.alerts.conditions import judge
from lynex_server.alerts.evaluation import advance, period_of
from lynex_server.alerts.incident_storage import find_incident
from lynex_server.alerts.lease import Lease, LostLease
from lynex_server.alerts.measure import Measurer, looks_back_s, readings_of
from lynex_server.alerts.metrics import source_of
from lynex_server.alerts.model import Rule, Sample, State, Transition
from lynex_server.alerts.opening import incident_of, open_incident, resolve_incident
from lynex_server.alerts.outbox import Outbox
from lynex_server.alerts.rule_storage import Look
from lynex_server.alerts.settings import AlertSettings
from lynex_server.alerts.telling import Telling, telling_lock
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import LynexError

log = structlog.get_logger(__name__)

MISSED_LOOKS = 3
"""After so many intervals without a look, the past is caught up."""
MAX_ERROR_CHARS = 500
_HOUR_US = 3600 * MICROS_PER_SECOND

Samples = dict[str, list[Sample]]


class Evaluator:
    """One process's part in looking at rules. Calls block."""

    def __init__(
        self,
        database: Database,
        measurer: Measurer,
        budgets: BudgetWatch,
        outbox: Outbox,
        telling: Telling,
        settings: AlertSettings,
        clock: Clock,
        process_name: str = "",
    ) -> None:
        self._database = database
        self._measurer = measurer
        self._budgets = budgets
        self._outbox = outbox
        self._telling = telling
        self._settings = settings
        self._clock = clock
        self._lease = Lease(database, clock, settings.alerts_evaluate_s, process_name)

    def tick(self) -> bool:
        """Look at every rule if a look is due and nobody else is at it. Says whether it did."""
        if not self._lease.take():
            return False
        try:
            with self._database.read() as connection:
                rules = rule_storage.enabled_rules(connection)
            for rule in rules:
                self.look(rule)
            self._telling.tell()
        except LostLease:
            log.warning("alerts.evaluated_elsewhere")
            return False
        self._lease.give_back()
        return True

    def look(self, rule: Rule) -> None:
        """Look at one rule. What goes wrong is written down with the rule, and stops no other.

        Raises `LostLease`, and `Busy` when the relational engine is away.
        """
        now_us = self._clock.now_us()
        with self._database.read() as connection:
            last = rule_storage.looks_at(connection, [rule.id]).get(rule.id, Look())
        try:
            samples, left_out, skipped_us = self._samples(rule, last, now_us)
        except LynexError as error:
            self._failed(rule, last, str(error), now_us)
        except Exception:  # one rule must not end the looks at all others
            log.exception("alerts.rule_failed", rule=rule.id)
            self._failed(rule, last, "an error of Lynex; its log says which", now_us)
        else:
            look = Look(now_us, None, "", skipped_us or last.skipped_us, left_out)
            self._write(rule, samples, look, now_us)

    def _samples(self, rule: Rule, last: Look, now_us: int) -> tuple[Samples, bool, tuple[int, int] | None]:
        """Judged samples by group since the last look; a stretch that could not be caught up."""
        looked_us = last.evaluated_at_us
        measured = self._measurer.now(rule, now_us, max(looked_us, rule.updated_at_us))
        samples: Samples = {}
        skipped: tuple[int, int] | None = None
        if looked_us and now_us - looked_us > self._gap_us(rule):
            earliest_us = now_us - self._settings.alerts_catch_up_hours * _HOUR_US
            if source_of(rule) == "queue":
                skipped = (looked_us, now_us)
            elif source_of(rule) == "spans":
                skipped = (looked_us, earliest_us) if looked_us < earliest_us else None
                self._catch_up(rule, max(looked_us, earliest_us), now_us, samples)
        for group, earlier in (measured.earlier or {}).items():
            samples.setdefault(group, []).extend(earlier)
        for group, reading in measured.readings.items():
            samples.setdefault(group, []).append(judge(rule, reading, now_us))
        return samples, measured.left_out, skipped

    def _catch_up(self, rule: Rule, start_us: int, now_us: int, samples: Samples) -> None:
        """Judge every whole window that ended while nobody looked."""
        window_s = rule.window_s
        first_s = start_us // MICROS_PER_SECOND // window_s * window_s
        end_s = now_us // MICROS_PER_SECOND // window_s * window_s
        if first_s >= end_s:
            return
        history = self._measurer.history(rule, first_s - looks_back_s(rule), end_s)
        for group, windows in history.windows.items():
            for at_s, reading in readings_of(rule, windows, range(first_s, end_s, window_s)):
                at_us = at_s * MICROS_PER_SECOND
                if start_us < at_us < now_us:
                    samples.setdefault(group, []).append(judge(rule, reading, at_us))

    def _write(self, rule: Rule, samples: Samples, look: Look, now_us: int) -> None:
        with self._database.begin() as connection:
            self._database.lock(connection, telling_lock(rule.project_id))
            self._lease.renew(connection)
            if rule_storage.find_rule(connection, rule.project_id, rule.id) != rule:
                return  # it was changed or removed meanwhile: what was measured is not what it asks now
            before = rule_storage.states_of(connection, rule.id)
            after = self._advanced(connection, rule, before, samples, look.groups_left_out, now_us)
            gone = [group for group, state in after.items() if _is_forgettable(rule, samples, group, state)]
            kept = {group: state for group, state in after.items() if group not in gone}
            rule_storage.put_states(
                self._database,
                connection,
                rule,
                {group: state for group, state in kept.items() if state != before.get(group)},
            )
            rule_storage.forget_states(connection, rule.id, gone)
            rule_storage.put_look(self._database, connection, rule, look)

    def _advanced(
        self,
        connection: sa.Connection,
        rule: Rule,
        before: Mapping[str, State],
        samples: Samples,
        left_out: bool,
        now_us: int,
    ) -> dict[str, State]:
        after: dict[str, State] = {}
        for group in sorted({*before, *samples}):
            found = samples.get(group, [])
            if not any(sample.at_us == now_us for sample in found) and not left_out:
                # Nothing is known of the group now: what it fired for is not there any more.
                found = [*found, Sample(now_us, False, None)]
            state, transitions = advance(rule, before.get(group, State()), found, self._gap_us(rule))
            for transition in transitions:
                state = self._happened(connection, rule, group, state, transition, now_us)
            after[group] = state
        return after

    def _happened(
        self,
        connection: sa.Connection,
        rule: Rule,
        group: str,
        state: State,
        transition: Transition,
        now_us: int,
    ) -> State:
        if transition.kind == "opened":
            budgets = source_of(rule) == "budgets"
            shown = self._budgets.name_of(rule, group) if budgets else group
            incident = incident_of(rule, group, shown, transition.sample, now_us)
            open_incident(connection, incident)
            return replace(state, incident_id=incident.id)
        open_one = find_incident(connection, rule.project_id, state.incident_id)
        if open_one is not None:
            resolve_incident(connection, self._outbox, open_one, transition.sample.at_us)
        return state

    def _failed(self, rule: Rule, last: Look, error: str, now_us: int) -> None:
        since_us = now_us if last.failing_since_us is None else last.failing_since_us
        look = replace(last, failing_since_us=since_us, error=error[:MAX_ERROR_CHARS])
        with self._database.begin() as connection:
            self._lease.renew(connection)
            if rule_storage.find_rule(connection, rule.project_id, rule.id) is not None:
                rule_storage.put_look(self._database, connection, rule, look)

    def _gap_us(self, rule: Rule) -> int:
        """How far two samples may lie apart and still tell of what lies between them."""
        looks_s = MISSED_LOOKS * self._settings.alerts_evaluate_s
        return round(max(looks_s, rule.window_s) * MICROS_PER_SECOND)


def _is_forgettable(rule: Rule, samples: Samples, group: str, state: State) -> bool:
    """A group that is gone and quiet, once its firing no longer counts for the period."""
    if group in samples or state.phase != "ok":
        return False
    return state.told_period != period_of(rule.once_per, state.judged_at_us) or not state.told_period
