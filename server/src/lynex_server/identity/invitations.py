"""Invitations by e-mail: a link that a signed-in person with that address can use once, for 7 days."""

import secrets
import string

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import invitation_storage, member_storage, tenant_storage
from lynex_server.identity.members import Members
from lynex_server.identity.model import Invitation, Membership, NewInvitation, Person
from lynex_server.identity.names import checked_email
from lynex_server.identity.organisations import organisation_lock
from lynex_server.identity.permissions import Role
from lynex_server.identity.place import Place, refuse_above_own
from lynex_server.identity.secret import secret_sha256
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, Forbidden, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import Actor, AuditLog

INVITATION_DAYS = 7
MAX_OPEN_INVITATIONS = 1_000
"""Of one organisation and its projects."""

_VALID_US = INVITATION_DAYS * 24 * 3600 * MICROS_PER_SECOND
_TOKEN_PREFIX = "lxi_"  # noqa: S105  # how a token begins, not one
_RANDOM_CHARS = 42
_BASE62 = string.digits + string.ascii_letters


class Invitations:
    """The service. Calls block and are safe from any thread; every change is audited, without tokens."""

    def __init__(self, database: Database, clock: Clock, audit: AuditLog, members: Members) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._members = members

    def create(self, actor: Actor, place: Place, email: str, role: Role) -> NewInvitation:
        """Invite an address to a role; an open invitation of it to the same place ends.

        Raises `InvalidInput` for what is no address, `Forbidden` for a role above the actor's own, `Conflict`
        for who is a member already, and over `MAX_OPEN_INVITATIONS`.
        """
        now_us = self._clock.now_us()
        token = _TOKEN_PREFIX + "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_CHARS))
        invitation = Invitation(
            id=new_id("inv"),
            organisation_id=place.organisation_id,
            project_id=place.project_id,
            email=checked_email(email),
            role=role,
            invited_by="" if actor.kind == "system" else actor.id,
            created_at_us=now_us,
            expires_at_us=now_us + _VALID_US,
        )
        with self._database.begin() as connection:
            self._database.lock(connection, organisation_lock(place.organisation_id))
            organisation = tenant_storage.find_organisation(connection, place.organisation_id)
            if organisation is None:
                raise NotFound("There is no such organisation.")
            refuse_above_own(connection, actor, place, role)
            if member_storage.is_member_by_email(
                connection, place.organisation_id, place.project_id, invitation.email
            ):
                raise Conflict("This person is a member already: change the role instead.")
            invitation_storage.revoke_to(connection, invitation, now_us)
            open_now = invitation_storage.count_open(connection, place.organisation_id, now_us)
            if open_now >= MAX_OPEN_INVITATIONS:
                raise Conflict(f"An organisation has at most {MAX_OPEN_INVITATIONS} open invitations.")
            invitation_storage.add_invitation(connection, invitation, secret_sha256(token))
            self._record(connection, actor, "invitation.created", invitation)
        return NewInvitation(invitation, organisation.name, token)

    def open_to(self, place: Place) -> list[Invitation]:
        """The open invitations to exactly this place, newest first."""
        with self._database.read() as connection:
            return invitation_storage.open_invitations(
                connection,
                place.organisation_id,
                place.project_id,
                self._clock.now_us(),
                MAX_OPEN_INVITATIONS,
            )

    def revoke(self, actor: Actor, place: Place, invitation_id: str) -> None:
        """Take an open invitation back. Raises `NotFound` when there is none."""
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            self._database.lock(connection, organisation_lock(place.organisation_id))
            invitation = invitation_storage.find_open(
                connection, place.organisation_id, place.project_id, invitation_id, now_us
            )
            if invitation is None:
                raise NotFound("There is no such invitation.")
            invitation_storage.revoke(connection, invitation.id, now_us)
            self._record(connection, actor, "invitation.revoked", invitation)

    def accept(self, person: Person, token: str) -> Invitation:
        """Make the person a member as invited; a higher role that he has there stays.

        Raises `NotFound` for a token that is not open (any more), `Forbidden` when another address was
        invited.
        """
        with self._database.begin() as connection:
            invitation = self.locked(connection, token)
            if invitation.email != person.email:
                raise Forbidden("This invitation is for another address: sign in with that one.")
            self.accept_in(connection, person, invitation)
        return invitation

    def locked(self, connection: sa.Connection, token: str) -> Invitation:
        """The open invitation that a token accepts, nobody else's until the caller's transaction ends.

        Raises `NotFound`.
        """
        found = self._locked(connection, secret_sha256(token), self._clock.now_us())
        if found is None or not _place_exists(connection, found):
            raise NotFound("This invitation was used, taken back, or is too old: ask for another.")
        return found

    def accept_in(self, connection: sa.Connection, person: Person, invitation: Invitation) -> None:
        """Make the person a member as invited, inside the caller's transaction; see `locked`."""
        now_us = self._clock.now_us()
        invitation_storage.accept(connection, invitation.id, now_us)
        self._members.grant(
            connection,
            person.actor(),
            Membership(
                invitation.organisation_id, invitation.project_id, person.user_id, invitation.role, now_us
            ),
        )
        self._record(connection, person.actor(), "invitation.accepted", invitation)

    def is_invited(self, connection: sa.Connection, email: str) -> bool:
        """Whether an open invitation waits for this address (in lower case): its person may sign up."""
        return invitation_storage.is_invited(connection, email, self._clock.now_us())

    def _locked(self, connection: sa.Connection, token_sha256: bytes, now_us: int) -> Invitation | None:
        found = invitation_storage.open_by_token(connection, token_sha256, now_us)
        if found is None:
            return None
        self._database.lock(connection, organisation_lock(found.organisation_id))
        # Looked at again: while we waited for the lock, somebody else may have used it.
        return invitation_storage.open_by_token(connection, token_sha256, now_us)

    def _record(self, connection: sa.Connection, actor: Actor, action: str, invitation: Invitation) -> None:
        self._audit.record(
            connection,
            actor,
            action,
            organisation_id=invitation.organisation_id,
            project_id=invitation.project_id,
            target=invitation.id,
            after={"email": invitation.email, "role": invitation.role},
        )


def _place_exists(connection: sa.Connection, invitation: Invitation) -> bool:
    if not invitation.project_id:
        return True
    project = tenant_storage.find_project(connection, invitation.project_id)
    return project is not None and project.organisation_id == invitation.organisation_id
