"""The statements about organisations, projects and environments, one named function each, inside a
transaction that the caller began."""

from typing import Any

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.model import Environment, Organisation, Project
from lynex_server.identity.tables import environments, members, organisations, projects
from lynex_server.kernel.ids import OrganisationId, ProjectId


def add_organisation(database: Database, connection: sa.Connection, organisation: Organisation) -> bool:
    """Whether it was added: False when one with this id exists."""
    statement = (
        database.insert(organisations)
        .values(id=organisation.id, name=organisation.name, created_at_us=organisation.created_at_us)
        .on_conflict_do_nothing()
    )
    return connection.execute(statement).rowcount == 1


def find_organisation(connection: sa.Connection, organisation_id: str) -> Organisation | None:
    """The organisation with this id."""
    row = connection.execute(sa.select(organisations).where(organisations.c.id == organisation_id)).first()
    return None if row is None else _organisation(row)


def organisations_of_user(connection: sa.Connection, user_id: str, limit: int) -> list[Organisation]:
    """The organisations that a person has a role in, be it in one project alone; the oldest first."""
    mine = sa.select(members.c.user_id).where(
        members.c.user_id == user_id, members.c.organisation_id == organisations.c.id
    )
    statement = (
        sa.select(organisations)
        .where(sa.exists(mine))
        .order_by(organisations.c.created_at_us, organisations.c.id)
        .limit(limit)
    )
    return [_organisation(row) for row in connection.execute(statement)]


def rename_organisation(connection: sa.Connection, organisation_id: str, name: str) -> None:
    """Give an organisation another name."""
    connection.execute(
        sa.update(organisations).where(organisations.c.id == organisation_id).values(name=name)
    )


def remove_organisation(connection: sa.Connection, organisation_id: str) -> None:
    """Forget an organisation; it must have no projects, members, invitations or sign-on providers."""
    connection.execute(sa.delete(organisations).where(organisations.c.id == organisation_id))


def add_project(database: Database, connection: sa.Connection, project: Project) -> bool:
    """Whether it was added: False when one with this id exists."""
    statement = (
        database.insert(projects)
        .values(
            id=project.id,
            organisation_id=project.organisation_id,
            name=project.name,
            created_at_us=project.created_at_us,
        )
        .on_conflict_do_nothing()
    )
    return connection.execute(statement).rowcount == 1


def find_project(connection: sa.Connection, project_id: str, to_change: bool = False) -> Project | None:
    """The project with this id. With `to_change`, nobody else changes it until the transaction ends."""
    statement = sa.select(projects).where(projects.c.id == project_id)
    row = connection.execute(statement.with_for_update() if to_change else statement).first()
    return None if row is None else _project(row)


def newest_projects(connection: sa.Connection, limit: int) -> list[Project]:
    """Projects of every organisation, newest first."""
    statement = sa.select(projects).order_by(projects.c.created_at_us.desc(), projects.c.id).limit(limit)
    return [_project(row) for row in connection.execute(statement)]


def projects_due(connection: sa.Connection, now_us: int, limit: int) -> list[Project]:
    """Projects whose time to be restored is over, the longest due first."""
    statement = (
        sa.select(projects)
        .where(projects.c.erase_after_us <= now_us)
        .order_by(projects.c.erase_after_us, projects.c.id)
        .limit(limit)
    )
    return [_project(row) for row in connection.execute(statement)]


def count_projects(connection: sa.Connection, organisation_id: str) -> int:
    """How many projects an organisation has, those that wait for their deletion included."""
    statement = sa.select(sa.func.count()).where(projects.c.organisation_id == organisation_id)
    return int(connection.execute(statement).scalar_one())


def change_project(connection: sa.Connection, project: Project) -> None:
    """Write what may change of a project: its name, and when it is erased."""
    connection.execute(
        sa.update(projects)
        .where(projects.c.id == project.id)
        .values(name=project.name, erase_after_us=project.erase_after_us)
    )


def remove_project(connection: sa.Connection, project_id: str) -> None:
    """Forget a project and its environments; its keys, members and invitations must be gone."""
    connection.execute(sa.delete(environments).where(environments.c.project_id == project_id))
    connection.execute(sa.delete(projects).where(projects.c.id == project_id))


def environments_of(connection: sa.Connection, project_id: str) -> list[Environment]:
    """The environments of a project, the oldest first."""
    statement = (
        sa.select(environments)
        .where(environments.c.project_id == project_id)
        .order_by(environments.c.created_at_us, environments.c.name)
    )
    return [
        Environment(ProjectId(row.project_id), row.name, row.created_at_us)
        for row in connection.execute(statement)
    ]


def add_environment(database: Database, connection: sa.Connection, environment: Environment) -> bool:
    """Whether it was added: False when the project has one of this name."""
    statement = (
        database.insert(environments)
        .values(
            project_id=environment.project_id,
            name=environment.name,
            created_at_us=environment.created_at_us,
        )
        .on_conflict_do_nothing()
    )
    return connection.execute(statement).rowcount == 1


def remove_environment(connection: sa.Connection, project_id: str, name: str) -> bool:
    """Whether there was one."""
    statement = sa.delete(environments).where(
        environments.c.project_id == project_id, environments.c.name == name
    )
    return connection.execute(statement).rowcount == 1


def projects_of_user(connection: sa.Connection, user_id: str, limit: int) -> list[Project]:
    """The projects that a person has a role in, by the organisation or by the project, newest first."""
    mine = sa.select(members.c.user_id).where(
        members.c.user_id == user_id,
        members.c.organisation_id == projects.c.organisation_id,
        sa.or_(members.c.project_id == "", members.c.project_id == projects.c.id),
    )
    statement = (
        sa.select(projects)
        .where(sa.exists(mine))
        .order_by(projects.c.created_at_us.desc(), projects.c.id)
        .limit(limit)
    )
    return [_project(row) for row in connection.execute(statement)]


def _organisation(row: sa.Row[Any]) -> Organisation:
    return Organisation(OrganisationId(row.id), row.name, row.created_at_us)


def _project(row: sa.Row[Any]) -> Project:
    return Project(
        ProjectId(row.id),
        OrganisationId(row.organisation_id),
        row.name,
        row.created_at_us,
        row.erase_after_us,
    )
