"""`GET /v1/me`: what a client can learn about its own key."""

from typing import Annotated

from fastapi import APIRouter, Request

from lynex_server.identity.access import require
from lynex_server.identity.model import Principal
from lynex_server.identity.schemas import Me
from lynex_server.identity.service import Identity

router = APIRouter(tags=["identity"])


@router.get("/v1/me", summary="Who am I")
def read_me(request: Request, principal: Annotated[Principal, require("project:read")]) -> Me:
    """The project and key behind this request: the quickest way to check a credential."""
    identity: Identity = request.app.state.identity
    project, key = identity.describe(principal)
    return Me(
        project_id=project.id,
        project_name=project.name,
        api_key_id=key.id,
        api_key_name=key.name,
        scopes=list(key.scopes),
    )
