"""Named routes: made, changed, removed."""

from dataclasses import replace

import sqlalchemy as sa

from lynex_server.gateway import storage
from lynex_server.gateway.admin.changes import Changes, Editor
from lynex_server.gateway.admin.route_schemas import RouteInput
from lynex_server.gateway.admin.route_shapes import route_from, route_told
from lynex_server.gateway.model import Route
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id

MAX_ROUTES = 200


class NamedRoutes:
    """The service. Calls block and are safe from any thread. What ends in `_in` is part of a transaction of
    `Changes.begin`."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def all(self, project_id: str) -> list[Route]:
        """The routes of the project, by name."""
        with self._changes.database.read() as connection:
            return storage.routes_of(connection, project_id)

    def find(self, project_id: str, route_id: str) -> Route:
        """One route. Raises `NotFound`."""
        with self._changes.database.read() as connection:
            return _found(connection, project_id, route_id)

    def create(self, editor: Editor, wanted: RouteInput) -> Route:
        """Make a route. Raises `InvalidInput` for a provider that is not there, `Conflict` when its name is
        taken or there are too many."""
        with self._changes.begin(editor.project_id) as connection:
            return self.create_in(connection, editor, wanted)

    def change(self, editor: Editor, route_id: str, wanted: RouteInput) -> Route:
        """Make a route as wanted. Raises `NotFound`, `InvalidInput`, or `Conflict` when it is the file's, or
        its new name is taken."""
        with self._changes.begin(editor.project_id) as connection:
            return self.change_in(connection, editor, route_id, wanted)

    def remove(self, editor: Editor, route_id: str) -> None:
        """Remove a route. Raises `NotFound`, or `Conflict` when it is the file's."""
        with self._changes.begin(editor.project_id) as connection:
            self.remove_in(connection, editor, route_id)

    def create_in(self, connection: sa.Connection, editor: Editor, wanted: RouteInput) -> Route:
        """As `create`."""
        there = storage.routes_of(connection, editor.project_id)
        if len(there) >= MAX_ROUTES:
            raise Conflict(f"There are {MAX_ROUTES} routes already.")
        _check_name(there, wanted.name, "")
        route = self._wanted(connection, editor, wanted, new_id("gwr"), None)
        storage.put_route(self._changes.database, connection, route)
        self._changes.record(connection, editor, "gateway_route.created", route.id, None, route_told(route))
        return route

    def change_in(
        self, connection: sa.Connection, editor: Editor, route_id: str, wanted: RouteInput
    ) -> Route:
        """As `change`."""
        before = _found(connection, editor.project_id, route_id)
        editor.check_may_change(before.managed_by, "This route")
        _check_name(storage.routes_of(connection, editor.project_id), wanted.name, route_id)
        after = self._wanted(connection, editor, wanted, route_id, before)
        storage.put_route(self._changes.database, connection, after)
        if _secret_id(before) not in ("", _secret_id(after)):
            self._changes.vault.remove(connection, _secret_id(before))
        self._changes.record(
            connection, editor, "gateway_route.changed", route_id, route_told(before), route_told(after)
        )
        return after

    def remove_in(self, connection: sa.Connection, editor: Editor, route_id: str) -> None:
        """As `remove`."""
        route = _found(connection, editor.project_id, route_id)
        editor.check_may_change(route.managed_by, "This route")
        storage.remove_route(connection, route_id)
        if _secret_id(route):
            self._changes.vault.remove(connection, _secret_id(route))
        self._changes.record(connection, editor, "gateway_route.removed", route_id, route_told(route), None)

    def _wanted(
        self,
        connection: sa.Connection,
        editor: Editor,
        wanted: RouteInput,
        route_id: str,
        before: Route | None,
    ) -> Route:
        self._check_providers(connection, editor, wanted)
        now_us = self._changes.clock.now_us()
        route = route_from(
            wanted,
            route_id=route_id,
            organisation_id=editor.organisation_id,
            project_id=editor.project_id,
            webhook_secret_id=self._webhook_secret(connection, editor, wanted, before),
            created_at_us=now_us if before is None else before.created_at_us,
            now_us=now_us,
        )
        return replace(route, managed_by=editor.managed_by)

    def _check_providers(self, connection: sa.Connection, editor: Editor, wanted: RouteInput) -> None:
        known = {provider.name for provider in storage.providers_of(connection, editor.project_id)}
        for number, target in enumerate(wanted.targets):
            if target.provider not in known:
                field = f"targets.{number}.provider"
                raise InvalidInput(f"{field}: there is no provider {target.provider}", field=field)
        if wanted.downgrade is not None and wanted.downgrade.provider not in known:
            raise InvalidInput(
                f"downgrade.provider: there is no provider {wanted.downgrade.provider}",
                field="downgrade.provider",
            )

    def _webhook_secret(
        self, connection: sa.Connection, editor: Editor, wanted: RouteInput, before: Route | None
    ) -> str:
        """Where the secret of the webhook guard is kept: the one before, when no other is given."""
        hook = wanted.guardrails.webhook
        if hook is None:
            return ""
        if hook.secret is not None:
            name = f"gateway route {wanted.name}"
            return self._changes.keep_secret(connection, editor, name, hook.secret.get_secret_value())
        kept = "" if before is None else _secret_id(before)
        if not kept:
            field = "guardrails.webhook.secret"
            raise InvalidInput(f"{field}: must be given", field=field)
        return kept


def _secret_id(route: Route) -> str:
    webhook = route.guardrails.webhook
    return "" if webhook is None else webhook.secret_id


def _check_name(there: list[Route], name: str, own_id: str) -> None:
    if any(route.name == name and route.id != own_id for route in there):
        raise Conflict(f"There is a route {name} already.")


def _found(connection: sa.Connection, project_id: str, route_id: str) -> Route:
    route = storage.find_route(connection, project_id, route_id)
    if route is None:
        raise NotFound("There is no such route.")
    return route
