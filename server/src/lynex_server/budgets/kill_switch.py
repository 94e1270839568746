"""The kill switch: triggered and released by people, keys and hooks; what it stops is in `control.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.budgets import kill_storage
from lynex_server.budgets.control import ControlBoard
from lynex_server.budgets.model import KillSwitch
from lynex_server.budgets.scope import Scope, conditions, like_pattern
from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal, projects_of
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, Forbidden, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import Actor, AuditLog

LISTED = 200
MODELS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Recorded:
    """Calls of one model, what those cost whose cost is known, and how many have none."""

    model: str
    calls: int
    cost_nanousd: int
    unpriced: int


_WOULD_BLOCK = """
SELECT model, count() AS calls, sum(ifNull(cost_nanousd, 0)) AS cost,
       countIf(cost_nanousd IS NULL) AS unpriced
FROM spans
WHERE $scope
  AND kind IN ('llm', 'embedding')
  AND status != 'blocked'
  AND NOT arrayExists(pattern -> route LIKE pattern,
{open:Array(String)})
  AND start_time >= fromUnixTimestamp64Micro({from_us:Int64})
  AND start_time < fromUnixTimestamp64Micro({until_us:Int64})
GROUP BY model
ORDER BY calls DESC, model
"""


class KillSwitches:
    """The service. Calls block and are safe from any thread; `sees_all` is as in `service.BudgetService`."""

    def __init__(
        self, database: Database, columnar: Columnar, board: ControlBoard, audit: AuditLog, clock: Clock
    ) -> None:
        self._database = database
        self._columnar = columnar
        self._board = board
        self._audit = audit
        self._clock = clock

    def trigger(
        self,
        actor: Actor,
        organisation_id: str,
        scope: Scope,
        allow_routes: Sequence[str],
        reason: str,
        minutes: int | None,
        dry_run: bool,
    ) -> KillSwitch:
        """Stop these calls from now on, in every process within a second."""
        now_us = self._clock.now_us()
        switch = KillSwitch(
            id=new_id("kil"),
            organisation_id=organisation_id,
            scope=scope,
            allow_routes=tuple(allow_routes),
            reason=reason,
            dry_run=dry_run,
            triggered_by=actor.name or actor.id,
            triggered_at_us=now_us,
            until_us=None if minutes is None else now_us + minutes * 60 * MICROS_PER_SECOND,
        )
        with self._database.begin() as connection:
            kill_storage.add_switch(connection, switch)
            self._record(connection, actor, "kill_switch.triggered", switch)
        self._board.changed(organisation_id)
        return switch

    def release(self, actor: Actor, switch: KillSwitch) -> KillSwitch:
        """Let the calls through again. Raises `Conflict` when it does not hold any more."""
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            holds = switch.until_us is None or switch.until_us > now_us
            by = actor.name or actor.id
            if not holds or not kill_storage.release_switch(connection, switch.id, by, now_us):
                raise Conflict("This kill switch does not hold any more.")
            self._record(connection, actor, "kill_switch.released", switch)
            released = kill_storage.find_switch(connection, switch.id)
        self._board.changed(switch.organisation_id)
        if released is None:
            raise NotFound("There is no such kill switch.")
        return released

    def find(self, principal: Principal, switch_id: str, sees_all: bool) -> KillSwitch:
        """One switch. Raises `NotFound`, and `Forbidden` for one that holds for the whole organisation: it is
        known to everyone whom it stops, and the business of those alone who see all."""
        with self._database.read() as connection:
            switch = kill_storage.find_switch(connection, switch_id)
        if (
            switch is None
            or switch.organisation_id != principal.organisation_id
            or switch.scope.project_id not in ("", principal.project_id)
        ):
            raise NotFound("There is no such kill switch.")
        if not switch.scope.project_id and not sees_all:
            if not switch.active(self._clock.now_us()):
                raise NotFound("There is no such kill switch.")
            raise Forbidden("What stops every project takes a role in the organisation.")
        return switch

    def latest(self, principal: Principal, sees_all: bool, active_only: bool) -> list[KillSwitch]:
        """The switches about the project, newest first. One that stops the whole organisation and holds is
        among them for everyone: it stops their calls, too."""
        now_us = self._clock.now_us()
        with self._database.read() as connection:
            found = kill_storage.latest_switches(
                connection, principal.organisation_id, ["", principal.project_id], LISTED
            )
        return [
            switch
            for switch in found
            if (switch.active(now_us) or not active_only)
            and (switch.scope.project_id or sees_all or switch.active(now_us))
        ]

    def would_block(
        self, switch: KillSwitch, principal: Principal, sees_all: bool
    ) -> tuple[list[Recorded], int]:
        """The recorded calls that the switch is about by model, most calls first, from its
        trigger until its end or now; and that end (µs)."""
        ends = [self._clock.now_us(), switch.until_us, switch.released_at_us]
        until_us = min(end for end in ends if end is not None)
        window = (switch.triggered_at_us, until_us)
        return self._recorded(principal, switch.scope, switch.allow_routes, window, sees_all), until_us

    def preview(
        self, principal: Principal, scope: Scope, allow_routes: Sequence[str], minutes: int, sees_all: bool
    ) -> tuple[list[Recorded], int, int]:
        """As `would_block`, for a switch that held in the last `minutes`; with the begin and end (µs)."""
        until_us = self._clock.now_us()
        from_us = until_us - minutes * 60 * MICROS_PER_SECOND
        found = self._recorded(principal, scope, allow_routes, (from_us, until_us), sees_all)
        return found, from_us, until_us

    def _recorded(
        self,
        principal: Principal,
        scope: Scope,
        allow_routes: Sequence[str],
        window_us: tuple[int, int],
        sees_all: bool,
    ) -> list[Recorded]:
        project_ids: list[str] = [principal.project_id]
        if sees_all:
            with self._database.read() as connection:
                project_ids = list(projects_of(connection, principal.organisation_id))
        scope_sql, bound = conditions(scope, project_ids)
        bound |= {
            "open": [like_pattern(pattern) for pattern in allow_routes],
            "from_us": window_us[0],
            "until_us": window_us[1],
        }
        rows = self._columnar.query(_WOULD_BLOCK.replace("$scope", scope_sql), bound).rows
        return [Recorded(model, *map(int, numbers)) for model, *numbers in rows]

    def _record(self, connection: sa.Connection, actor: Actor, action: str, switch: KillSwitch) -> None:
        self._audit.record(
            connection,
            actor,
            action,
            organisation_id=switch.organisation_id,
            project_id=switch.scope.project_id,
            target=switch.id,
            after={
                "scope": switch.scope.given(),
                "allow_routes": list(switch.allow_routes),
                "reason": switch.reason,
                "dry_run": switch.dry_run,
                "until_us": switch.until_us,
            },
        )
