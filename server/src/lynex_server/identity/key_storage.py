"""The statements about API keys, one named function each, inside a transaction that the caller began."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from lynex_server.identity.model import ApiKey, Project
from lynex_server.identity.permissions import Scope
from lynex_server.identity.tables import api_keys, projects
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with its project and what its signatures are checked by."""

    key: ApiKey
    project: Project
    sealed_secret: bytes


def add_key(connection: sa.Connection, key: ApiKey, sha256: bytes, sealed_secret: bytes) -> None:
    """Add a key. Raises `sqlalchemy.exc.IntegrityError` when another key has this secret."""
    connection.execute(
        sa.insert(api_keys).values(
            id=key.id,
            project_id=key.project_id,
            name=key.name,
            scopes=" ".join(key.scopes),
            secret_sha256=sha256,
            sealed_secret=sealed_secret,
            prefix=key.prefix,
            allowed_networks=" ".join(key.allowed_networks),
            created_by=key.created_by,
            created_at_us=key.created_at_us,
            expires_at_us=key.expires_at_us,
            last_used_at_us=key.last_used_at_us,
            revoked_at_us=key.revoked_at_us,
            replaced_by=key.replaced_by,
        )
    )


def find_key(
    connection: sa.Connection, project_id: str, key_id: str, to_change: bool = False
) -> ApiKey | None:
    """The key of this project with this id, revoked or not. With `to_change`, nobody else changes it until
    the transaction ends."""
    statement = sa.select(api_keys).where(api_keys.c.id == key_id, api_keys.c.project_id == project_id)
    row = connection.execute(statement.with_for_update() if to_change else statement).first()
    return None if row is None else _key(row)


def find_key_by_secret(connection: sa.Connection, sha256: bytes) -> ApiKey | None:
    """The key with this secret, revoked or not."""
    row = connection.execute(sa.select(api_keys).where(api_keys.c.secret_sha256 == sha256)).first()
    return None if row is None else _key(row)


def any_key_exists(connection: sa.Connection) -> bool:
    """Whether a key was ever made, also a revoked one."""
    return connection.execute(sa.select(api_keys.c.id).limit(1)).first() is not None


def newest_keys(connection: sa.Connection, project_id: ProjectId, limit: int) -> list[ApiKey]:
    """Keys of a project, newest first, revoked ones included."""
    statement = (
        sa.select(api_keys)
        .where(api_keys.c.project_id == project_id)
        .order_by(api_keys.c.created_at_us.desc(), api_keys.c.id)
        .limit(limit)
    )
    return [_key(row) for row in connection.execute(statement)]


def find_working_key_by_secret(connection: sa.Connection, sha256: bytes, now_us: int) -> StoredKey | None:
    """The key with this secret, unless it was revoked or has expired."""
    statement = _keys_with_projects().where(api_keys.c.secret_sha256 == sha256, _works(now_us))
    row = connection.execute(statement).first()
    return None if row is None else _stored_key(row)


def working_keys_of_signer(
    connection: sa.Connection, signer: str, now_us: int, limit: int
) -> list[StoredKey]:
    """The working key with the id `signer`, or the newest working keys of the project with that id."""
    statement = (
        _keys_with_projects()
        .where(sa.or_(api_keys.c.id == signer, api_keys.c.project_id == signer), _works(now_us))
        .order_by(api_keys.c.created_at_us.desc(), api_keys.c.id)
        .limit(limit)
    )
    return [_stored_key(row) for row in connection.execute(statement)]


def note_uses(connection: sa.Connection, uses_us: Mapping[KeyId, int]) -> None:
    """Write when keys were last used; a later use that another process wrote stays.

    In the order of their ids, so that two processes which write at once do not wait for each other in a ring.
    """
    used_at_us: sa.BindParameter[int] = sa.bindparam("used_at_us")
    statement = (
        sa.update(api_keys)
        .where(
            api_keys.c.id == sa.bindparam("key_id"),
            sa.or_(api_keys.c.last_used_at_us.is_(None), api_keys.c.last_used_at_us < used_at_us),
        )
        .values(last_used_at_us=used_at_us)
    )
    connection.execute(
        statement, [{"key_id": key_id, "used_at_us": uses_us[key_id]} for key_id in sorted(uses_us)]
    )


def change_key(connection: sa.Connection, key: ApiKey) -> None:
    """Write what may change of a key: its name, scopes, expiry, networks and successor."""
    connection.execute(
        sa.update(api_keys)
        .where(api_keys.c.id == key.id)
        .values(
            name=key.name,
            scopes=" ".join(key.scopes),
            expires_at_us=key.expires_at_us,
            allowed_networks=" ".join(key.allowed_networks),
            replaced_by=key.replaced_by,
        )
    )


def count_working_keys(connection: sa.Connection, project_id: ProjectId, now_us: int) -> int:
    """How many keys of a project work now."""
    statement = sa.select(sa.func.count()).where(api_keys.c.project_id == project_id, _works(now_us))
    return int(connection.execute(statement).scalar_one())


def remove_keys(connection: sa.Connection, project_id: str) -> None:
    """Forget every key of a project."""
    connection.execute(sa.delete(api_keys).where(api_keys.c.project_id == project_id))


def revoke(connection: sa.Connection, key_id: KeyId, revoked_at_us: int) -> None:
    """End a key; one that was ended earlier keeps its time."""
    connection.execute(
        sa.update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at_us.is_(None))
        .values(revoked_at_us=revoked_at_us)
    )


def _works(now_us: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        api_keys.c.revoked_at_us.is_(None),
        sa.or_(api_keys.c.expires_at_us.is_(None), api_keys.c.expires_at_us > now_us),
    )


def _keys_with_projects() -> sa.Select[Any]:
    return sa.select(
        api_keys,
        projects.c.organisation_id,
        projects.c.name.label("project_name"),
        projects.c.created_at_us.label("project_created_at_us"),
        projects.c.erase_after_us,
    ).join(projects, projects.c.id == api_keys.c.project_id)


def _stored_key(row: sa.Row[Any]) -> StoredKey:
    project = Project(
        ProjectId(row.project_id),
        OrganisationId(row.organisation_id),
        row.project_name,
        row.project_created_at_us,
        row.erase_after_us,
    )
    return StoredKey(_key(row), project, row.sealed_secret)


def _key(row: sa.Row[Any]) -> ApiKey:
    return ApiKey(
        id=KeyId(row.id),
        project_id=ProjectId(row.project_id),
        name=row.name,
        scopes=tuple(cast(Scope, scope) for scope in row.scopes.split()),
        prefix=row.prefix,
        allowed_networks=tuple(row.allowed_networks.split()),
        created_by=row.created_by,
        created_at_us=row.created_at_us,
        expires_at_us=row.expires_at_us,
        last_used_at_us=row.last_used_at_us,
        revoked_at_us=row.revoked_at_us,
        replaced_by=None if row.replaced_by is None else KeyId(row.replaced_by),
    )
