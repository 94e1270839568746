"""Projects and their environments. A deleted project waits for a while, in which it can be restored."""

from dataclasses import replace

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import invitation_storage, key_storage, member_storage, tenant_storage
from lynex_server.identity.authentication import Authentication
from lynex_server.identity.model import Environment, Project
from lynex_server.identity.names import checked_environment, checked_name, checked_project_id
from lynex_server.identity.organisations import organisation_lock
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, NotFound
from lynex_server.kernel.ids import OrganisationId
from lynex_server.safety.public import Actor, AuditLog

MAX_PROJECTS_OF_AN_ORGANISATION = 1_000
MAX_ENVIRONMENTS_OF_A_PROJECT = 50
ERASED_AT_ONCE = 100
"""How many due projects one look gives; the rest comes with the next."""

_DAY_US = 24 * 3600 * MICROS_PER_SECOND


class Projects:
    """The service. Calls block and are safe from any thread; every change is audited."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: AuditLog,
        authentication: Authentication,
        grace_days: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._authentication = authentication
        self._grace_us = grace_days * _DAY_US

    def create(
        self, actor: Actor, organisation_id: OrganisationId, name: str, project_id: str | None = None
    ) -> Project:
        """Add a project; `project_id` is made up when it is None.

        Raises `InvalidInput` for a name or id that is not allowed, `NotFound` without the organisation,
        `Conflict` when the id is taken or the organisation has `MAX_PROJECTS_OF_AN_ORGANISATION`.
        """
        project = Project(
            checked_project_id(project_id), organisation_id, checked_name(name), self._clock.now_us()
        )
        with self._database.begin() as connection:
            self._database.lock(connection, organisation_lock(organisation_id))
            if tenant_storage.find_organisation(connection, organisation_id) is None:
                raise NotFound("There is no such organisation.")
            count = tenant_storage.count_projects(connection, organisation_id)
            if count >= MAX_PROJECTS_OF_AN_ORGANISATION:
                raise Conflict(f"An organisation has at most {MAX_PROJECTS_OF_AN_ORGANISATION} projects.")
            self._add(connection, actor, project)
        return project

    def _add(self, connection: sa.Connection, actor: Actor, project: Project) -> None:
        if not tenant_storage.add_project(self._database, connection, project):
            raise Conflict(f"A project with the id {project.id!r} exists already.")
        self._record(connection, actor, "project.created", project, after={"name": project.name})

    def ensure(self, connection: sa.Connection, actor: Actor, project: Project) -> None:
        """Add a project inside the caller's transaction, unless one with its id is there."""
        if tenant_storage.find_project(connection, project.id) is None:
            self._add(connection, actor, project)

    def get(self, project_id: str) -> Project:
        """One project. Raises `NotFound`."""
        with self._database.read() as connection:
            return _found(tenant_storage.find_project(connection, project_id))

    def newest(self) -> list[Project]:
        """The newest projects of the installation."""
        with self._database.read() as connection:
            return tenant_storage.newest_projects(connection, MAX_PROJECTS_OF_AN_ORGANISATION)

    def of_person(self, user_id: str) -> list[Project]:
        """The newest projects that a person has a role in."""
        with self._database.read() as connection:
            return tenant_storage.projects_of_user(connection, user_id, MAX_PROJECTS_OF_AN_ORGANISATION)

    def rename(self, actor: Actor, project_id: str, name: str) -> Project:
        """Give it another name. Raises `NotFound`, `InvalidInput`."""
        renamed = checked_name(name)
        with self._database.begin() as connection:
            before = _found(tenant_storage.find_project(connection, project_id, to_change=True))
            after = replace(before, name=renamed)
            tenant_storage.change_project(connection, after)
            self._record(
                connection,
                actor,
                "project.renamed",
                after,
                before={"name": before.name},
                after={"name": renamed},
            )
        return after

    # Deletion

    def delete(self, actor: Actor, project_id: str) -> Project:
        """Let it wait for its deletion: it takes nothing in, can be read, and can be restored until then.

        Harmless when repeated: the first time counts. Raises `NotFound`.
        """
        with self._database.begin() as connection:
            before = _found(tenant_storage.find_project(connection, project_id, to_change=True))
            if before.erase_after_us is not None:
                return before
            after = replace(before, erase_after_us=self._clock.now_us() + self._grace_us)
            tenant_storage.change_project(connection, after)
            self._record(
                connection, actor, "project.deleted", after, after={"erase_after_us": after.erase_after_us}
            )
        self._authentication.forget()
        return after

    def restore(self, actor: Actor, project_id: str) -> Project:
        """Keep a project that waits for its deletion.

        Raises `NotFound`, and `Conflict` when it does not wait, or no longer: its data is being erased.
        """
        with self._database.begin() as connection:
            before = _found(tenant_storage.find_project(connection, project_id, to_change=True))
            if before.erase_after_us is None:
                raise Conflict("This project does not wait for its deletion.")
            if before.erase_after_us <= self._clock.now_us():
                raise Conflict("It is too late: the data of this project is being erased.")
            after = replace(before, erase_after_us=None)
            tenant_storage.change_project(connection, after)
            self._record(
                connection, actor, "project.restored", after, before={"erase_after_us": before.erase_after_us}
            )
        self._authentication.forget()
        return after

    def projects_to_erase(self, now_us: int) -> list[Project]:
        """Projects whose time to be restored is over, at most `ERASED_AT_ONCE`, the longest due first.

        Whoever erases them removes their data everywhere else first and calls `forget_project` last, so that
        a crash in between is made good by the next look.
        """
        with self._database.read() as connection:
            return tenant_storage.projects_due(connection, now_us, ERASED_AT_ONCE)

    def forget_project(self, connection: sa.Connection, project_id: str) -> None:
        """Remove what this slice holds of a project: keys, members, invitations, environments, itself.

        Inside the caller's transaction, which also records it. Harmless when the project is gone.
        """
        key_storage.remove_keys(connection, project_id)
        invitation_storage.remove_invitations_to_project(connection, project_id)
        member_storage.remove_memberships_of_project(connection, project_id)
        tenant_storage.remove_project(connection, project_id)

    # Environments

    def environments(self, project_id: str) -> list[Environment]:
        """The environments that its people named, the oldest first."""
        with self._database.read() as connection:
            return tenant_storage.environments_of(connection, project_id)

    def add_environment(self, actor: Actor, project_id: str, name: str) -> Environment:
        """Name an environment.

        Raises `NotFound` without the project, `InvalidInput` for the name, `Conflict` when there is one of
        this name or there are `MAX_ENVIRONMENTS_OF_A_PROJECT`.
        """
        with self._database.begin() as connection:
            project = _found(tenant_storage.find_project(connection, project_id, to_change=True))
            environment = Environment(project.id, checked_environment(name), self._clock.now_us())
            if len(tenant_storage.environments_of(connection, project_id)) >= MAX_ENVIRONMENTS_OF_A_PROJECT:
                raise Conflict(f"A project has at most {MAX_ENVIRONMENTS_OF_A_PROJECT} environments.")
            if not tenant_storage.add_environment(self._database, connection, environment):
                raise Conflict(f"There is an environment {environment.name} already.")
            self._record(connection, actor, "environment.created", project, after={"name": environment.name})
        return environment

    def remove_environment(self, actor: Actor, project_id: str, name: str) -> None:
        """Forget the name of an environment; what was recorded in it stays. Raises `NotFound`."""
        with self._database.begin() as connection:
            project = _found(tenant_storage.find_project(connection, project_id, to_change=True))
            if not tenant_storage.remove_environment(connection, project_id, name):
                raise NotFound("There is no such environment.")
            self._record(connection, actor, "environment.removed", project, before={"name": name})

    def _record(
        self,
        connection: sa.Connection,
        actor: Actor,
        action: str,
        project: Project,
        before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
    ) -> None:
        self._audit.record(
            connection,
            actor,
            action,
            organisation_id=project.organisation_id,
            project_id=project.id,
            target=project.id,
            before=before,
            after=after,
        )


def _found(project: Project | None) -> Project:
    if project is None:
        raise NotFound("There is no such project.")
    return project
