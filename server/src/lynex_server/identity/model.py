"""What crosses the door of `identity`: frozen values, never a table row."""

from dataclasses import dataclass, field

from lynex_server.identity.permissions import GRANTED_BY, Permission, Scope
from lynex_server.kernel.ids import KeyId, ProjectId


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sent a request: one key of one project. The project is the tenant that every query filters by."""

    project_id: ProjectId
    api_key_id: KeyId
    scopes: frozenset[str]

    def may(self, permission: Permission) -> bool:
        """Whether one of the key's scopes grants `permission`."""
        return GRANTED_BY[permission] in self.scopes


@dataclass(frozen=True, slots=True)
class Project:
    """A tenant: everything that is recorded belongs to exactly one."""

    id: ProjectId
    name: str
    created_at_us: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown: without its secret. `revoked_at_us` is None while it works."""

    id: KeyId
    project_id: ProjectId
    name: str
    scopes: tuple[Scope, ...]
    created_at_us: int
    revoked_at_us: int | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `secret` is what a client sends; it cannot be read again later."""

    key: ApiKey
    secret: str = field(repr=False)
