"""Who may see and change what is about a whole organisation: a person with a role in it, never a project's
key."""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from lynex_server.budgets.assembly import Budgets
from lynex_server.budgets.schemas import ScopeInput
from lynex_server.identity.public import Identity, Permission, Person, Principal
from lynex_server.kernel.errors import Forbidden, NotFound

NAME = r"^[A-Za-z0-9_-]{1,64}$"
"""What every id and token of this slice looks like."""


def budgets_of(request: Request) -> Budgets:
    """What the app put into its state."""
    budgets: Budgets = request.app.state.budgets
    return budgets


async def sees_all(request: Request, principal: Principal, permission: Permission) -> bool:
    """Whether the principal holds `permission` in the organisation as a whole."""
    if not principal.user_id:
        return False
    identity: Identity = request.app.state.identity
    person = Person("", principal.user_id, principal.name, principal.name, principal.address)
    try:
        there = await run_in_threadpool(identity.roles.in_organisation, person, principal.organisation_id)
    except NotFound:
        return False
    return there.may(permission)


def check_reach(scope: ScopeInput, may_reach_all: bool) -> None:
    """Raises `Forbidden` for a scope of every project by someone who may only speak for one."""
    if scope.project == "all" and not may_reach_all:
        raise Forbidden("scope.project: what is about every project takes a role in the organisation.")
