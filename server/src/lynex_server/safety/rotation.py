"""Putting another master key in the place of the present one, and everything at rest under new data keys.

    begin     a new data key is made under the next master key; the others are retired: nothing is sealed
              under them from now on
    reseal    secrets, ends of audit chains and what other slices keep sealed go over, page by page
    finish    the retired data keys, to which nothing refers any more, are deleted

Each step is a transaction, and what is done is not done again: after a crash at any point everything is
readable with both master keys at hand, and running it again goes on where it ended. Only after `finish` may
the old master key be thrown away.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Protocol

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.safety import audit_rows
from lynex_server.safety.audit import audit_lock, head_key, sealed_head
from lynex_server.safety.audit_entry import head_seal
from lynex_server.safety.audit_rows import Head
from lynex_server.safety.data_keys import VAULT_LOCK
from lynex_server.safety.sealing import MasterKey, seal, unseal
from lynex_server.safety.tables import audit_heads, data_keys, secrets
from lynex_server.safety.vault import Vault, key_id_of, secret_context

PAGE_ROWS = 200

Reseal = Callable[[bytes, str], bytes]
"""Takes what `Vault.seal` gave, and its context; gives the same secret sealed under the newest data key."""


class SealedElsewhere(Protocol):
    """A slice that keeps what `Vault.seal` gave in tables of its own, and so takes part in rotations."""

    def reseal_page(self, connection: sa.Connection, reseal: Reseal, after: str, limit: int) -> str | None:
        """Put `reseal(sealed, context)` in the place of each sealed value of up to `limit` rows.

        The rows are those that follow the id `after` in the order of ids, locked for update. The answer is
        the id of the last of them; None when there were none.
        """
        ...


@dataclass(frozen=True, slots=True)
class RotationStep:
    """What was done last: `begin`, `reseal` (of how many rows) or `finish`."""

    name: str
    rows: int = 0


def rotate(
    database: Database, vault: Vault, next_key: MasterKey, clock: Clock, elsewhere: Sequence[SealedElsewhere]
) -> Iterator[RotationStep]:
    """Do it, a step per item asked for. `vault` must know the master keys of everything sealed, and the next.

    Raises `Unreadable` for a secret that does not open, naming it: nothing is lost, and once it is removed or
    its master key is back, running it again goes on. `Busy` as every transaction does.
    """
    with database.begin() as connection:
        retired = _begin(database, connection, vault, next_key, clock)
    yield RotationStep("begin")
    for pass_over in (_reseal_secrets, _reseal_heads):
        while True:
            with database.begin() as connection:
                done = pass_over(database, connection, vault)
            if not done:
                break
            yield RotationStep("reseal", done)
    for owner in elsewhere:
        yield from _reseal_elsewhere(database, vault, owner)
    with database.begin() as connection:
        # What still referred to one would stop this: the foreign keys are the proof that nothing does.
        connection.execute(sa.delete(data_keys).where(data_keys.c.id.in_(retired)))
    yield RotationStep("finish", len(retired))


def _begin(
    database: Database, connection: sa.Connection, vault: Vault, next_key: MasterKey, clock: Clock
) -> list[str]:
    """Retire every data key that is not under the next master key. Gives the ids of all that are retired."""
    database.lock(connection, VAULT_LOCK)
    # Waits for every transaction that is sealing under one of them: `DataKeys.newest` shares their rows.
    rows = connection.execute(sa.select(data_keys).with_for_update()).all()
    for row in rows:
        vault.data_keys.get(connection, row.id)  # all must open before anything is changed
    present = [row for row in rows if row.retired_at_us is None]
    if not any(row.master_key_id == next_key.id for row in present):
        vault.data_keys.add(connection, next_key)
    outgoing = [row.id for row in present if row.master_key_id != next_key.id]
    connection.execute(
        sa.update(data_keys).where(data_keys.c.id.in_(outgoing)).values(retired_at_us=clock.now_us())
    )
    return [*outgoing, *(row.id for row in rows if row.retired_at_us is not None)]


def _reseal_secrets(_database: Database, connection: sa.Connection, vault: Vault) -> int:
    rows = connection.execute(
        sa.select(secrets).where(secrets.c.data_key_id.in_(_RETIRED)).limit(PAGE_ROWS).with_for_update()
    ).all()
    newest = vault.data_keys.newest(connection)
    for row in rows:
        context = secret_context(row.id, row.organisation_id, row.name)
        clear = unseal(vault.data_keys.get(connection, row.data_key_id).key, row.sealed, context)
        connection.execute(
            sa.update(secrets)
            .where(secrets.c.id == row.id)
            .values(sealed=seal(newest.key, clear, context), data_key_id=newest.id)
        )
    return len(rows)


def _reseal_heads(database: Database, connection: sa.Connection, vault: Vault) -> int:
    """One chain at a time, under its lock: no row can be added in between."""
    statement = (
        sa.select(audit_heads.c.organisation_id).where(audit_heads.c.data_key_id.in_(_RETIRED)).limit(1)
    )
    organisation_id = connection.execute(statement).scalar_one_or_none()
    if organisation_id is None:
        return 0
    database.lock(connection, audit_lock(organisation_id))
    head = audit_rows.head_of(connection, organisation_id)
    if head is not None and head.data_key_id is not None:
        newest = vault.data_keys.newest(connection)
        old = head_seal(
            head_key(vault.data_keys.get(connection, head.data_key_id)),
            organisation_id,
            head.sequence,
            head.hash,
        )
        sealed = sealed_head(organisation_id, head.sequence, head.hash, newest)
        if not compare_digest(old, head.seal):
            # A forged end must not become a true one by being sealed anew: it stays wrong under the new key.
            sealed = Head(head.sequence, head.hash, bytes(len(sealed.seal)), newest.id)
        audit_rows.put_head(database, connection, organisation_id, sealed)
    return 1


def _reseal_elsewhere(database: Database, vault: Vault, owner: SealedElsewhere) -> Iterator[RotationStep]:
    after: str | None = ""
    while after is not None:
        with database.begin() as connection:
            page = _Page(connection, vault)
            after = owner.reseal_page(connection, page.reseal, after, PAGE_ROWS)
        yield RotationStep("reseal", page.rows)


class _Page:
    """Seals anew what one transaction passes to it, and counts."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self.rows = 0
        self._connection = connection
        self._vault = vault
        self._newest = vault.data_keys.newest(connection)

    def reseal(self, sealed: bytes, context: str) -> bytes:
        """See `Reseal`. What is under the newest data key already stays as it is."""
        if key_id_of(sealed) == self._newest.id:
            return sealed
        self.rows += 1
        clear = self._vault.unseal(self._connection, sealed, context)
        return self._vault.seal(self._connection, clear, context)


_RETIRED = sa.select(data_keys.c.id).where(data_keys.c.retired_at_us.is_not(None))
