"""Members: who has which role where. An organisation never loses its last owner."""

from dataclasses import replace

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import invitation_storage, member_storage
from lynex_server.identity.model import Member, Membership
from lynex_server.identity.organisations import organisation_lock
from lynex_server.identity.permissions import GRANTS, ROLES, Role, rank
from lynex_server.identity.place import Place, refuse_above_own
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, NotFound
from lynex_server.kernel.ids import OrganisationId
from lynex_server.safety.public import Actor, AuditLog

MAX_MEMBERSHIPS_OF_AN_ORGANISATION = 10_000
MEMBERS_OF_A_PAGE = 1_000


class Members:
    """The service. Calls block and are safe from any thread; every change is audited.

    Every change holds the organisation's lock, so that of two who remove each other at once one stays.
    """

    def __init__(self, database: Database, clock: Clock, audit: AuditLog) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def of_place(self, place: Place, limit: int = MEMBERS_OF_A_PAGE, after: str = "") -> list[Member]:
        """Who has a role in exactly this place, by their ids; those after the id `after`.

        In a project: without those who have theirs by the organisation.
        """
        with self._database.read() as connection:
            return member_storage.members_in(
                connection, place.organisation_id, place.project_id, limit, after
            )

    def of_person(self, user_id: str) -> list[Membership]:
        """Everything that a person is a member of."""
        with self._database.read() as connection:
            return member_storage.memberships_of(connection, user_id)

    def change_role(self, actor: Actor, place: Place, user_id: str, role: Role) -> Member:
        """Give a member another role.

        Raises `NotFound` for who is no member here, `Forbidden` when the old or the new role is above the
        actor's own, `Conflict` when the organisation would be without an owner.
        """
        with self._database.begin() as connection:
            before = self._locked_member(connection, place, user_id)
            refuse_above_own(connection, actor, place, before.membership.role, role)
            after = replace(before, membership=replace(before.membership, role=role))
            if before == after:
                return after
            self._keep_an_owner(connection, before, role)
            member_storage.put_membership(self._database, connection, after.membership)
            self._take_back_invitations(connection, place, user_id, role)
            self._record(connection, actor, "member.role_changed", before, after)
        return after

    def remove(self, actor: Actor, place: Place, user_id: str) -> None:
        """Take a member's role away; from an organisation, with those in its projects.

        Raises as `change_role` does. Whoever leaves by himself calls `leave`.
        """
        with self._database.begin() as connection:
            member = self._locked_member(connection, place, user_id)
            refuse_above_own(connection, actor, place, member.membership.role)
            self._remove(connection, actor, "member.removed", member)

    def leave(self, actor: Actor, place: Place) -> None:
        """Give one's own role up. Raises `NotFound` for who has none, `Conflict` for the last owner."""
        with self._database.begin() as connection:
            member = self._locked_member(connection, place, actor.id)
            self._remove(connection, actor, "member.left", member)

    def leave_everything(self, connection: sa.Connection, actor: Actor, user_id: str) -> None:
        """Take every role of a person away, inside the caller's transaction: his account is being deleted.

        Raises `Conflict` when he is the last owner of an organisation.
        """
        mine = member_storage.memberships_of(connection, user_id)
        for organisation_id in sorted({each.organisation_id for each in mine}):
            self._database.lock(connection, organisation_lock(organisation_id))
            for project_id in sorted(
                each.project_id for each in mine if each.organisation_id == organisation_id
            ):
                # The organisation as a whole comes first, and takes its projects with it.
                member = member_storage.find_member(connection, organisation_id, project_id, user_id)
                if member is not None:
                    self._remove(connection, actor, "member.left", member)

    def transfer_ownership(self, actor: Actor, organisation_id: OrganisationId, user_id: str) -> Member:
        """Make another member the owner in the actor's stead: he becomes owner, the actor admin.

        Raises `NotFound` when one of them is no member of the organisation as a whole, `Forbidden` when the
        actor is no owner, `Conflict` when both are the same.
        """
        place = Place(organisation_id)
        if user_id == actor.id:
            raise Conflict("You are the owner already.")
        with self._database.begin() as connection:
            own = self._locked_member(connection, place, actor.id)
            refuse_above_own(connection, actor, place, "owner")
            other = self._locked_member(connection, place, user_id)
            made = replace(other, membership=replace(other.membership, role="owner"))
            lowered = replace(own, membership=replace(own.membership, role="admin"))
            member_storage.put_membership(self._database, connection, made.membership)
            member_storage.put_membership(self._database, connection, lowered.membership)
            self._take_back_invitations(connection, place, actor.id, "admin")
            self._record(connection, actor, "member.ownership_transferred", other, made)
            self._record(connection, actor, "member.role_changed", own, lowered)
        return made

    def grant(self, connection: sa.Connection, actor: Actor, membership: Membership) -> bool:
        """Let a person be a member, inside the caller's transaction; a higher role that he has there stays.

        Gives whether something changed. Raises `Conflict` over `MAX_MEMBERSHIPS_OF_AN_ORGANISATION`.
        """
        place = Place(membership.organisation_id, membership.project_id)
        self._database.lock(connection, organisation_lock(place.organisation_id))
        had = member_storage.find_member(
            connection, place.organisation_id, place.project_id, membership.user_id
        )
        if had is not None and rank(had.membership.role) >= rank(membership.role):
            return False
        count = member_storage.count_members(connection, place.organisation_id)
        if had is None and count >= MAX_MEMBERSHIPS_OF_AN_ORGANISATION:
            raise Conflict(f"An organisation has at most {MAX_MEMBERSHIPS_OF_AN_ORGANISATION} memberships.")
        member_storage.put_membership(self._database, connection, membership)
        now = member_storage.find_member(
            connection, place.organisation_id, place.project_id, membership.user_id
        )
        self._record(connection, actor, "member.added" if had is None else "member.role_changed", had, now)
        return True

    def _locked_member(self, connection: sa.Connection, place: Place, user_id: str) -> Member:
        self._database.lock(connection, organisation_lock(place.organisation_id))
        member = member_storage.find_member(connection, place.organisation_id, place.project_id, user_id)
        if member is None:
            raise NotFound("There is no such member.")
        return member

    def _remove(self, connection: sa.Connection, actor: Actor, action: str, member: Member) -> None:
        self._keep_an_owner(connection, member, None)
        membership = member.membership
        member_storage.remove_membership(connection, membership)
        place = Place(membership.organisation_id, membership.project_id)
        self._take_back_invitations(connection, place, membership.user_id, None)
        self._record(connection, actor, action, member, None)

    def _keep_an_owner(self, connection: sa.Connection, member: Member, becomes: Role | None) -> None:
        membership = member.membership
        stays = becomes == "owner"
        if membership.project_id or membership.role != "owner" or stays:
            return
        if member_storage.count_owners(connection, membership.organisation_id) == 1:
            raise Conflict("This is the last owner: make somebody else one first.")

    def _take_back_invitations(
        self, connection: sa.Connection, place: Place, user_id: str, role: Role | None
    ) -> None:
        """Whoever may not give a role any more has not given it by an invitation that is still open."""
        may_invite = role is not None and rank(role) >= rank(GRANTS["members:write"].role)
        beyond = [each for each in ROLES if not may_invite or rank(each) > rank(role or "viewer")]
        invitation_storage.revoke_by(
            connection, place.organisation_id, place.project_id, user_id, beyond, self._clock.now_us()
        )

    def _record(
        self,
        connection: sa.Connection,
        actor: Actor,
        action: str,
        before: Member | None,
        after: Member | None,
    ) -> None:
        membership = (after or before).membership  # type: ignore[union-attr]  # one of them is there
        self._audit.record(
            connection,
            actor,
            action,
            organisation_id=membership.organisation_id,
            project_id=membership.project_id,
            target=membership.user_id,
            before=None if before is None else _told(before),
            after=None if after is None else _told(after),
        )


def _told(member: Member) -> dict[str, object]:
    """What the audit log says of a member."""
    return {"email": member.email, "role": member.membership.role}
