"""The closed list of permissions: which role of a member, and which scopes of an API key, grant each.

A role contains those below it: viewer, member, admin, owner. Scopes do not contain each other: a key may
have several. What no scope grants needs a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["ingest", "read", "gateway", "admin"]
Role = Literal["viewer", "member", "admin", "owner"]
Permission = Literal[
    "events:write",
    "spans:read",
    "metrics:read",
    "sessions:read",
    "export:read",
    "dead_letters:read",
    "dead_letters:write",
    "project:read",
    "project:write",
    "project:delete",
    "end_users:delete",
    "redaction:read",
    "redaction:write",
    "keys:read",
    "keys:write",
    "members:read",
    "members:write",
    "audit:read",
    "organisation:read",
    "organisation:write",
    "prices:read",
    "prices:write",
    "budgets:read",
    "budgets:write",
    "reservations:write",
    "kill_switch:read",
    "kill_switch:write",
    "alerts:read",
    "alerts:write",
    "gateway:read",
    "gateway:write",
    "gateway:call",
]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Every scope, in the order in which they are stored and shown."""

ROLES: tuple[Role, ...] = get_args(Role)
"""Every role, the least first."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who holds a permission: members from `role` up, and keys with one of `scopes`."""

    role: Role
    scopes: frozenset[Scope] = frozenset()


def _grant(role: Role, *scopes: Scope) -> Grant:
    return Grant(role, frozenset(scopes))


GRANTS: Mapping[Permission, Grant] = {
    "events:write": _grant("member", "ingest"),
    "spans:read": _grant("viewer", "read"),
    "metrics:read": _grant("viewer", "read"),
    "sessions:read": _grant("viewer", "read"),
    "export:read": _grant("viewer", "read"),
    "dead_letters:read": _grant("viewer", "read"),
    "dead_letters:write": _grant("member", "admin"),
    "project:read": _grant("viewer", "ingest", "read", "gateway", "admin"),
    "project:write": _grant("admin", "admin"),
    "project:delete": _grant("owner"),
    "end_users:delete": _grant("admin", "admin"),
    "redaction:read": _grant("viewer", "ingest", "read", "admin"),
    "redaction:write": _grant("admin", "admin"),
    "keys:read": _grant("member", "admin"),
    "keys:write": _grant("admin", "admin"),
    "members:read": _grant("viewer"),
    "members:write": _grant("admin"),
    "audit:read": _grant("admin", "admin"),
    "organisation:read": _grant("viewer"),
    "organisation:write": _grant("owner"),
    "prices:read": _grant("viewer", "read", "admin"),
    "prices:write": _grant("admin", "admin"),
    "budgets:read": _grant("viewer", "read", "admin"),
    "budgets:write": _grant("admin", "admin"),
    "reservations:write": _grant("member", "ingest", "gateway"),
    "kill_switch:read": _grant("viewer", "ingest", "read", "gateway", "admin"),
    "kill_switch:write": _grant("member", "admin"),
    "alerts:read": _grant("viewer", "read", "admin"),
    "alerts:write": _grant("member", "admin"),
    "gateway:read": _grant("viewer", "read", "admin"),
    "gateway:write": _grant("admin", "admin"),
    "gateway:call": _grant("member", "gateway"),
}


def rank(role: Role) -> int:
    """How high a role stands: a higher one may do everything that a lower one may."""
    return ROLES.index(role)


def granted_to_role(role: Role) -> frozenset[Permission]:
    """What a member with this role may do."""
    return frozenset(name for name, grant in GRANTS.items() if rank(grant.role) <= rank(role))


def granted_to_scopes(scopes: frozenset[str]) -> frozenset[Permission]:
    """What an API key with these scopes may do."""
    return frozenset(name for name, grant in GRANTS.items() if grant.scopes & scopes)
