"""This slice's statements, one named function each, inside a transaction that the caller began."""

from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.model import ApiKey, Organisation, Project
from lynex_server.identity.permissions import Scope
from lynex_server.identity.tables import api_keys, organisations, projects
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with what its signatures are checked by."""

    key: ApiKey
    organisation_id: OrganisationId
    sealed_secret: bytes


def add_organisation(database: Database, connection: sa.Connection, organisation: Organisation) -> bool:
    """Whether it was added: False when one with this id exists."""
    statement = (
        database.insert(organisations)
        .values(id=organisation.id, name=organisation.name, created_at_us=organisation.created_at_us)
        .on_conflict_do_nothing()
    )
    return connection.execute(statement).rowcount == 1


def add_project(database: Database, connection: sa.Connection, project: Project) -> bool:
    """Whether it was added: False when one with this id exists."""
    statement = (
        database.insert(projects)
        .values(
            id=project.id,
            organisation_id=project.organisation_id,
            name=project.name,
            created_at_us=project.created_at_us,
        )
        .on_conflict_do_nothing()
    )
    return connection.execute(statement).rowcount == 1


def find_project(connection: sa.Connection, project_id: str) -> Project | None:
    """The project with this id."""
    row = connection.execute(sa.select(projects).where(projects.c.id == project_id)).first()
    return None if row is None else _project(row)


def newest_projects(connection: sa.Connection, limit: int) -> list[Project]:
    """Projects, newest first."""
    statement = sa.select(projects).order_by(projects.c.created_at_us.desc(), projects.c.id).limit(limit)
    return [_project(row) for row in connection.execute(statement)]


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


def find_key(connection: sa.Connection, project_id: ProjectId, key_id: str) -> ApiKey | None:
    """The key of this project with this id, revoked or not."""
    statement = sa.select(api_keys).where(api_keys.c.id == key_id, api_keys.c.project_id == project_id)
    row = connection.execute(statement).first()
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


def active_keys_of_signer(connection: sa.Connection, signer: str, limit: int) -> list[StoredKey]:
    """The working key with the id `signer`, or the newest working keys of the project with that id."""
    statement = (
        sa.select(api_keys, projects.c.organisation_id)
        .join(projects, projects.c.id == api_keys.c.project_id)
        .where(
            sa.or_(api_keys.c.id == signer, api_keys.c.project_id == signer),
            api_keys.c.revoked_at_us.is_(None),
        )
        .order_by(api_keys.c.created_at_us.desc(), api_keys.c.id)
        .limit(limit)
    )
    return [
        StoredKey(_key(row), OrganisationId(row.organisation_id), row.sealed_secret)
        for row in connection.execute(statement)
    ]


def revoke(connection: sa.Connection, key_id: KeyId, revoked_at_us: int) -> None:
    """End a key; one that was ended earlier keeps its time."""
    connection.execute(
        sa.update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at_us.is_(None))
        .values(revoked_at_us=revoked_at_us)
    )


def _project(row: sa.Row[Any]) -> Project:
    return Project(
        ProjectId(row.id),
        OrganisationId(row.organisation_id),
        row.name,
        row.created_at_us,
        row.erase_after_us,
    )


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
