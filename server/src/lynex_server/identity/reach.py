"""Who speaks for an organisation as a whole: a person with a role in it, never a project's key."""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from lynex_server.identity.model import Person, Principal
from lynex_server.identity.permissions import Permission
from lynex_server.identity.service import Identity
from lynex_server.kernel.errors import NotFound


async def may_in_organisation(request: Request, principal: Principal, permission: Permission) -> bool:
    """Whether the caller of a project's route holds `permission` in its whole organisation, too."""
    if not principal.user_id:
        return False
    identity: Identity = request.app.state.identity
    person = Person("", principal.user_id, principal.name, principal.name, principal.address)
    try:
        there = await run_in_threadpool(identity.roles.in_organisation, person, principal.organisation_id)
    except NotFound:
        return False
    return there.may(permission)
