"""The statements about members, one named function each, inside a transaction that the caller began."""

from typing import Any, cast

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.model import Member, Membership
from lynex_server.identity.permissions import Role
from lynex_server.identity.tables import members, users
from lynex_server.kernel.ids import OrganisationId, UserId


def find_membership(
    connection: sa.Connection, organisation_id: str, project_id: str, user_id: str
) -> Membership | None:
    """What a person is in exactly this place; `project_id` is empty for the organisation as a whole."""
    row = connection.execute(
        sa.select(members).where(
            members.c.organisation_id == organisation_id,
            members.c.project_id == project_id,
            members.c.user_id == user_id,
        )
    ).first()
    return None if row is None else membership_of_row(row)


def memberships_of(connection: sa.Connection, user_id: str) -> list[Membership]:
    """Everything that a person is a member of."""
    rows = connection.execute(
        sa.select(members)
        .where(members.c.user_id == user_id)
        .order_by(members.c.created_at_us, members.c.organisation_id, members.c.project_id)
    )
    return [membership_of_row(row) for row in rows]


def members_in(
    connection: sa.Connection, organisation_id: str, project_id: str, limit: int, after: str = ""
) -> list[Member]:
    """The members of exactly this place by their ids, which is by age; those after the id `after`."""
    rows = connection.execute(
        sa.select(members, users.c.email, users.c.name)
        .join(users, users.c.id == members.c.user_id)
        .where(
            members.c.organisation_id == organisation_id,
            members.c.project_id == project_id,
            members.c.user_id > after,
        )
        .order_by(members.c.user_id)
        .limit(limit)
    )
    return [Member(membership_of_row(row), row.email, row.name) for row in rows]


def find_member(
    connection: sa.Connection, organisation_id: str, project_id: str, user_id: str
) -> Member | None:
    """A person in exactly this place."""
    row = connection.execute(
        sa.select(members, users.c.email, users.c.name)
        .join(users, users.c.id == members.c.user_id)
        .where(
            members.c.organisation_id == organisation_id,
            members.c.project_id == project_id,
            members.c.user_id == user_id,
        )
    ).first()
    return None if row is None else Member(membership_of_row(row), row.email, row.name)


def is_member_by_email(connection: sa.Connection, organisation_id: str, project_id: str, email: str) -> bool:
    """Whether somebody with this address has a role in exactly this place."""
    statement = (
        sa.select(members.c.user_id)
        .join(users, users.c.id == members.c.user_id)
        .where(
            members.c.organisation_id == organisation_id,
            members.c.project_id == project_id,
            users.c.email == email,
        )
    )
    return connection.execute(statement).first() is not None


def put_membership(database: Database, connection: sa.Connection, membership: Membership) -> None:
    """Give a person this role in this place; it replaces the one he had there."""
    statement = database.insert(members).values(
        organisation_id=membership.organisation_id,
        project_id=membership.project_id,
        user_id=membership.user_id,
        role=membership.role,
        created_at_us=membership.created_at_us,
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "project_id", "user_id"], set_={"role": membership.role}
        )
    )


def remove_membership(connection: sa.Connection, membership: Membership) -> None:
    """Take a person's role in a place away; from an organisation, with those in its projects."""
    statement = sa.delete(members).where(
        members.c.organisation_id == membership.organisation_id, members.c.user_id == membership.user_id
    )
    if membership.project_id:
        statement = statement.where(members.c.project_id == membership.project_id)
    connection.execute(statement)


def remove_memberships(connection: sa.Connection, organisation_id: str) -> None:
    """Forget every member of an organisation and of its projects."""
    connection.execute(sa.delete(members).where(members.c.organisation_id == organisation_id))


def remove_memberships_of_project(connection: sa.Connection, project_id: str) -> None:
    """Forget who has a role in this project alone."""
    connection.execute(sa.delete(members).where(members.c.project_id == project_id))


def count_owners(connection: sa.Connection, organisation_id: str) -> int:
    """How many people own an organisation as a whole."""
    statement = sa.select(sa.func.count()).where(
        members.c.organisation_id == organisation_id, members.c.project_id == "", members.c.role == "owner"
    )
    return int(connection.execute(statement).scalar_one())


def count_members(connection: sa.Connection, organisation_id: str) -> int:
    """How many memberships an organisation and its projects have."""
    statement = sa.select(sa.func.count()).where(members.c.organisation_id == organisation_id)
    return int(connection.execute(statement).scalar_one())


def membership_of_row(row: sa.Row[Any]) -> Membership:
    """A row of `members` as a value."""
    return Membership(
        organisation_id=OrganisationId(row.organisation_id),
        project_id=row.project_id,
        user_id=UserId(row.user_id),
        role=cast(Role, row.role),
        created_at_us=row.created_at_us,
    )
