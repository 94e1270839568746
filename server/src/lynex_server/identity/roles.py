"""What a person may do where: the higher of the role in the organisation and the role in the project."""

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import member_storage, tenant_storage
from lynex_server.identity.model import Membership, Person, Principal, Project
from lynex_server.identity.permissions import Role, granted_to_role, rank
from lynex_server.kernel.errors import InvalidInput, NotFound
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId, UserId


class Roles:
    """Turns a signed-in person into the principal of a request. Calls block; nothing is remembered, so that
    a role that was taken away is gone with the next request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def in_project(self, person: Person, named: str) -> Principal:
        """The person in the project called `named`; in his only project when it is empty.

        Raises `NotFound` when there is no such project or he has no role in it (the two are not told apart),
        `InvalidInput` when he has several and names none.
        """
        with self._database.read() as connection:
            project_id = named or _only_project(connection, person.user_id)
            project = tenant_storage.find_project(connection, project_id)
            role = None if project is None else role_in_project(connection, person.user_id, project)
        if project is None or role is None:
            raise NotFound("There is no such project.")
        return _principal(person, project.organisation_id, role, project.id, project.erase_after_us)

    def in_organisation(self, person: Person, organisation_id: str) -> Principal:
        """The person in an organisation as a whole; a role in one of its projects alone does not count.

        Raises `NotFound` when there is no such organisation or he has no role in it.
        """
        with self._database.read() as connection:
            membership = member_storage.find_membership(connection, organisation_id, "", person.user_id)
        if membership is None:
            raise NotFound("There is no such organisation.")
        return _principal(person, membership.organisation_id, membership.role)


def role_in_project(connection: sa.Connection, user_id: str, project: Project) -> Role | None:
    """The person's role in a project, be it by the organisation or by the project itself."""
    found = member_storage.memberships_of(connection, user_id)
    return highest(
        [
            each
            for each in found
            if each.organisation_id == project.organisation_id and each.project_id in ("", project.id)
        ]
    )


def highest(memberships: list[Membership]) -> Role | None:
    """The highest role among them; None when there is none."""
    return max((each.role for each in memberships), key=rank, default=None)


def _only_project(connection: sa.Connection, user_id: UserId) -> ProjectId:
    mine = tenant_storage.projects_of_user(connection, user_id, limit=2)
    if not mine:
        raise NotFound("You are in no project yet.")
    if len(mine) > 1:
        raise InvalidInput(
            "You are in several projects: name one in the header X-Lynex-Project or as project_id.",
            field="project_id",
        )
    return mine[0].id


def _principal(
    person: Person,
    organisation_id: OrganisationId,
    role: Role,
    project_id: str = "",
    erase_after_us: int | None = None,
) -> Principal:
    return Principal(
        project_id=ProjectId(project_id),
        organisation_id=organisation_id,
        api_key_id=KeyId(""),
        user_id=person.user_id,
        permissions=granted_to_role(role),
        name=person.email,
        address=person.address,
        erase_after_us=erase_after_us,
    )
