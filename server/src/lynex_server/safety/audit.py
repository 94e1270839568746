"""The audit log: who did what, when, from where, and what changed. Rows are only ever added.

Each organisation has a chain of its own: a row carries the hash of the one before, and the chain's end is
kept apart, sealed with an HMAC under a key that is not in the database. `audit_verify` finds what was
changed, removed, reordered or cut off.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import new_id
from lynex_server.kernel.paging import decode_cursor, encode_cursor
from lynex_server.safety import audit_rows
from lynex_server.safety.actor import Actor
from lynex_server.safety.audit_entry import AuditEntry, hash_of, head_seal, line_of
from lynex_server.safety.audit_rows import NO_HEAD, AuditFilters, Head
from lynex_server.safety.data_keys import DataKey
from lynex_server.safety.left_out import plain_text, without_secrets
from lynex_server.safety.sealing import derived_key
from lynex_server.safety.vault import Vault

PAGE_ROWS = 100
PAGE_ROWS_MAX = 1_000
MAX_NAME_CHARS = 300

INSTALLATION = ""
"""The organisation id of the installation's own chain: what concerns no organisation, or all of them."""
CHAIN_STARTED = "audit.chain_started"
_LYNEX = Actor("system", "lynex")

_ACTION = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
_NO_FILTERS = AuditFilters()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; `next_cursor` asks for the older ones, None at the end."""

    entries: tuple[AuditEntry, ...]
    next_cursor: str | None


class AuditLog:
    """Records and reads. Calls block and are safe from any thread.

    Without `vault` the ends of chains are not sealed, and verification says so.
    """

    def __init__(self, database: Database, clock: Clock, vault: Vault | None = None) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault

    def record(
        self,
        connection: sa.Connection,
        actor: Actor,
        action: str,
        *,
        organisation_id: str,
        project_id: str = "",
        target: str = "",
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Append a row in the caller's transaction: what happened and its record come to be together, or not.

        `action` reads `noun.verb` in the past tense (`budget.created`), `target` is the id of what was
        changed. An empty `organisation_id` means the installation itself. Call it last in the transaction:
        it holds the organisation's chain until the transaction ends. Raises `ValueError` for an action of
        another form.
        """
        if not _ACTION.fullmatch(action):
            raise ValueError(f"an action reads noun.verb, not {action!r}")
        self._database.lock(connection, audit_lock(organisation_id))
        head = audit_rows.head_of(connection, organisation_id)
        if head is None and organisation_id != INSTALLATION:
            # So that a chain which disappears as a whole, its end included, is missed.
            self.record(
                connection, _LYNEX, CHAIN_STARTED, organisation_id=INSTALLATION, target=organisation_id
            )
        head = head or NO_HEAD
        entry = AuditEntry(
            id=new_id("aud"),
            organisation_id=organisation_id,
            sequence=head.sequence + 1,
            at_us=self._clock.now_us(),
            actor=_plain(actor),
            action=action,
            project_id=project_id,
            target=plain_text(target, MAX_NAME_CHARS),
            before=without_secrets(before),
            after=without_secrets(after),
            previous_hash=head.hash,
            hash=b"",
        )
        entry = replace(entry, hash=hash_of(line_of(entry)))
        audit_rows.add(connection, entry)
        key = None if self._vault is None else self._vault.data_keys.newest(connection)
        new_head = sealed_head(organisation_id, entry.sequence, entry.hash, key)
        audit_rows.put_head(self._database, connection, organisation_id, new_head)

    def page(
        self,
        organisation_id: str,
        filters: AuditFilters = _NO_FILTERS,
        cursor: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> AuditPage:
        """A page of the entries that match, newest first; `limit` is at most `PAGE_ROWS_MAX`.

        Raises `InvalidInput` for a cursor that no page gave out.
        """
        limit = max(1, min(limit, PAGE_ROWS_MAX))
        before = None if cursor is None else decode_cursor(cursor, tuple[int])[0]
        with self._database.read() as connection:
            found = audit_rows.page_before(connection, organisation_id, filters, before, limit + 1)
        more = len(found) > limit
        entries = tuple(found[:limit])
        return AuditPage(entries, encode_cursor(entries[-1].sequence) if more else None)


def audit_lock(organisation_id: str) -> str:
    """The name of the lock that serialises the chain of an organisation."""
    return f"lynex audit {organisation_id}"


def sealed_head(organisation_id: str, sequence: int, head_hash: bytes, key: DataKey | None) -> Head:
    """Where a chain ends, sealed under a data key; without one it is not sealed."""
    if key is None:
        return Head(sequence, head_hash)
    return Head(sequence, head_hash, head_seal(head_key(key), organisation_id, sequence, head_hash), key.id)


def head_key(key: DataKey) -> bytes:
    """The key of the HMAC over the ends of chains."""
    return derived_key(key.key, "lynex audit head")


def _plain(actor: Actor) -> Actor:
    return Actor(
        actor.kind,
        plain_text(actor.id, MAX_NAME_CHARS),
        plain_text(actor.name, MAX_NAME_CHARS),
        plain_text(actor.address, MAX_NAME_CHARS),
    )
