"""Organisations: who owns projects."""

from dataclasses import replace

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import invitation_storage, member_storage, sso_storage, tenant_storage
from lynex_server.identity.model import Membership, Organisation, Person
from lynex_server.identity.names import checked_name
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, NotFound
from lynex_server.kernel.ids import OrganisationId, new_id
from lynex_server.safety.public import Actor, AuditLog

FIRST_ORGANISATION = OrganisationId("default")
MAX_ORGANISATIONS_OF_A_PERSON = 100


class Organisations:
    """The service. Calls block and are safe from any thread; every change is audited."""

    def __init__(self, database: Database, clock: Clock, audit: AuditLog) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def create(self, founder: Person, name: str) -> Organisation:
        """Found an organisation; the founder is its first owner.

        Raises `InvalidInput` for the name, `Conflict` over `MAX_ORGANISATIONS_OF_A_PERSON`.
        """
        now_us = self._clock.now_us()
        organisation = Organisation(OrganisationId(new_id("org")), checked_name(name), now_us)
        with self._database.begin() as connection:
            self._database.lock(connection, f"lynex organisations of {founder.user_id}")
            mine = tenant_storage.organisations_of_user(
                connection, founder.user_id, MAX_ORGANISATIONS_OF_A_PERSON
            )
            if len(mine) == MAX_ORGANISATIONS_OF_A_PERSON:
                raise Conflict(f"A person may be in at most {MAX_ORGANISATIONS_OF_A_PERSON} organisations.")
            tenant_storage.add_organisation(self._database, connection, organisation)
            member_storage.put_membership(
                self._database,
                connection,
                Membership(organisation.id, "", founder.user_id, "owner", now_us),
            )
            self._audit.record(
                connection,
                founder.actor(),
                "organisation.created",
                organisation_id=organisation.id,
                target=organisation.id,
                after={"name": organisation.name, "owner": founder.email},
            )
        return organisation

    def get(self, organisation_id: str) -> Organisation:
        """One organisation. Raises `NotFound`."""
        with self._database.read() as connection:
            return _found(tenant_storage.find_organisation(connection, organisation_id))

    def of_person(self, user_id: str) -> list[Organisation]:
        """Those in which a person has a role, be it in one project alone; the oldest first."""
        with self._database.read() as connection:
            return tenant_storage.organisations_of_user(connection, user_id, MAX_ORGANISATIONS_OF_A_PERSON)

    def rename(self, actor: Actor, organisation_id: str, name: str) -> Organisation:
        """Give it another name. Raises `NotFound`, `InvalidInput`."""
        renamed = checked_name(name)
        with self._database.begin() as connection:
            before = _found(tenant_storage.find_organisation(connection, organisation_id))
            tenant_storage.rename_organisation(connection, organisation_id, renamed)
            self._audit.record(
                connection,
                actor,
                "organisation.renamed",
                organisation_id=organisation_id,
                target=organisation_id,
                before={"name": before.name},
                after={"name": renamed},
            )
        return replace(before, name=renamed)

    def delete(self, actor: Actor, organisation_id: str) -> None:
        """Delete an organisation without projects; its members and invitations go with it.

        Raises `NotFound`, and `Conflict` while it has sign-on providers, or projects, those that wait for
        their deletion included: they could not be restored any more.
        """
        with self._database.begin() as connection:
            self._database.lock(connection, organisation_lock(organisation_id))
            organisation = _found(tenant_storage.find_organisation(connection, organisation_id))
            if tenant_storage.count_projects(connection, organisation_id):
                raise Conflict("It still has projects: delete them first, and wait until they are erased.")
            if sso_storage.providers_of(connection, organisation_id, limit=1):
                raise Conflict("It still has sign-on providers: delete them first, for their secrets.")
            invitation_storage.remove_invitations(connection, organisation_id)
            member_storage.remove_memberships(connection, organisation_id)
            sso_storage.remove_domains(connection, organisation_id)
            tenant_storage.remove_organisation(connection, organisation_id)
            self._audit.record(
                connection,
                actor,
                "organisation.deleted",
                organisation_id=organisation_id,
                target=organisation_id,
                before={"name": organisation.name},
            )

    def ensure_first(self, connection: sa.Connection) -> None:
        """Make the organisation of a fresh install, unless it is there."""
        organisation = Organisation(FIRST_ORGANISATION, FIRST_ORGANISATION, self._clock.now_us())
        tenant_storage.add_organisation(self._database, connection, organisation)


def organisation_lock(organisation_id: str) -> str:
    """The name of the lock under which members and projects of an organisation are counted and changed."""
    return f"lynex organisation {organisation_id}"


def _found(organisation: Organisation | None) -> Organisation:
    if organisation is None:
        raise NotFound("There is no such organisation.")
    return organisation
