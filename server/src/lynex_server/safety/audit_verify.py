"""Whether the audit log is what was recorded: nothing changed, removed, reordered, inserted or cut off.

What each check finds:

- a row whose text does not have the hash that it carries: changed, or moved to another place
- a row that does not carry the hash of the row before: that one was rewritten, or rows between are gone
- a chain that ends before its sealed end: the newest rows were cut off
- an end that was not sealed with our key: someone without the master key wrote it
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Any

import msgspec
import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.safety import audit_rows
from lynex_server.safety.audit import CHAIN_STARTED, INSTALLATION, head_key
from lynex_server.safety.audit_entry import FIRST_HASH, canonical_json, hash_of, head_seal
from lynex_server.safety.audit_rows import Head
from lynex_server.safety.sealing import Unreadable
from lynex_server.safety.tables import audit_log
from lynex_server.safety.vault import Vault

FAULTS_MAX = 100
_PAGE_ROWS = 5_000

_canonical = msgspec.json.Encoder(order="sorted")
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Something that is not as it was recorded: in which row (sequence and id), and what."""

    organisation_id: str
    sequence: int
    id: str
    problem: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What verification found in the chain of one organisation; at most `FAULTS_MAX` faults are told."""

    organisation_id: str
    rows: int
    faults: tuple[AuditFault, ...]


def verify_all(database: Database, vault: Vault | None) -> Iterator[AuditReport]:
    """A report for every organisation that has a chain, or had one; the installation's own comes first."""
    with database.read() as connection:
        # Found first: a chain that starts in between is then among the started ones too.
        found = set(audit_rows.organisations(connection))
        started = audit_rows.started_chains(connection, INSTALLATION, CHAIN_STARTED)
    for organisation_id in sorted(found):
        report = verify(database, vault, organisation_id)
        if organisation_id not in started and organisation_id != INSTALLATION:
            fault = AuditFault(organisation_id, 1, "", "the installation's chain does not tell of this chain")
            report = replace(report, faults=(*report.faults, fault))
        yield report
    for organisation_id in sorted(started - found):
        fault = AuditFault(organisation_id, 1, "", "the whole chain is missing")
        yield AuditReport(organisation_id, 0, (fault,))


def verify(database: Database, vault: Vault | None, organisation_id: str) -> AuditReport:
    """Check one chain, in pages of `_PAGE_ROWS` rows; others may go on recording meanwhile.

    Without `vault` the seal of the chain's end is not checked.
    """
    with database.read() as connection:
        first_end = audit_rows.head_of(connection, organisation_id)
    walk = _Walk(organisation_id, None if first_end is None else first_end.sequence)
    while True:
        with database.read() as connection:
            rows = connection.execute(_PAGE, {"organisation": organisation_id, "after": walk.sequence}).all()
        for row in rows:
            walk.step(row)
        if len(rows) < _PAGE_ROWS:
            break
    with database.read() as connection:
        last_end = audit_rows.head_of(connection, organisation_id)
        walk.end(first_end, last_end)
        if vault is not None and last_end is not None:
            problem = _seal_problem(connection, vault, organisation_id, last_end)
            if problem:
                walk.fault(last_end.sequence, "", problem)
    return AuditReport(organisation_id, walk.rows, tuple(walk.faults))


class _Walk:
    """Follows a chain row by row, in the order of sequences."""

    def __init__(self, organisation_id: str, watched: int | None) -> None:
        self.organisation_id = organisation_id
        self.sequence = 0
        self.rows = 0
        self.faults: list[AuditFault] = []
        self._hash = FIRST_HASH
        self._watched = watched
        self._hash_at_watched: bytes | None = FIRST_HASH if watched == 0 else None

    def step(self, row: Sequence[Any]) -> None:
        """Check the next row, which has the columns of `_PAGE`."""
        # Unpacked at once: naming the columns of a row one by one takes as long as all the rest.
        (sequence, row_id, at_us, kind, actor_id, name, address, action, project_id, target) = row[:10]
        before, after, previous_hash, stored_hash = row[10:]
        if sequence != self.sequence + 1:
            self.fault(sequence, row_id, _missing(self.sequence + 1, sequence - 1, "before it"))
        elif previous_hash != self._hash:
            self.fault(sequence, row_id, f"does not follow row {sequence - 1}, which was rewritten")
        try:
            line = _canonical.encode(
                {
                    "action": action,
                    "actor": {"address": address, "id": actor_id, "kind": kind, "name": name},
                    "after": _value(after),
                    "at_us": at_us,
                    "before": _value(before),
                    "id": row_id,
                    "organisation_id": self.organisation_id,
                    "previous_hash": previous_hash.hex(),
                    "project_id": project_id,
                    "sequence": sequence,
                    "target": target,
                }
            )
            changed = hash_of(line) != stored_hash
        except (msgspec.DecodeError, ValueError):
            changed = True
        if changed:
            self.fault(sequence, row_id, "was changed after it was recorded, or moved")
        self.sequence, self._hash = sequence, stored_hash
        self.rows += 1
        if sequence == self._watched:
            self._hash_at_watched = stored_hash

    def end(self, first: Head | None, last: Head | None) -> None:
        """Compare where the rows end with the end that is kept apart.

        Rows are read between `first` and `last`, so they end at one of the two or between them.
        """
        if last is None or first is None:
            if self.rows and last is None:
                self.fault(self.sequence, "", "the end of the chain is not known any more")
            return
        if self.sequence < first.sequence:
            self.fault(first.sequence, "", _missing(self.sequence + 1, first.sequence, "at the end"))
        elif self.sequence > last.sequence:
            self.fault(self.sequence, "", f"row {last.sequence + 1} and later were not recorded by Lynex")
        elif self._hash_at_watched != first.hash:
            self.fault(first.sequence, "", "is not the row with which the chain ended")

    def fault(self, sequence: int, row_id: str, problem: str) -> None:
        """Note a fault, up to the bound."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(AuditFault(self.organisation_id, sequence, row_id, problem))


def _seal_problem(connection: sa.Connection, vault: Vault, organisation_id: str, head: Head) -> str:
    if head.data_key_id is None or not head.seal:
        return "the end of the chain was never sealed"
    try:
        key = head_key(vault.data_keys.get(connection, head.data_key_id))
    except Unreadable:
        return "the end of the chain is sealed under a key that is not at hand"
    expected = head_seal(key, organisation_id, head.sequence, head.hash)
    return "" if compare_digest(expected, head.seal) else "the end of the chain was not sealed by Lynex"


def _value(text: str) -> object:
    """The JSON in a column. Raises `ValueError` unless it is written as Lynex writes it."""
    if text == "null":
        return None
    value = _decode(text)
    if canonical_json(value) != text:
        raise ValueError("not canonical")
    return value


def _missing(first: int, last: int, where: str) -> str:
    return (
        f"row {first} {where} is missing" if first == last else f"rows {first} to {last} {where} are missing"
    )


_PAGE = (
    sa.select(
        audit_log.c.sequence,
        audit_log.c.id,
        audit_log.c.at_us,
        audit_log.c.actor_kind,
        audit_log.c.actor_id,
        audit_log.c.actor_name,
        audit_log.c.actor_address,
        audit_log.c.action,
        audit_log.c.project_id,
        audit_log.c.target,
        audit_log.c.before,
        audit_log.c.after,
        audit_log.c.previous_hash,
        audit_log.c.hash,
    )
    .where(
        audit_log.c.organisation_id == sa.bindparam("organisation"),
        audit_log.c.sequence > sa.bindparam("after"),
    )
    .order_by(audit_log.c.sequence)
    .limit(_PAGE_ROWS)
)
