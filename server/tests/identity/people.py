"""Users, members and sessions for tests, put where signing in would have put them."""

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.model import Person
from lynex_server.identity.permissions import Role
from lynex_server.identity.sessions import Sessions
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.tables import members, organisations, users
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import OrganisationId, UserId, new_id


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
