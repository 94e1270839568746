"""The statements about members, one named function each, inside a transaction that the caller began."""

from typing import Any, cast

import sqlalchemy as sa

from lynex_server.identity.model import Membership
from lynex_server.identity.permissions import Role
from lynex_server.identity.tables import members
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


def membership_of_row(row: sa.Row[Any]) -> Membership:
    """A row of `members` as a value."""
    return Membership(
        organisation_id=OrganisationId(row.organisation_id),
        project_id=row.project_id,
        user_id=UserId(row.user_id),
        role=cast(Role, row.role),
        created_at_us=row.created_at_us,
    )
