"""Providers: made, changed, removed."""

from dataclasses import replace
from urllib.parse import urlsplit

import sqlalchemy as sa

from lynex_server.gateway import storage
from lynex_server.gateway.admin.changes import Changes, Editor
from lynex_server.gateway.admin.provider_keys import DEFAULT_KEY, ProviderKeys, found_provider
from lynex_server.gateway.admin.provider_schemas import ProviderInput
from lynex_server.gateway.admin.provider_shapes import provider_from, provider_told
from lynex_server.gateway.model import Provider, Route
from lynex_server.kernel.errors import Conflict, InvalidInput
from lynex_server.kernel.ids import new_id

MAX_PROVIDERS = 100


class Providers:
    """The service. Calls block and are safe from any thread. What ends in `_in` is part of a transaction of
    `Changes.begin`."""

    def __init__(self, changes: Changes, keys: ProviderKeys) -> None:
        self._changes = changes
        self._keys = keys

    def all(self, project_id: str) -> list[Provider]:
        """The providers of the project, by name."""
        with self._changes.database.read() as connection:
            return storage.providers_of(connection, project_id)

    def find(self, project_id: str, provider_id: str) -> Provider:
        """One provider. Raises `NotFound`."""
        with self._changes.database.read() as connection:
            return found_provider(connection, project_id, provider_id)

    def create(self, editor: Editor, wanted: ProviderInput) -> Provider:
        """Make a provider. Raises `Conflict` when its name is taken, or there are too many."""
        with self._changes.begin(editor.project_id) as connection:
            return self.create_in(connection, editor, wanted)

    def change(self, editor: Editor, provider_id: str, wanted: ProviderInput) -> Provider:
        """Make a provider as wanted. Raises `NotFound`, `InvalidInput`, or `Conflict` when it is the file's,
        its new name is taken, or a route knows it by the old one."""
        with self._changes.begin(editor.project_id) as connection:
            return self.change_in(connection, editor, provider_id, wanted)

    def remove(self, editor: Editor, provider_id: str) -> None:
        """Remove a provider with its keys. Raises `NotFound`, or `Conflict` when it is the file's, or a route
        leads to it."""
        with self._changes.begin(editor.project_id) as connection:
            self.remove_in(connection, editor, provider_id)

    def create_in(self, connection: sa.Connection, editor: Editor, wanted: ProviderInput) -> Provider:
        """As `create`."""
        there = storage.providers_of(connection, editor.project_id)
        if len(there) >= MAX_PROVIDERS:
            raise Conflict(f"There are {MAX_PROVIDERS} providers already.")
        _check_name(there, wanted.name, "")
        provider = self._wanted(editor, wanted, new_id("gwp"), None)
        storage.put_provider(self._changes.database, connection, provider)
        if wanted.api_key is not None:
            key = self._keys.put_default_in(connection, editor, provider, wanted.api_key)
            provider = replace(provider, keys=(key,))
        told = provider_told(provider)
        self._changes.record(connection, editor, "gateway_provider.created", provider.id, None, told)
        return provider

    def change_in(
        self, connection: sa.Connection, editor: Editor, provider_id: str, wanted: ProviderInput
    ) -> Provider:
        """As `change`."""
        before = found_provider(connection, editor.project_id, provider_id)
        editor.check_may_change(before.managed_by, "This provider")
        if wanted.name != before.name:
            _check_name(storage.providers_of(connection, editor.project_id), wanted.name, provider_id)
            _check_unused(storage.routes_of(connection, editor.project_id), before, "renamed")
        after = replace(self._wanted(editor, wanted, provider_id, before), keys=before.keys)
        if editor.managed_by == "api":  # the file says all keys itself, right after this
            _check_keys_stay_where_they_were(before, after, replaces_default=wanted.api_key is not None)
        storage.put_provider(self._changes.database, connection, after)
        if wanted.api_key is not None:
            self._keys.put_default_in(connection, editor, after, wanted.api_key)
            after = found_provider(connection, editor.project_id, provider_id)
        self._changes.record(
            connection,
            editor,
            "gateway_provider.changed",
            provider_id,
            provider_told(before),
            provider_told(after),
        )
        return after

    def remove_in(self, connection: sa.Connection, editor: Editor, provider_id: str) -> None:
        """As `remove`."""
        provider = found_provider(connection, editor.project_id, provider_id)
        editor.check_may_change(provider.managed_by, "This provider")
        _check_unused(storage.routes_of(connection, editor.project_id), provider, "removed")
        storage.remove_provider(connection, provider_id)
        for key in provider.keys:
            self._changes.vault.remove(connection, key.secret_id)
        told = provider_told(provider)
        self._changes.record(connection, editor, "gateway_provider.removed", provider_id, told, None)

    def _wanted(
        self, editor: Editor, wanted: ProviderInput, provider_id: str, before: Provider | None
    ) -> Provider:
        now_us = self._changes.clock.now_us()
        provider = provider_from(
            wanted,
            provider_id=provider_id,
            organisation_id=editor.organisation_id,
            project_id=editor.project_id,
            created_at_us=now_us if before is None else before.created_at_us,
            now_us=now_us,
        )
        return replace(provider, managed_by=editor.managed_by)


def routes_to(routes: list[Route], provider_name: str) -> list[str]:
    """The names of the routes that lead to a provider, downgrades included."""
    return [
        route.name
        for route in routes
        if any(
            target is not None and target.provider == provider_name
            for target in (*route.targets, route.downgrade)
        )
    ]


def _check_name(there: list[Provider], name: str, own_id: str) -> None:
    if any(provider.name == name and provider.id != own_id for provider in there):
        raise Conflict(f"There is a provider {name} already.")


def _check_unused(routes: list[Route], provider: Provider, what: str) -> None:
    names = routes_to(routes, provider.name)
    if names:
        raise Conflict(f"{provider.name} cannot be {what}: these routes lead to it: {', '.join(names)}.")


def _check_keys_stay_where_they_were(before: Provider, after: Provider, replaces_default: bool) -> None:
    """Else whoever may change a provider could have its keys sent to an address of his own."""
    kept = [key.name for key in before.keys if not (replaces_default and key.name == DEFAULT_KEY)]
    if kept and _address(before) != _address(after):
        raise InvalidInput(
            "base_url: the keys of this provider were given for another address or kind; remove them first: "
            + ", ".join(kept),
            field="base_url",
        )


def _address(provider: Provider) -> tuple[str, str, str | None, int | None]:
    parts = urlsplit(provider.base_url)
    return provider.kind, parts.scheme, parts.hostname, parts.port
