"""Where a role counts, in an organisation as a whole or in one project of it, and who may give which."""

from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.identity import member_storage, tenant_storage
from lynex_server.identity.model import Principal
from lynex_server.identity.permissions import Role, rank
from lynex_server.identity.roles import role_in_project
from lynex_server.kernel.errors import Forbidden, NotFound
from lynex_server.kernel.ids import OrganisationId
from lynex_server.safety.public import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation, or with a `project_id` one project of it."""

    organisation_id: OrganisationId
    project_id: str = ""


def place_of(principal: Principal) -> Place:
    """Where a principal's request is about."""
    return Place(principal.organisation_id, principal.project_id)


def refuse_above_own(connection: sa.Connection, actor: Actor, place: Place, *roles: Role) -> None:
    """Nobody gives, changes or takes away a role above his own there. Raises `Forbidden`.

    The command line has no role and is refused nothing: whoever runs it has the database.
    """
    if actor.kind == "system":
        return
    own = _role_of(connection, actor, place)
    if own is None or any(rank(role) > rank(own) for role in roles):
        raise Forbidden("This needs a role as high as the one that is given or taken.")


def _role_of(connection: sa.Connection, actor: Actor, place: Place) -> Role | None:
    if actor.kind != "user":
        return None
    if not place.project_id:
        membership = member_storage.find_membership(connection, place.organisation_id, "", actor.id)
        return None if membership is None else membership.role
    project = tenant_storage.find_project(connection, place.project_id)
    if project is None or project.organisation_id != place.organisation_id:
        raise NotFound("There is no such project.")
    return role_in_project(connection, actor.id, project)
