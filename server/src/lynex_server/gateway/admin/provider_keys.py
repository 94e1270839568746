"""Keys of providers: given, changed, removed. They are kept in the vault and never shown."""

from dataclasses import replace

import sqlalchemy as sa
from pydantic import SecretStr

from lynex_server.gateway import storage
from lynex_server.gateway.admin.changes import Changes, Editor
from lynex_server.gateway.admin.provider_schemas import KeyInput, ProviderKeyChange
from lynex_server.gateway.admin.provider_shapes import hint_of, key_told
from lynex_server.gateway.model import Provider, ProviderKey
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id

MAX_KEYS = 20
DEFAULT_KEY = "default"
"""What the key is called that is given with the provider itself."""


class ProviderKeys:
    """The service. Calls block and are safe from any thread. What ends in `_in` is part of a transaction of
    `Changes.begin`."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def create(self, editor: Editor, provider_id: str, wanted: KeyInput) -> ProviderKey:
        """Give a provider another key. Raises `NotFound`, `InvalidInput`, or `Conflict` when its name is
        taken, there are too many, or the provider is the file's."""
        with self._changes.begin(editor.project_id) as connection:
            provider = self._provider(connection, editor, provider_id)
            return self.create_in(connection, editor, provider, wanted)

    def change(self, editor: Editor, provider_id: str, key_id: str, wanted: ProviderKeyChange) -> ProviderKey:
        """Change what is not secret of a key. Raises `NotFound`, or `Conflict` as `create` does."""
        with self._changes.begin(editor.project_id) as connection:
            provider = self._provider(connection, editor, provider_id)
            return self.change_in(connection, editor, provider, _found(provider, key_id), wanted)

    def remove(self, editor: Editor, provider_id: str, key_id: str) -> None:
        """Remove a key. Raises `NotFound`, or `Conflict` when the provider is the file's."""
        with self._changes.begin(editor.project_id) as connection:
            provider = self._provider(connection, editor, provider_id)
            self.remove_in(connection, editor, provider, _found(provider, key_id))

    def put_default_in(
        self, connection: sa.Connection, editor: Editor, provider: Provider, secret: SecretStr
    ) -> ProviderKey:
        """Let the key `default` be this one; the one before is removed."""
        before = next((key for key in provider.keys if key.name == DEFAULT_KEY), None)
        if before is not None:
            self.remove_in(connection, editor, provider, before)
            provider = replace(provider, keys=tuple(key for key in provider.keys if key != before))
        wanted = KeyInput(name=DEFAULT_KEY, api_key=secret, weight=1 if before is None else before.weight)
        return self.create_in(connection, editor, provider, wanted)

    def create_in(
        self, connection: sa.Connection, editor: Editor, provider: Provider, wanted: KeyInput
    ) -> ProviderKey:
        """As `create`, of a provider that was checked."""
        if len(provider.keys) >= MAX_KEYS:
            raise Conflict(f"There are {MAX_KEYS} keys already.")
        _check_name(provider, wanted.name, "")
        secret = wanted.api_key.get_secret_value()
        if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
            raise InvalidInput("api_key: printable ASCII only, without blanks around it", field="api_key")
        key = ProviderKey(
            id=new_id("gwk"),
            name=wanted.name,
            secret_id=self._changes.keep_secret(
                connection, editor, f"gateway provider {provider.name}", secret
            ),
            weight=wanted.weight,
            enabled=True,
            hint=hint_of(secret),
            created_at_us=self._changes.clock.now_us(),
        )
        storage.put_key(self._changes.database, connection, provider, key)
        told = key_told(provider, key)
        self._changes.record(connection, editor, "gateway_provider_key.created", key.id, None, told)
        return key

    def change_in(
        self,
        connection: sa.Connection,
        editor: Editor,
        provider: Provider,
        before: ProviderKey,
        wanted: ProviderKeyChange,
    ) -> ProviderKey:
        """As `change`, of a provider that was checked."""
        _check_name(provider, wanted.name, before.id)
        after = replace(before, name=wanted.name, weight=wanted.weight, enabled=wanted.enabled)
        storage.put_key(self._changes.database, connection, provider, after)
        self._changes.record(
            connection,
            editor,
            "gateway_provider_key.changed",
            before.id,
            key_told(provider, before),
            key_told(provider, after),
        )
        return after

    def remove_in(
        self, connection: sa.Connection, editor: Editor, provider: Provider, key: ProviderKey
    ) -> None:
        """As `remove`, of a provider that was checked."""
        storage.remove_key(connection, key.id)
        self._changes.vault.remove(connection, key.secret_id)
        told = key_told(provider, key)
        self._changes.record(connection, editor, "gateway_provider_key.removed", key.id, told, None)

    def _provider(self, connection: sa.Connection, editor: Editor, provider_id: str) -> Provider:
        provider = found_provider(connection, editor.project_id, provider_id)
        editor.check_may_change(provider.managed_by, "This provider")
        return provider


def found_provider(connection: sa.Connection, project_id: str, provider_id: str) -> Provider:
    """One provider of this project with its keys. Raises `NotFound`."""
    provider = storage.find_provider(connection, project_id, provider_id)
    if provider is None:
        raise NotFound("There is no such provider.")
    return provider


def _check_name(provider: Provider, name: str, own_id: str) -> None:
    if any(key.name == name and key.id != own_id for key in provider.keys):
        raise Conflict(f"{provider.name} has a key {name} already.")


def _found(provider: Provider, key_id: str) -> ProviderKey:
    key = next((key for key in provider.keys if key.id == key_id), None)
    if key is None:
        raise NotFound("There is no such key of this provider.")
    return key
