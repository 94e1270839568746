"""The closed list of permissions, and the scope of an API key that grants each."""

from collections.abc import Mapping
from typing import Literal, get_args

Scope = Literal["ingest", "read", "admin"]
Permission = Literal[
    "events:write",
    "spans:read",
    "metrics:read",
    "sessions:read",
    "export:read",
    "dead_letters:read",
    "project:read",
    "dead_letters:write",
    "keys:write",
]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Every scope, in the order in which they are stored and shown."""

GRANTED_BY: Mapping[Permission, Scope] = {
    "events:write": "ingest",
    "spans:read": "read",
    "metrics:read": "read",
    "sessions:read": "read",
    "export:read": "read",
    "dead_letters:read": "read",
    "project:read": "read",
    "dead_letters:write": "admin",
    "keys:write": "admin",
}
"""The one scope that grants a permission. Scopes do not contain each other: a key may have several."""
