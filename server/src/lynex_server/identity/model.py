"""What crosses the door of `identity`: frozen values, never a table row."""

from dataclasses import dataclass, field

from lynex_server.identity.permissions import Permission, Role, Scope
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId, UserId
from lynex_server.safety.public import Actor


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sent a request, in one project: the tenant that every query filters by.

    A program has an `api_key_id`, a person a `user_id`; the other one is empty. `name` is the key's name or
    the person's e-mail address, `address` the client's. `project_id` is empty where a person acts in an
    organisation as a whole. `erase_after_us` is set while the project waits for its deletion.
    """

    project_id: ProjectId
    organisation_id: OrganisationId
    api_key_id: KeyId
    user_id: UserId
    permissions: frozenset[Permission]
    name: str = ""
    address: str = ""
    erase_after_us: int | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the key's scopes or the person's role grant `permission`."""
        return permission in self.permissions

    def actor(self) -> Actor:
        """Who the audit log names."""
        if self.api_key_id:
            return Actor("api_key", self.api_key_id, self.name, self.address)
        return Actor("user", self.user_id, self.name, self.address)


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person, by the session that the request bears. `address` is the client's."""

    session_id: str
    user_id: UserId
    email: str
    name: str
    address: str = ""

    def actor(self) -> Actor:
        """Who the audit log names."""
        return Actor("user", self.user_id, self.email, self.address)


Caller = Principal | Person
"""Whoever proved who he is: a program by its key, in its project, or a person, in none yet."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What one person is in an organisation, or in one project of it. `project_id` is empty for all of it."""

    organisation_id: OrganisationId
    project_id: str
    user_id: UserId
    role: Role
    created_at_us: int


@dataclass(frozen=True, slots=True)
class Member:
    """A membership with the person it is of."""

    membership: Membership
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An offer of a membership to whoever can read the mail of `email`. Open until it is accepted, revoked or
    expires."""

    id: str
    organisation_id: OrganisationId
    project_id: str
    email: str
    role: Role
    invited_by: str
    created_at_us: int
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation that was just made. `token` is what accepts it; it cannot be read again later."""

    invitation: Invitation
    organisation_name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who owns projects: a company or a team."""

    id: OrganisationId
    name: str
    created_at_us: int


@dataclass(frozen=True, slots=True)
class Project:
    """A tenant: everything that is recorded belongs to exactly one.

    `erase_after_us` is set while it waits for its deletion.
    """

    id: ProjectId
    organisation_id: OrganisationId
    name: str
    created_at_us: int
    erase_after_us: int | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """A stage of a project that its people named: production, staging."""

    project_id: ProjectId
    name: str
    created_at_us: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown: without its secret. `revoked_at_us` is None while it works."""

    id: KeyId
    project_id: ProjectId
    name: str
    scopes: tuple[Scope, ...]
    prefix: str
    allowed_networks: tuple[str, ...]
    created_by: str
    created_at_us: int
    expires_at_us: int | None
    last_used_at_us: int | None
    revoked_at_us: int | None
    replaced_by: KeyId | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `secret` is what a client sends; it cannot be read again later."""

    key: ApiKey
    secret: str = field(repr=False)
