"""Which organisation owns which projects, for slices that reckon across projects."""

from collections.abc import Collection

import sqlalchemy as sa

from lynex_server.identity.tables import projects
from lynex_server.kernel.ids import OrganisationId, ProjectId


def organisations_of(
    connection: sa.Connection, project_ids: Collection[str]
) -> dict[ProjectId, OrganisationId]:
    """The owner of each project; one that does not exist is left out."""
    statement = sa.select(projects.c.id, projects.c.organisation_id).where(projects.c.id.in_(project_ids))
    return {ProjectId(row.id): OrganisationId(row.organisation_id) for row in connection.execute(statement)}


def projects_of(connection: sa.Connection, organisation_id: str) -> list[ProjectId]:
    """Every project of an organisation, those that wait for their deletion included."""
    statement = sa.select(projects.c.id).where(projects.c.organisation_id == organisation_id)
    return [ProjectId(row.id) for row in connection.execute(statement.order_by(projects.c.id))]
