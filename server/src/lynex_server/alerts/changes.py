"""How what people change gets into the audit log."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import sqlalchemy as sa

from lynex_server.identity.public import Principal
from lynex_server.safety.public import AuditLog


class HasId(Protocol):
    """Whatever is changed."""

    @property
    def id(self) -> str:
        """What it is known by."""
        ...


Changed = TypeVar("Changed", bound=HasId)


def record_change(
    audit: AuditLog,
    connection: sa.Connection,
    principal: Principal,
    action: str,
    before: Changed | None,
    after: Changed | None,
    told: Callable[[Changed], Mapping[str, object]],
) -> None:
    """Write down who made one from the other, in the words of `told`. None: there was none, or is none now.

    Raises `ValueError` where there is neither.
    """
    changed = after or before
    if changed is None:
        raise ValueError(f"{action}: nothing was there, and nothing is")
    audit.record(
        connection,
        principal.actor(),
        action,
        organisation_id=principal.organisation_id,
        project_id=principal.project_id,
        target=changed.id,
        before=None if before is None else told(before),
        after=None if after is None else told(after),
    )
