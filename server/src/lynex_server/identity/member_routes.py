"""Members over HTTP: of an organisation as a whole, and of one project."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from lynex_server.identity.access import require, require_in_organisation
from lynex_server.identity.example import body
from lynex_server.identity.members import MEMBERS_OF_A_PAGE
from lynex_server.identity.model import Principal
from lynex_server.identity.place import Place, place_of
from lynex_server.identity.schemas import MemberPage, MemberShown, OwnershipTransfer, RoleChange
from lynex_server.identity.service import Identity
from lynex_server.identity.shapes import member_shown
from lynex_server.kernel.paging import decode_cursor, encode_cursor

router = APIRouter(tags=["members"])

OrganisationReader = Annotated[Principal, require_in_organisation("members:read")]
OrganisationWriter = Annotated[Principal, require_in_organisation("members:write")]
ProjectReader = Annotated[Principal, require("members:read")]
ProjectWriter = Annotated[Principal, require("members:write")]
Limit = Annotated[int, Query(ge=1, le=MEMBERS_OF_A_PAGE)]
NewRole = Annotated[RoleChange, body(role="member")]


@router.get("/v1/organisations/{organisation_id}/members", summary="List members of an organisation")
def list_organisation_members(
    request: Request,
    principal: OrganisationReader,
    organisation_id: str,
    limit: Limit = 100,
    cursor: str | None = None,
) -> MemberPage:
    """Who has a role in the organisation as a whole, and so in each of its projects."""
    return _page(request, Place(principal.organisation_id), limit, cursor)


@router.get("/v1/projects/{project_id}/members", summary="List members of a project")
def list_project_members(
    request: Request,
    principal: ProjectReader,
    project_id: str,
    limit: Limit = 100,
    cursor: str | None = None,
) -> MemberPage:
    """Who has a role in this project beside those who have one in the organisation."""
    return _page(request, place_of(principal), limit, cursor)


@router.patch(
    "/v1/organisations/{organisation_id}/members/{user_id}", summary="Change a role in an organisation"
)
def change_organisation_role(
    request: Request, principal: OrganisationWriter, organisation_id: str, user_id: str, wish: NewRole
) -> MemberShown:
    """Neither the old nor the new role may be above one's own; an organisation keeps an owner."""
    place = Place(principal.organisation_id)
    return member_shown(_identity(request).members.change_role(principal.actor(), place, user_id, wish.role))


@router.patch("/v1/projects/{project_id}/members/{user_id}", summary="Change a role in a project")
def change_project_role(
    request: Request, principal: ProjectWriter, project_id: str, user_id: str, wish: NewRole
) -> MemberShown:
    """Neither the old nor the new role may be above one's own."""
    place = place_of(principal)
    return member_shown(_identity(request).members.change_role(principal.actor(), place, user_id, wish.role))


@router.delete(
    "/v1/organisations/{organisation_id}/members/{user_id}",
    status_code=204,
    summary="Remove a member from an organisation",
)
def remove_organisation_member(
    request: Request, principal: OrganisationWriter, organisation_id: str, user_id: str
) -> Response:
    """From all its projects too. An organisation keeps an owner."""
    _identity(request).members.remove(principal.actor(), Place(principal.organisation_id), user_id)
    return Response(status_code=204)


@router.delete(
    "/v1/projects/{project_id}/members/{user_id}", status_code=204, summary="Remove a member from a project"
)
def remove_project_member(
    request: Request, principal: ProjectWriter, project_id: str, user_id: str
) -> Response:
    """Take away the role in this project; one in the organisation stays."""
    _identity(request).members.remove(principal.actor(), place_of(principal), user_id)
    return Response(status_code=204)


@router.post("/v1/organisations/{organisation_id}/leave", status_code=204, summary="Leave an organisation")
def leave_organisation(request: Request, principal: OrganisationReader, organisation_id: str) -> Response:
    """Give one's own role up, with those in its projects. The last owner cannot."""
    _identity(request).members.leave(principal.actor(), Place(principal.organisation_id))
    return Response(status_code=204)


@router.post("/v1/projects/{project_id}/leave", status_code=204, summary="Leave a project")
def leave_project(request: Request, principal: ProjectReader, project_id: str) -> Response:
    """Give one's own role in this project up; one in the organisation stays."""
    _identity(request).members.leave(principal.actor(), place_of(principal))
    return Response(status_code=204)


@router.post("/v1/organisations/{organisation_id}/transfer-ownership", summary="Transfer ownership")
def transfer_ownership(
    request: Request,
    principal: Annotated[Principal, require_in_organisation("organisation:write")],
    organisation_id: str,
    wish: Annotated[OwnershipTransfer, body(user_id="usr_01k9zv3w8r4m2n5p7q8s9t0abc")],
) -> MemberShown:
    """Make another member the owner in one's own stead; oneself becomes admin."""
    members = _identity(request).members
    return member_shown(
        members.transfer_ownership(principal.actor(), principal.organisation_id, wish.user_id)
    )


def _page(request: Request, place: Place, limit: int, cursor: str | None) -> MemberPage:
    after = decode_cursor(cursor, tuple[str])[0] if cursor else ""
    found = _identity(request).members.of_place(place, limit + 1, after)
    shown = found[:limit]
    more = encode_cursor(shown[-1].membership.user_id) if len(found) > limit else None
    return MemberPage(items=[member_shown(each) for each in shown], next_cursor=more)


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity
