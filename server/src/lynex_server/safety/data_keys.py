"""Data keys: what seals everything at rest. Each is random, and lies in the database under the master key.

Invariants:

- What is sealed in a transaction is sealed under a key that is not retired when that transaction commits:
  `newest` holds the key's row against `retire_all` until the end of the transaction.
- A key is deleted only when nothing refers to it.
"""

import os
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id
from lynex_server.safety.sealing import KEY_BYTES, MasterKey, MasterKeys, Unreadable, seal, unseal
from lynex_server.safety.tables import data_keys

VAULT_LOCK = "lynex vault"
_ATTEMPTS = 5
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class DataKey:
    """An open data key."""

    id: str
    key: bytes = field(repr=False)


class DataKeys:
    """Opens and makes data keys. Safe from any thread."""

    def __init__(self, database: Database, master_keys: MasterKeys, clock: Clock) -> None:
        self._database = database
        self._master_keys = master_keys
        self._clock = clock
        self._opened: dict[str, DataKey] = {}

    def newest(self, connection: sa.Connection) -> DataKey:
        """The key to seal with in this transaction; made when there is none yet.

        Raises `Unreadable` when its master key is not at hand, `Busy` when rotations keep overtaking us.
        """
        for _ in range(_ATTEMPTS):
            row = connection.execute(_NEWEST).first()
            if row is not None:
                return self._open(row)
            # None yet; or, on PostgreSQL, it was retired while we waited for its row: then look again.
            self._database.lock(connection, VAULT_LOCK)
            if connection.execute(_ANY_IN_USE).first() is None:
                return self.add(connection, self._master_keys.current())
        raise Busy("secrets are being rotated")

    def get(self, connection: sa.Connection, key_id: str) -> DataKey:
        """The key with this id, retired or not. Raises `Unreadable` when it or its master key is missing."""
        known = self._opened.get(key_id)
        if known is not None:
            return known
        row = connection.execute(sa.select(data_keys).where(data_keys.c.id == key_id)).first()
        if row is None:
            raise Unreadable(f"there is no data key {key_id}")
        return self._open(row)

    def add(self, connection: sa.Connection, master_key: MasterKey) -> DataKey:
        """Make a key and wrap it under `master_key`; from this transaction's end on it is the newest."""
        made = DataKey(new_id("dk"), os.urandom(KEY_BYTES))
        connection.execute(
            sa.insert(data_keys).values(
                id=made.id,
                master_key_id=master_key.id,
                wrapped=seal(master_key.key, made.key, _context(made.id)),
                created_at_us=self._clock.now_us(),
                retired_at_us=None,
            )
        )
        return made

    def _open(self, row: sa.Row[Any]) -> DataKey:
        known = self._opened.get(row.id)
        if known is not None:
            return known
        master_key = self._master_keys.get(row.master_key_id)
        opened = DataKey(row.id, unseal(master_key.key, row.wrapped, _context(row.id)))
        if len(self._opened) >= _REMEMBERED:
            self._opened.clear()
        self._opened[row.id] = opened
        return opened


_ANY_IN_USE = sa.select(data_keys.c.id).where(data_keys.c.retired_at_us.is_(None)).limit(1)
_NEWEST = (
    sa.select(data_keys)
    .where(data_keys.c.retired_at_us.is_(None))
    .order_by(data_keys.c.created_at_us.desc(), data_keys.c.id.desc())
    .limit(1)
    .with_for_update(read=True, key_share=True)  # PostgreSQL: FOR KEY SHARE, shared among all who seal
)


def _context(key_id: str) -> str:
    return f"data key {key_id}"
