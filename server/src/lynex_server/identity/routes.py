"""Every route of this slice."""

from fastapi import APIRouter

from lynex_server.identity import (
    account_routes,
    audit_routes,
    invitation_routes,
    key_routes,
    me_routes,
    member_routes,
    organisation_routes,
    project_routes,
    sign_in_routes,
    sso_routes,
)

router = APIRouter()
for part in (
    me_routes,
    organisation_routes,
    project_routes,
    member_routes,
    invitation_routes,
    key_routes,
    audit_routes,
    sign_in_routes,
    account_routes,
    sso_routes,
):
    router.include_router(part.router)
