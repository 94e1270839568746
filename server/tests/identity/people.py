"""Users, members and sessions for tests, put where signing in would have put them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from clocks import FixedClock

from lynex_server.engines.relational.database import Database
from lynex_server.identity.model import NewKey, Person
from lynex_server.identity.permissions import Role
from lynex_server.identity.public import COMMAND_LINE, Identity, KeyWish
from lynex_server.identity.service import FIRST_ORGANISATION
from lynex_server.identity.sessions import Sessions
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.tables import members, organisations, users
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import OrganisationId, ProjectId, UserId, new_id
from lynex_server.safety.public import AuditEntry


def a_user(database: Database, email: str = "") -> Person:
    """A user, as somebody who signed in and belongs to nothing yet."""
    user_id = UserId(new_id("usr"))
    address = email or f"{user_id}@example.org"
    with database.begin() as connection:
        connection.execute(
            sa.insert(users).values(
                id=user_id, email=address, name=address.partition("@")[0], password_hash=None, created_at_us=0
            )
        )
    return Person("ses_of_a_test", user_id, address, address.partition("@")[0])


def an_organisation(database: Database, name: str = "Acme") -> OrganisationId:
    """An organisation without members."""
    organisation_id = OrganisationId(new_id("org"))
    with database.begin() as connection:
        connection.execute(sa.insert(organisations).values(id=organisation_id, name=name, created_at_us=0))
    return organisation_id


def make_member(
    database: Database, person: Person, organisation_id: str, role: Role, project_id: str = ""
) -> None:
    """Give a person a role, in the whole organisation or in one project."""
    with database.begin() as connection:
        connection.execute(
            sa.insert(members).values(
                organisation_id=organisation_id,
                project_id=project_id,
                user_id=person.user_id,
                role=role,
                created_at_us=0,
            )
        )


def session_token(database: Database, clock: Clock, person: Person) -> str:
    """The token of a new session of the command line."""
    sessions = Sessions(database, clock, SignInSettings())
    with database.begin() as connection:
        return sessions.begin(connection, person.user_id, "cli", "", "test").token


@dataclass
class Tenancy:
    """An installation from behind: its services, and quick ways to fill it."""

    database: Database
    clock: FixedClock

    def __post_init__(self) -> None:
        self.identity = Identity(self.database, bytes(32), self.clock)

    def person(self, email: str = "") -> Person:
        """Somebody who signed in and belongs to nothing."""
        return a_user(self.database, email)

    def organisation(self, **roles: Person) -> OrganisationId:
        """An organisation in which these people have these roles."""
        organisation_id = an_organisation(self.database)
        for role, person in roles.items():
            make_member(self.database, person, organisation_id, role)
        return organisation_id

    def member(self, organisation_id: str, role: Role, project_id: str = "") -> Person:
        """Somebody new with this role."""
        person = self.person()
        make_member(self.database, person, organisation_id, role, project_id)
        return person

    def project(self, organisation_id: str = FIRST_ORGANISATION, project_id: str | None = None) -> ProjectId:
        """A project."""
        chosen = project_id or new_id("prj")
        return self.identity.create_project("Shop", chosen, OrganisationId(organisation_id)).id

    def key(self, project_id: str, *scopes: str, **wish: Any) -> NewKey:
        """A key of a project."""
        asked = KeyWish("a key", scopes or ("read",), **wish)
        return self.identity.keys.create(COMMAND_LINE, ProjectId(project_id), asked)

    def audited(self, organisation_id: str) -> list[AuditEntry]:
        """What the audit log says of an organisation, oldest first."""
        return list(reversed(self.identity.audit.page(organisation_id).entries))

    def actions(self, organisation_id: str) -> list[str]:
        """What was done in an organisation, oldest first."""
        return [entry.action for entry in self.audited(organisation_id)]
