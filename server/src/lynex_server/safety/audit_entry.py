"""An audit row, and the line of text that its hash is over. Pure.

The line is canonical JSON: no blanks, keys in alphabetical order, UTF-8. Its SHA-256 is the row's hash, and
it holds the hash of the row before: whoever has the lines of an export checks the chain with SHA-256 alone.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from lynex_server.safety.actor import Actor
from lynex_server.safety.left_out import Json

FIRST_HASH = bytes(32)
"""What the first row of a chain carries as the hash of the row before."""

_canonical = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row: who did what to which target, when, and what changed.

    `sequence` counts 1, 2, 3 … in each organisation. `before` and `after` hold what was changed, without
    secrets; None where there was nothing before, or is nothing after.
    """

    id: str
    organisation_id: str
    sequence: int
    at_us: int
    actor: Actor
    action: str
    project_id: str
    target: str
    before: Mapping[str, Json] | None
    after: Mapping[str, Json] | None
    previous_hash: bytes
    hash: bytes


def canonical_json(value: Json | Mapping[str, Json]) -> str:
    """Compact JSON with sorted keys."""
    return _canonical.encode(value).decode()


def line_of(entry: AuditEntry) -> bytes:
    """The line of an entry."""
    return _canonical.encode(
        {
            "action": entry.action,
            "actor": {
                "address": entry.actor.address,
                "id": entry.actor.id,
                "kind": entry.actor.kind,
                "name": entry.actor.name,
            },
            "after": entry.after,
            "at_us": entry.at_us,
            "before": entry.before,
            "id": entry.id,
            "organisation_id": entry.organisation_id,
            "previous_hash": entry.previous_hash.hex(),
            "project_id": entry.project_id,
            "sequence": entry.sequence,
            "target": entry.target,
        }
    )


def hash_of(line: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(line).digest()


def head_seal(key: bytes, organisation_id: str, sequence: int, head_hash: bytes) -> bytes:
    """HMAC-SHA256 over where a chain ends: rows cut off its end cannot be covered up without the key."""
    message = _canonical.encode([organisation_id, sequence, head_hash.hex()])
    return hmac.new(key, message, hashlib.sha256).digest()
