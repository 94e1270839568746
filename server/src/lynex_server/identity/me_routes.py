"""`GET /v1/me`: who asks, for which project, and what that allows."""

from typing import Annotated

from fastapi import APIRouter, Request

from lynex_server.identity.access import named_projects, require_caller
from lynex_server.identity.credentials import unauthorized
from lynex_server.identity.model import Caller, Person, Principal, Project
from lynex_server.identity.schemas import Me
from lynex_server.identity.service import Identity
from lynex_server.identity.shapes import (
    organisation_shown,
    permissions_of,
    project_shown,
    role_by,
    user_shown,
)
from lynex_server.kernel.errors import NotFound

router = APIRouter(tags=["identity"])


@router.get("/v1/me", summary="Who am I")
def read_me(request: Request, caller: Annotated[Caller, require_caller()]) -> Me:
    """The person or key behind this request, its organisations and projects, and its permissions in the
    project that it is about: the quickest way to check a credential. A person names a project by
    `X-Lynex-Project` or `project_id`."""
    identity: Identity = request.app.state.identity
    if isinstance(caller, Person):
        named = named_projects(request)
        return _person(identity, caller, named[0] if named else "")
    return _key(identity, caller)


def _key(identity: Identity, principal: Principal) -> Me:
    try:
        project = identity.projects.get(principal.project_id)
        key = identity.keys.get(principal.project_id, principal.api_key_id)
        organisation = identity.organisations.get(principal.organisation_id)
    except NotFound as error:  # erased since the key was looked up
        raise unauthorized() from error
    return Me(
        kind="api_key",
        user=None,
        project_id=project.id,
        project_name=project.name,
        organisation_id=project.organisation_id,
        role=None,
        api_key_id=key.id,
        api_key_name=key.name,
        scopes=list(key.scopes),
        permissions=sorted(principal.permissions),
        organisations=[organisation_shown(organisation, [])],
        projects=[project_shown(project, [])],
    )


def _person(identity: Identity, person: Person, named: str) -> Me:
    memberships = identity.members.of_person(person.user_id)
    projects = identity.projects.of_person(person.user_id)
    project = _chosen(projects, named)
    role = None if project is None else role_by(memberships, project)
    return Me(
        kind="user",
        user=user_shown(person),
        project_id=None if project is None else project.id,
        project_name=None if project is None else project.name,
        organisation_id=None if project is None else project.organisation_id,
        role=role,
        api_key_id=None,
        api_key_name=None,
        scopes=None,
        permissions=permissions_of(role),
        organisations=[
            organisation_shown(each, memberships) for each in identity.organisations.of_person(person.user_id)
        ],
        projects=[project_shown(each, memberships) for each in projects],
    )


def _chosen(projects: list[Project], named: str) -> Project | None:
    if not named:
        return projects[0] if len(projects) == 1 else None
    for project in projects:
        if project.id == named:
            return project
    raise NotFound("There is no such project.")
