"""Organisations over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from lynex_server.identity.access import require_in_organisation, require_person
from lynex_server.identity.example import body
from lynex_server.identity.model import Organisation, Person, Principal
from lynex_server.identity.schemas import NewOrganisation, OrganisationList, OrganisationShown, Rename
from lynex_server.identity.service import Identity
from lynex_server.identity.shapes import organisation_shown

router = APIRouter(tags=["organisations"])

Someone = Annotated[Person, require_person()]
Reader = Annotated[Principal, require_in_organisation("organisation:read")]
Owner = Annotated[Principal, require_in_organisation("organisation:write")]


@router.get("/v1/organisations", summary="List my organisations")
def list_organisations(request: Request, person: Someone) -> OrganisationList:
    """Those in which the signed-in person has a role, be it in one project alone."""
    identity = _identity(request)
    memberships = identity.members.of_person(person.user_id)
    found = identity.organisations.of_person(person.user_id)
    return OrganisationList(items=[organisation_shown(each, memberships) for each in found])


@router.post("/v1/organisations", status_code=201, summary="Found an organisation")
def create_organisation(
    request: Request, person: Someone, wish: Annotated[NewOrganisation, body(name="Acme")]
) -> OrganisationShown:
    """The signed-in person becomes its owner."""
    return _shown(request, person.user_id, _identity(request).organisations.create(person, wish.name))


@router.get("/v1/organisations/{organisation_id}", summary="Show an organisation")
def show_organisation(request: Request, principal: Reader, organisation_id: str) -> OrganisationShown:
    """One organisation and the caller's role in it."""
    return _shown(request, principal.user_id, _identity(request).organisations.get(organisation_id))


@router.patch("/v1/organisations/{organisation_id}", summary="Rename an organisation")
def rename_organisation(
    request: Request, principal: Owner, organisation_id: str, wish: Annotated[Rename, body(name="Acme Inc.")]
) -> OrganisationShown:
    """Give it another name; its id stays."""
    renamed = _identity(request).organisations.rename(principal.actor(), organisation_id, wish.name)
    return _shown(request, principal.user_id, renamed)


@router.delete("/v1/organisations/{organisation_id}", status_code=204, summary="Delete an organisation")
def delete_organisation(request: Request, principal: Owner, organisation_id: str) -> Response:
    """Only one without projects; its members and invitations go with it. The audit log stays."""
    _identity(request).organisations.delete(principal.actor(), organisation_id)
    return Response(status_code=204)


def _shown(request: Request, user_id: str, organisation: Organisation) -> OrganisationShown:
    return organisation_shown(organisation, _identity(request).members.of_person(user_id))


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity
