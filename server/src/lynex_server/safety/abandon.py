"""Starting afresh when a master key is lost for good: what was sealed under it is given up.

Until then nothing can be sealed and no change recorded: going on under another key by itself would make a
process that was merely given the wrong key throw away what the right one opens.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.safety.data_keys import VAULT_LOCK
from lynex_server.safety.sealing import MasterKey, Unreadable
from lynex_server.safety.tables import audit_heads, data_keys, secrets, signing_keys
from lynex_server.safety.vault import Vault


@dataclass(frozen=True, slots=True)
class Abandoned:
    """How many secrets were given up, and how many audit chains have an end whose seal was."""

    secrets: int
    chains: int


def abandon_unreadable(
    database: Database, connection: sa.Connection, vault: Vault, master_key: MasterKey
) -> Abandoned:
    """Give up every data key that does not open, with all that it sealed; `master_key` seals from now on.

    Ends of audit chains stay, unsealed until their next row. Nothing happens when every data key opens.
    """
    database.lock(connection, VAULT_LOCK)
    rows = connection.execute(sa.select(data_keys).with_for_update()).all()
    lost = [row.id for row in rows if not _opens(connection, vault, row.id)]
    if not lost:
        return Abandoned(0, 0)
    given_up = sa.select(secrets.c.id).where(secrets.c.data_key_id.in_(lost))
    connection.execute(sa.delete(signing_keys).where(signing_keys.c.secret_id.in_(given_up)))
    forgotten = connection.execute(sa.delete(secrets).where(secrets.c.data_key_id.in_(lost))).rowcount
    unsealed = connection.execute(
        sa.update(audit_heads).where(audit_heads.c.data_key_id.in_(lost)).values(seal=b"", data_key_id=None)
    ).rowcount
    connection.execute(sa.delete(data_keys).where(data_keys.c.id.in_(lost)))
    if all(row.id in lost or row.retired_at_us is not None for row in rows):
        vault.data_keys.add(connection, master_key)
    return Abandoned(forgotten, unsealed)


def _opens(connection: sa.Connection, vault: Vault, key_id: str) -> bool:
    try:
        vault.data_keys.get(connection, key_id)
    except Unreadable:
        return False
    return True
