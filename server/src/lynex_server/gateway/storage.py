"""Statements about providers, their keys, routes and settings."""

from collections import defaultdict
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.gateway.model import ProjectSettings, Provider, ProviderKey, Route
from lynex_server.gateway.tables import (
    gateway_provider_keys,
    gateway_providers,
    gateway_revisions,
    gateway_routes,
    gateway_settings,
)

T = TypeVar("T")


def changes_lock(project_id: str) -> str:
    """The name of the lock that makes changes of one project's gateway come one after another."""
    return f"gateway {project_id}"


def count_change(database: Database, connection: sa.Connection, project_id: str) -> None:
    """Let every process see that something of the project has changed."""
    statement = database.insert(gateway_revisions).values(project_id=project_id, revision=1)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["project_id"], set_={"revision": gateway_revisions.c.revision + 1}
        )
    )


def revision_of(connection: sa.Connection, project_id: str) -> int:
    """How many changes there were; 0 when nothing was ever set."""
    found = sa.select(gateway_revisions.c.revision).where(gateway_revisions.c.project_id == project_id)
    return connection.execute(found).scalar() or 0


def providers_of(connection: sa.Connection, project_id: str) -> list[Provider]:
    """The providers of a project with their keys, by name."""
    columns = gateway_provider_keys.c
    keys: defaultdict[str, list[ProviderKey]] = defaultdict(list)
    statement = sa.select(gateway_provider_keys).where(columns.project_id == project_id)
    for row in connection.execute(statement.order_by(columns.name)):
        keys[row.provider_id].append(_key(row))
    found = sa.select(gateway_providers).where(gateway_providers.c.project_id == project_id)
    rows = connection.execute(found.order_by(gateway_providers.c.name))
    return [replace(_from(row, Provider), keys=tuple(keys[row.id])) for row in rows]


def find_provider(connection: sa.Connection, project_id: str, provider_id: str) -> Provider | None:
    """One provider of this project with its keys."""
    columns = gateway_providers.c
    found = sa.select(gateway_providers).where(columns.id == provider_id, columns.project_id == project_id)
    row = connection.execute(found).first()
    if row is None:
        return None
    of_it = sa.select(gateway_provider_keys).where(gateway_provider_keys.c.provider_id == provider_id)
    keys = connection.execute(of_it.order_by(gateway_provider_keys.c.name))
    return replace(_from(row, Provider), keys=tuple(_key(key) for key in keys))


def put_provider(database: Database, connection: sa.Connection, provider: Provider) -> None:
    """Add a provider, or write over the one with its id. Its keys are not touched."""
    values = {
        "organisation_id": provider.organisation_id,
        "project_id": provider.project_id,
        "name": provider.name,
        "definition": _text(replace(provider, keys=())),
    }
    _put(database, connection, gateway_providers, provider.id, values)


def remove_provider(connection: sa.Connection, provider_id: str) -> None:
    """Forget a provider and its keys; what they keep in the vault is left."""
    connection.execute(
        sa.delete(gateway_provider_keys).where(gateway_provider_keys.c.provider_id == provider_id)
    )
    connection.execute(sa.delete(gateway_providers).where(gateway_providers.c.id == provider_id))


def put_key(database: Database, connection: sa.Connection, provider: Provider, key: ProviderKey) -> None:
    """Add a key of the provider, or write over the one with its id."""
    values = {
        "project_id": provider.project_id,
        "provider_id": provider.id,
        "name": key.name,
        "secret_id": key.secret_id,
        "hint": key.hint,
        "weight": key.weight,
        "enabled": key.enabled,
        "created_at_us": key.created_at_us,
    }
    _put(database, connection, gateway_provider_keys, key.id, values)


def remove_key(connection: sa.Connection, key_id: str) -> None:
    """Forget a key; what it keeps in the vault is left."""
    connection.execute(sa.delete(gateway_provider_keys).where(gateway_provider_keys.c.id == key_id))


def routes_of(connection: sa.Connection, project_id: str) -> list[Route]:
    """The routes of a project, by name."""
    found = sa.select(gateway_routes).where(gateway_routes.c.project_id == project_id)
    return [_from(row, Route) for row in connection.execute(found.order_by(gateway_routes.c.name))]


def find_route(connection: sa.Connection, project_id: str, route_id: str) -> Route | None:
    """One route of this project."""
    columns = gateway_routes.c
    found = sa.select(gateway_routes).where(columns.id == route_id, columns.project_id == project_id)
    row = connection.execute(found).first()
    return None if row is None else _from(row, Route)


def put_route(database: Database, connection: sa.Connection, route: Route) -> None:
    """Add a route, or write over the one with its id."""
    webhook = route.guardrails.webhook
    values = {
        "organisation_id": route.organisation_id,
        "project_id": route.project_id,
        "name": route.name,
        "secret_id": "" if webhook is None else webhook.secret_id,
        "definition": _text(route),
    }
    _put(database, connection, gateway_routes, route.id, values)


def remove_route(connection: sa.Connection, route_id: str) -> None:
    """Forget a route; what it keeps in the vault is left."""
    connection.execute(sa.delete(gateway_routes).where(gateway_routes.c.id == route_id))


def settings_of(connection: sa.Connection, project_id: str) -> ProjectSettings:
    """What holds for every call of the project."""
    found = sa.select(gateway_settings).where(gateway_settings.c.project_id == project_id)
    row = connection.execute(found).first()
    return ProjectSettings() if row is None else _from(row, ProjectSettings)


def put_settings(
    database: Database,
    connection: sa.Connection,
    organisation_id: str,
    project_id: str,
    settings: ProjectSettings,
) -> None:
    """Write what holds for every call of the project."""
    definition = _text(settings)
    statement = database.insert(gateway_settings).values(
        project_id=project_id, organisation_id=organisation_id, definition=definition
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["project_id"], set_={"definition": definition})
    )


def projects_of_the_file(connection: sa.Connection) -> set[str]:
    """The projects in which something belongs to a configuration file."""
    found: set[str] = set()
    for table in (gateway_providers, gateway_routes, gateway_settings):
        theirs = table.c.definition.contains('"managed_by":"file"', autoescape=True)  # as msgspec writes it
        found |= set(connection.scalars(sa.select(table.c.project_id).where(theirs).distinct()))
    return found


def _put(
    database: Database, connection: sa.Connection, table: sa.Table, row_id: str, values: dict[str, Any]
) -> None:
    statement = database.insert(table).values(id=row_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _from(row: sa.Row[Any], shape: type[T]) -> T:
    return msgspec.json.decode(row.definition, type=shape)


def _key(row: sa.Row[Any]) -> ProviderKey:
    return ProviderKey(
        id=row.id,
        name=row.name,
        secret_id=row.secret_id,
        weight=row.weight,
        enabled=row.enabled,
        hint=row.hint,
        created_at_us=row.created_at_us,
    )
