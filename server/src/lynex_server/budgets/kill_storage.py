"""Kill switches and their hooks as rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from lynex_server.budgets.model import KillSwitch, KillSwitchHook
from lynex_server.budgets.storage import scope_json, scope_of
from lynex_server.budgets.tables import kill_switch_hooks, kill_switches

ACTIVE_MAX = 1_000
"""Kill switches of one organisation that hold at once."""


def active_switches(connection: sa.Connection, organisation_id: str, now_us: int) -> list[KillSwitch]:
    """Those that hold now, dry runs included, oldest first."""
    columns = kill_switches.c
    statement = (
        sa.select(kill_switches)
        .where(
            columns.organisation_id == organisation_id,
            columns.released_at_us.is_(None),
            sa.or_(columns.until_us.is_(None), columns.until_us > now_us),
        )
        .order_by(columns.triggered_at_us, columns.id)
        .limit(ACTIVE_MAX)
    )
    return [_switch(row) for row in connection.execute(statement)]


def latest_switches(
    connection: sa.Connection, organisation_id: str, project_ids: Sequence[str], limit: int
) -> list[KillSwitch]:
    """Switches about these projects ("" for those about the whole organisation), newest first, ended ones
    too."""
    columns = kill_switches.c
    statement = (
        sa.select(kill_switches)
        .where(columns.organisation_id == organisation_id, columns.project_id.in_(project_ids))
        .order_by(columns.triggered_at_us.desc(), columns.id.desc())
        .limit(limit)
    )
    return [_switch(row) for row in connection.execute(statement)]


def find_switch(connection: sa.Connection, switch_id: str) -> KillSwitch | None:
    """The switch with this id."""
    row = connection.execute(sa.select(kill_switches).where(kill_switches.c.id == switch_id)).first()
    return None if row is None else _switch(row)


def add_switch(connection: sa.Connection, switch: KillSwitch) -> None:
    """Store a new switch."""
    values = asdict(switch)
    values.pop("scope")
    connection.execute(
        sa.insert(kill_switches).values(
            **values | {"allow_routes": json.dumps(switch.allow_routes)},
            project_id=switch.scope.project_id,
            scope=scope_json(switch.scope),
        )
    )


def release_switch(connection: sa.Connection, switch_id: str, by: str, now_us: int) -> bool:
    """End a switch; False when it was ended before."""
    columns = kill_switches.c
    released = connection.execute(
        sa.update(kill_switches)
        .where(columns.id == switch_id, columns.released_at_us.is_(None))
        .values(released_at_us=now_us, released_by=by)
    )
    return bool(released.rowcount)


def add_hook(connection: sa.Connection, hook: KillSwitchHook, token_sha256: bytes) -> None:
    """Store a new hook, and what its secret address is recognised by."""
    values = asdict(hook)
    connection.execute(
        sa.insert(kill_switch_hooks).values(
            **values | {"allow_routes": json.dumps(hook.allow_routes), "scope": scope_json(hook.scope)},
            token_sha256=token_sha256,
        )
    )


def hooks_of(connection: sa.Connection, project_id: str) -> list[KillSwitchHook]:
    """A project's hooks that are not revoked, oldest first."""
    columns = kill_switch_hooks.c
    statement = (
        sa.select(kill_switch_hooks)
        .where(columns.project_id == project_id, columns.revoked_at_us.is_(None))
        .order_by(columns.created_at_us, columns.id)
    )
    return [_hook(row) for row in connection.execute(statement)]


def find_hook(connection: sa.Connection, token_sha256: bytes) -> KillSwitchHook | None:
    """The hook behind a secret address, unless it is revoked."""
    columns = kill_switch_hooks.c
    row = connection.execute(
        sa.select(kill_switch_hooks).where(
            columns.token_sha256 == token_sha256, columns.revoked_at_us.is_(None)
        )
    ).first()
    return None if row is None else _hook(row)


def revoke_hook(
    connection: sa.Connection, project_id: str, hook_id: str, now_us: int
) -> KillSwitchHook | None:
    """End a project's hook; None when there is none that works."""
    columns = kill_switch_hooks.c
    row = connection.execute(
        sa.update(kill_switch_hooks)
        .where(columns.project_id == project_id, columns.id == hook_id, columns.revoked_at_us.is_(None))
        .values(revoked_at_us=now_us)
        .returning(*columns)
    ).first()
    return None if row is None else _hook(row)


def note_use(connection: sa.Connection, hook_id: str, now_us: int) -> None:
    """Remember when a hook was last used."""
    connection.execute(
        sa.update(kill_switch_hooks).where(kill_switch_hooks.c.id == hook_id).values(last_used_at_us=now_us)
    )


def _switch(row: sa.Row[Any]) -> KillSwitch:
    values = dict(row._mapping)
    project_id = values.pop("project_id")
    return KillSwitch(
        **values
        | {
            "scope": scope_of(project_id, row.scope),
            "allow_routes": tuple(json.loads(row.allow_routes)),
            "dry_run": bool(row.dry_run),
        }
    )


def _hook(row: sa.Row[Any]) -> KillSwitchHook:
    values = dict(row._mapping)
    values.pop("token_sha256")
    return KillSwitchHook(
        **values
        | {
            "scope": scope_of(row.project_id, row.scope),
            "allow_routes": tuple(json.loads(row.allow_routes)),
        }
    )
