"""Invitations over HTTP, and the mail that carries them."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from lynex_server.engines.mail.protocol import Mail, Mailer
from lynex_server.identity.access import require, require_in_organisation, require_person
from lynex_server.identity.example import body
from lynex_server.identity.invitations import INVITATION_DAYS
from lynex_server.identity.model import NewInvitation, Person, Principal
from lynex_server.identity.page_url import page_url
from lynex_server.identity.place import Place, place_of
from lynex_server.identity.schemas import (
    Accepted,
    InvitationList,
    InvitationToken,
    NewInvitationShown,
    NewInvitationWish,
)
from lynex_server.identity.service import Identity
from lynex_server.identity.shapes import invitation_shown

router = APIRouter(tags=["members"])

OrganisationReader = Annotated[Principal, require_in_organisation("members:read")]
OrganisationWriter = Annotated[Principal, require_in_organisation("members:write")]
ProjectReader = Annotated[Principal, require("members:read")]
ProjectWriter = Annotated[Principal, require("members:write")]
Wish = Annotated[NewInvitationWish, body(email="grace@example.org", role="member")]


@router.get("/v1/organisations/{organisation_id}/invitations", summary="List invitations to an organisation")
def list_organisation_invitations(
    request: Request, principal: OrganisationReader, organisation_id: str
) -> InvitationList:
    """Those that are open, without their links."""
    return _open_to(request, Place(principal.organisation_id))


@router.get("/v1/projects/{project_id}/invitations", summary="List invitations to a project")
def list_project_invitations(request: Request, principal: ProjectReader, project_id: str) -> InvitationList:
    """Those that are open, without their links."""
    return _open_to(request, place_of(principal))


@router.post(
    "/v1/organisations/{organisation_id}/invitations",
    status_code=201,
    summary="Invite to an organisation",
)
def invite_to_organisation(
    request: Request, principal: OrganisationWriter, organisation_id: str, wish: Wish
) -> NewInvitationShown:
    """By a link for 7 days, sent by mail where that is configured and shown here once where it is not."""
    return _invite(request, principal, Place(principal.organisation_id), wish)


@router.post("/v1/projects/{project_id}/invitations", status_code=201, summary="Invite to a project")
def invite_to_project(
    request: Request, principal: ProjectWriter, project_id: str, wish: Wish
) -> NewInvitationShown:
    """By a link for 7 days, sent by mail where that is configured and shown here once where it is not."""
    return _invite(request, principal, place_of(principal), wish)


@router.delete(
    "/v1/organisations/{organisation_id}/invitations/{invitation_id}",
    status_code=204,
    summary="Take back an invitation to an organisation",
)
def revoke_organisation_invitation(
    request: Request, principal: OrganisationWriter, organisation_id: str, invitation_id: str
) -> Response:
    """Its link stops working at once."""
    place = Place(principal.organisation_id)
    _identity(request).invitations.revoke(principal.actor(), place, invitation_id)
    return Response(status_code=204)


@router.delete(
    "/v1/projects/{project_id}/invitations/{invitation_id}",
    status_code=204,
    summary="Take back an invitation to a project",
)
def revoke_project_invitation(
    request: Request, principal: ProjectWriter, project_id: str, invitation_id: str
) -> Response:
    """Its link stops working at once."""
    _identity(request).invitations.revoke(principal.actor(), place_of(principal), invitation_id)
    return Response(status_code=204)


@router.post("/v1/invitations/accept", summary="Accept an invitation")
def accept_invitation(
    request: Request,
    person: Annotated[Person, require_person()],
    given: Annotated[InvitationToken, body(token="lxi_…")],  # noqa: S106  # an example, and no token
) -> Accepted:
    """Once, by a signed-in person whose address was invited."""
    invitation = _identity(request).invitations.accept(person, given.token)
    return Accepted(
        organisation_id=invitation.organisation_id,
        project_id=invitation.project_id or None,
        role=invitation.role,
    )


def _open_to(request: Request, place: Place) -> InvitationList:
    found = _identity(request).invitations.open_to(place)
    return InvitationList(items=[invitation_shown(each) for each in found])


def _invite(
    request: Request, principal: Principal, place: Place, wish: NewInvitationWish
) -> NewInvitationShown:
    made = _identity(request).invitations.create(principal.actor(), place, wish.email, wish.role)
    link = f"{page_url(request)}/invitation#token={made.token}"
    mailer: Mailer = request.app.state.mailer
    if mailer.delivers:
        mailer.send(invitation_mail(made, principal.name, link))
    shown = invitation_shown(made.invitation).model_dump()
    return NewInvitationShown(**shown, link=None if mailer.delivers else link)


def invitation_mail(made: NewInvitation, inviter: str, link: str) -> Mail:
    """What an invited person reads."""
    return Mail(
        made.invitation.email,
        f"Invitation to {made.organisation_name} on Lynex",
        f"{inviter} invites you to {made.organisation_name} on Lynex, as {made.invitation.role}.\n\n"
        f"Accept within {INVITATION_DAYS} days, once, signed in as {made.invitation.email}:\n\n{link}\n\n"
        "If you do not know what this is about, ignore it.\n",
    )


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity
