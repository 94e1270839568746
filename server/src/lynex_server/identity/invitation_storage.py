"""The statements about invitations, one named function each, inside a transaction that the caller began."""

from collections.abc import Collection
from typing import Any, cast

import sqlalchemy as sa

from lynex_server.identity.model import Invitation
from lynex_server.identity.permissions import Role
from lynex_server.identity.tables import invitations
from lynex_server.kernel.ids import OrganisationId


def add_invitation(connection: sa.Connection, invitation: Invitation, token_sha256: bytes) -> None:
    """Add an open invitation."""
    connection.execute(
        sa.insert(invitations).values(
            id=invitation.id,
            organisation_id=invitation.organisation_id,
            project_id=invitation.project_id,
            email=invitation.email,
            role=invitation.role,
            token_sha256=token_sha256,
            invited_by=invitation.invited_by,
            created_at_us=invitation.created_at_us,
            expires_at_us=invitation.expires_at_us,
            accepted_at_us=None,
            revoked_at_us=None,
        )
    )


def open_invitations(
    connection: sa.Connection, organisation_id: str, project_id: str, now_us: int, limit: int
) -> list[Invitation]:
    """The open invitations to exactly this place, newest first."""
    statement = (
        sa.select(invitations)
        .where(
            invitations.c.organisation_id == organisation_id,
            invitations.c.project_id == project_id,
            _is_open(now_us),
        )
        .order_by(invitations.c.created_at_us.desc(), invitations.c.id)
        .limit(limit)
    )
    return [_invitation(row) for row in connection.execute(statement)]


def count_open(connection: sa.Connection, organisation_id: str, now_us: int) -> int:
    """How many open invitations there are to an organisation and its projects."""
    statement = sa.select(sa.func.count()).where(
        invitations.c.organisation_id == organisation_id, _is_open(now_us)
    )
    return int(connection.execute(statement).scalar_one())


def is_invited(connection: sa.Connection, email: str, now_us: int) -> bool:
    """Whether anybody has invited this address (in lower case), so that its person may sign in."""
    statement = sa.select(invitations.c.id).where(invitations.c.email == email, _is_open(now_us)).limit(1)
    return connection.execute(statement).first() is not None


def open_by_token(connection: sa.Connection, token_sha256: bytes, now_us: int) -> Invitation | None:
    """The open invitation that this token accepts."""
    statement = sa.select(invitations).where(invitations.c.token_sha256 == token_sha256, _is_open(now_us))
    row = connection.execute(statement).first()
    return None if row is None else _invitation(row)


def find_open(
    connection: sa.Connection, organisation_id: str, project_id: str, invitation_id: str, now_us: int
) -> Invitation | None:
    """One open invitation to exactly this place."""
    statement = sa.select(invitations).where(
        invitations.c.id == invitation_id,
        invitations.c.organisation_id == organisation_id,
        invitations.c.project_id == project_id,
        _is_open(now_us),
    )
    row = connection.execute(statement).first()
    return None if row is None else _invitation(row)


def accept(connection: sa.Connection, invitation_id: str, now_us: int) -> None:
    """Use an invitation up."""
    _end(connection, invitations.c.id == invitation_id, accepted_at_us=now_us)


def revoke(connection: sa.Connection, invitation_id: str, now_us: int) -> None:
    """Take an invitation back."""
    _end(connection, invitations.c.id == invitation_id, revoked_at_us=now_us)


def revoke_to(connection: sa.Connection, invitation: Invitation, now_us: int) -> None:
    """Take back what is open for the same address and place: the newest invitation is the one that counts."""
    _end(
        connection,
        sa.and_(
            invitations.c.organisation_id == invitation.organisation_id,
            invitations.c.project_id == invitation.project_id,
            invitations.c.email == invitation.email,
            _is_open(now_us),
        ),
        revoked_at_us=now_us,
    )


def revoke_by(
    connection: sa.Connection,
    organisation_id: str,
    project_id: str,
    user_id: str,
    roles: Collection[Role],
    now_us: int,
) -> None:
    """Take back the open invitations to these roles that a person sent; those to the organisation's projects
    too where `project_id` is empty."""
    sent = sa.and_(
        invitations.c.organisation_id == organisation_id,
        invitations.c.invited_by == user_id,
        invitations.c.role.in_(roles),
        _is_open(now_us),
    )
    if project_id:
        sent = sa.and_(sent, invitations.c.project_id == project_id)
    _end(connection, sent, revoked_at_us=now_us)


def remove_invitations(connection: sa.Connection, organisation_id: str) -> None:
    """Forget every invitation to an organisation and its projects."""
    connection.execute(sa.delete(invitations).where(invitations.c.organisation_id == organisation_id))


def remove_invitations_to_project(connection: sa.Connection, project_id: str) -> None:
    """Forget every invitation to this project alone."""
    connection.execute(sa.delete(invitations).where(invitations.c.project_id == project_id))


def _is_open(now_us: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        invitations.c.accepted_at_us.is_(None),
        invitations.c.revoked_at_us.is_(None),
        invitations.c.expires_at_us > now_us,
    )


def _end(connection: sa.Connection, which: sa.ColumnElement[bool], **at_us: int) -> None:
    connection.execute(sa.update(invitations).where(which).values(**at_us))


def _invitation(row: sa.Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        organisation_id=OrganisationId(row.organisation_id),
        project_id=row.project_id,
        email=row.email,
        role=cast(Role, row.role),
        invited_by=row.invited_by,
        created_at_us=row.created_at_us,
        expires_at_us=row.expires_at_us,
    )
