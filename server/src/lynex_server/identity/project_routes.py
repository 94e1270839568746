"""Projects and their environments over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from lynex_server.identity.access import require, require_caller, require_in_organisation
from lynex_server.identity.example import body
from lynex_server.identity.model import Caller, Person, Principal, Project
from lynex_server.identity.schemas import (
    EnvironmentList,
    EnvironmentShown,
    NewEnvironment,
    NewProject,
    ProjectList,
    ProjectShown,
    Rename,
)
from lynex_server.identity.service import Identity
from lynex_server.identity.shapes import environment_shown, project_shown

router = APIRouter(tags=["projects"])

Reader = Annotated[Principal, require("project:read")]
Writer = Annotated[Principal, require("project:write")]


@router.get("/v1/projects", summary="List the projects that I may see")
def list_projects(request: Request, caller: Annotated[Caller, require_caller()]) -> ProjectList:
    """Those in which the signed-in person has a role; with an API key, its own. At most 1,000."""
    identity = _identity(request)
    if not isinstance(caller, Person):
        return ProjectList(items=[project_shown(identity.projects.get(caller.project_id), [])])
    memberships = identity.members.of_person(caller.user_id)
    found = identity.projects.of_person(caller.user_id)
    return ProjectList(items=[project_shown(each, memberships) for each in found])


@router.post("/v1/organisations/{organisation_id}/projects", status_code=201, summary="Add a project")
def create_project(
    request: Request,
    principal: Annotated[Principal, require_in_organisation("project:write")],
    organisation_id: str,
    wish: Annotated[NewProject, body(name="Shop", id="shop")],
) -> ProjectShown:
    """Add a project to an organisation."""
    made = _identity(request).projects.create(
        principal.actor(), principal.organisation_id, wish.name, wish.id
    )
    return _shown(request, principal, made)


@router.get("/v1/projects/{project_id}", summary="Show a project")
def show_project(request: Request, principal: Reader, project_id: str) -> ProjectShown:
    """One project, also while it waits for its deletion."""
    return _shown(request, principal, _identity(request).projects.get(project_id))


@router.patch("/v1/projects/{project_id}", summary="Rename a project")
def rename_project(
    request: Request, principal: Writer, project_id: str, wish: Annotated[Rename, body(name="Web shop")]
) -> ProjectShown:
    """Give it another name; its id stays."""
    renamed = _identity(request).projects.rename(principal.actor(), project_id, wish.name)
    return _shown(request, principal, renamed)


@router.delete("/v1/projects/{project_id}", status_code=202, summary="Delete a project")
def delete_project(
    request: Request, principal: Annotated[Principal, require("project:delete")], project_id: str
) -> ProjectShown:
    """From now on it takes nothing in. Its data is erased after `erase_after`; until then it can be read and
    restored."""
    return _shown(request, principal, _identity(request).projects.delete(principal.actor(), project_id))


@router.post("/v1/projects/{project_id}/restore", summary="Restore a project")
def restore_project(request: Request, principal: Writer, project_id: str) -> ProjectShown:
    """Keep a project that waits for its deletion."""
    return _shown(request, principal, _identity(request).projects.restore(principal.actor(), project_id))


@router.get("/v1/projects/{project_id}/environments", summary="List environments")
def list_environments(request: Request, principal: Reader, project_id: str) -> EnvironmentList:
    """Those that the project's people named. Spans may carry others."""
    found = _identity(request).projects.environments(project_id)
    return EnvironmentList(items=[environment_shown(each) for each in found])


@router.post("/v1/projects/{project_id}/environments", status_code=201, summary="Name an environment")
def add_environment(
    request: Request,
    principal: Writer,
    project_id: str,
    wish: Annotated[NewEnvironment, body(name="production")],
) -> EnvironmentShown:
    """Name a stage of the project, as its spans do."""
    made = _identity(request).projects.add_environment(principal.actor(), project_id, wish.name)
    return environment_shown(made)


@router.delete(
    "/v1/projects/{project_id}/environments/{name}", status_code=204, summary="Remove an environment"
)
def remove_environment(request: Request, principal: Writer, project_id: str, name: str) -> Response:
    """Forget its name; what was recorded in it stays."""
    _identity(request).projects.remove_environment(principal.actor(), project_id, name)
    return Response(status_code=204)


def _shown(request: Request, principal: Principal, project: Project) -> ProjectShown:
    memberships = _identity(request).members.of_person(principal.user_id) if principal.user_id else []
    return project_shown(project, memberships)


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity
