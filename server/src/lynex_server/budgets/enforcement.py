"""Whether a project's budgets and kill switches are kept by SDKs that leave it to their project to say.

A process with `enforce="project"` is switched from `off` over `warn` to `enforce` from here, without being
deployed again. The gateway and reservations are no part of it: they keep what holds in any case.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.budgets.control import ControlBoard
from lynex_server.budgets.model import EnforcementMode
from lynex_server.budgets.tables import project_enforcement
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import Clock
from lynex_server.safety.public import AuditLog

_columns = project_enforcement.c


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What holds in a project; `changed_at_us` None and `changed_by` empty while nobody said anything."""

    mode: EnforcementMode = "off"
    changed_at_us: int | None = None
    changed_by: str = ""


class EnforcementService:
    """The service. Calls block and are safe from any thread."""

    def __init__(self, database: Database, board: ControlBoard, audit: AuditLog, clock: Clock) -> None:
        self._database = database
        self._board = board
        self._audit = audit
        self._clock = clock

    def of_project(self, project_id: str) -> Enforcement:
        """What holds in the project."""
        with self._database.read() as connection:
            return _found(connection, project_id)

    def change(self, principal: Principal, mode: EnforcementMode) -> Enforcement:
        """From now on this holds in the caller's project, in every process that listens within a second."""
        by = principal.name or principal.api_key_id or principal.user_id
        after = Enforcement(mode, self._clock.now_us(), by)
        values = {"mode": mode, "changed_at_us": after.changed_at_us, "changed_by": by}
        with self._database.begin() as connection:
            before = _found(connection, principal.project_id)
            into = self._database.insert(project_enforcement)
            connection.execute(
                into.values(
                    project_id=principal.project_id, organisation_id=principal.organisation_id, **values
                ).on_conflict_do_update(index_elements=["project_id"], set_=values)
            )
            self._audit.record(
                connection,
                principal.actor(),
                "enforcement.changed",
                organisation_id=principal.organisation_id,
                project_id=principal.project_id,
                target=principal.project_id,
                before={"mode": before.mode},
                after={"mode": mode},
            )
        self._board.changed(principal.organisation_id)
        return after


def _found(connection: sa.Connection, project_id: str) -> Enforcement:
    statement = sa.select(_columns.mode, _columns.changed_at_us, _columns.changed_by).where(
        _columns.project_id == project_id
    )
    row = connection.execute(statement).first()
    return Enforcement() if row is None else Enforcement(*row)
