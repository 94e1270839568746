"""The end of a repricing that cannot be done: a reason for people, and a line in the audit log."""

import sqlalchemy as sa

from lynex_server.identity.public import organisations_of
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.errors import LynexError
from lynex_server.kernel.ids import ProjectId
from lynex_server.prices import repricing_rows as rows
from lynex_server.prices.repricing_rows import ChunkRow, Repricing
from lynex_server.safety.public import Actor, AuditLog

BACK_OFF_S = (1.0, 5.0, 25.0)
"""The rests before a step that failed is tried again. After the last try its repricing has failed."""

_SYSTEM = Actor("system", "prices", "pricing history again")


def reason_of(error: Exception, step: ChunkRow | None) -> str:
    """Why it failed, as people read it.

    Only our own errors are written for people. Others may quote statements, texts or credentials: of those
    the kind alone is told, and the log has the rest.
    """
    said = str(error) if isinstance(error, LynexError) else f"{type(error).__name__}, see the server's log"
    if step is None or step.done_at_us is not None:
        return f"between two steps: {said}"
    return f"calls from {_instant(step.from_us)} until {_instant(step.until_us)}: {said}"


def end_as_failed(
    connection: sa.Connection, audit: AuditLog, job: Repricing, reason: str, now_us: int
) -> None:
    """Write down that it failed, unless it had ended before. A dry run is not audited, nor is its start."""
    if not rows.end_repricing(connection, job.id, "failed", now_us, reason) or job.dry_run:
        return
    project_id = ProjectId(job.stretch.project_id)
    audit.record(
        connection,
        _SYSTEM,
        "price.repricing_failed",
        organisation_id=organisations_of(connection, [project_id]).get(project_id, ""),
        project_id=project_id,
        target=job.id,
        after={"reason": reason},
    )


def _instant(at_us: int) -> str:
    return datetime_from_us(at_us).isoformat(sep=" ", timespec="seconds")
