"""Secrets at rest: provider keys, webhook URLs, passwords of mail and sign-on servers.

Envelope encryption: a secret is sealed under a data key, the data key under the master key, and the master
key is not in the database. A sealed secret is bound to its id, organisation and name: put in another row, or
under another name, it does not open.
"""

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.safety.data_keys import DataKeys
from lynex_server.safety.sealing import MasterKeys, Unreadable, seal, unseal
from lynex_server.safety.tables import secrets

MAX_SECRET_BYTES = 65_536
_MARK = b"\x01"
"""The first byte of what `Vault.seal` gives; then one byte of length, the data key's id, what is sealed."""


class Vault:
    """Keeps secrets. Calls block and are safe from any thread; secrets appear in no error and no log."""

    def __init__(self, database: Database, master_keys: MasterKeys, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.data_keys = DataKeys(database, master_keys, clock)

    def put(self, connection: sa.Connection, organisation_id: str, name: str, secret: str) -> str:
        """Keep a secret; the answer is its id. `name` says what it is for, and need not be unique.

        Raises `InvalidInput` for more than `MAX_SECRET_BYTES`.
        """
        secret_id, now_us = new_id("sec"), self._clock.now_us()
        key = self.data_keys.newest(connection)
        sealed = seal(key.key, _bytes_of(secret), secret_context(secret_id, organisation_id, name))
        connection.execute(
            sa.insert(secrets).values(
                id=secret_id,
                organisation_id=organisation_id,
                name=name,
                data_key_id=key.id,
                sealed=sealed,
                created_at_us=now_us,
                changed_at_us=now_us,
            )
        )
        return secret_id

    def read(self, secret_id: str) -> str:
        """The secret, as of the last committed change. Raises `NotFound`, or `Unreadable` without its key."""
        with self._database.read() as connection:
            return self.read_in(connection, secret_id)

    def read_in(self, connection: sa.Connection, secret_id: str) -> str:
        """As `read`, in a transaction that is open already: it sees what that transaction has put."""
        row = connection.execute(sa.select(secrets).where(secrets.c.id == secret_id)).first()
        if row is None:
            raise NotFound("There is no such secret.")
        key = self.data_keys.get(connection, row.data_key_id)
        return unseal(key.key, row.sealed, secret_context(row.id, row.organisation_id, row.name)).decode()

    def replace(self, connection: sa.Connection, secret_id: str, secret: str) -> None:
        """Keep another secret under the same id. Raises `NotFound`, or `InvalidInput` as `put` does."""
        key = self.data_keys.newest(connection)
        row = connection.execute(
            sa.select(secrets).where(secrets.c.id == secret_id).with_for_update()
        ).first()
        if row is None:
            raise NotFound("There is no such secret.")
        sealed = seal(key.key, _bytes_of(secret), secret_context(row.id, row.organisation_id, row.name))
        connection.execute(
            sa.update(secrets)
            .where(secrets.c.id == secret_id)
            .values(sealed=sealed, data_key_id=key.id, changed_at_us=self._clock.now_us())
        )

    def remove(self, connection: sa.Connection, secret_id: str) -> None:
        """Forget a secret. Harmless when it is gone already."""
        connection.execute(sa.delete(secrets).where(secrets.c.id == secret_id))

    def seal(self, connection: sa.Connection, secret: str, context: str) -> bytes:
        """Seal a secret for a column of another slice, bound to `context` (for example the row's id).

        That slice must take part in rotations: see `rotation.SealedElsewhere`.
        """
        key = self.data_keys.newest(connection)
        key_id = key.id.encode()
        return _MARK + bytes([len(key_id)]) + key_id + seal(key.key, _bytes_of(secret), context)

    def unseal(self, connection: sa.Connection, sealed: bytes, context: str) -> str:
        """What `seal` was given. Raises `Unreadable` when it was changed, moved, or its key is missing."""
        key_id, inner = _split(sealed)
        return unseal(self.data_keys.get(connection, key_id).key, inner, context).decode()


def key_id_of(sealed: bytes) -> str:
    """The id of the data key under which `Vault.seal` sealed this. Raises `Unreadable` for anything else."""
    return _split(sealed)[0]


def secret_context(secret_id: str, organisation_id: str, name: str) -> str:
    """What a secret of the vault is bound to; its first line may be told in errors."""
    return f"secret {secret_id}\n{organisation_id}\n{name}"


def _split(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < 2 or sealed[:1] != _MARK:
        raise Unreadable("not sealed by this vault")
    end = 2 + sealed[1]
    return sealed[2:end].decode("ascii", "replace"), sealed[end:]


def _bytes_of(secret: str) -> bytes:
    encoded = secret.encode()
    if len(encoded) > MAX_SECRET_BYTES:
        raise InvalidInput(f"a secret may have {MAX_SECRET_BYTES} bytes at most", field="secret")
    return encoded
