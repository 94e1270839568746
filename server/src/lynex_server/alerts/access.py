"""What the routes stand on: the slice in the app's state, and who speaks for a whole organisation."""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from lynex_server.alerts.assembly import Alerts
from lynex_server.identity.public import Identity, Person, Principal
from lynex_server.kernel.errors import Forbidden, NotFound


def alerts_of(request: Request) -> Alerts:
    """What the app put into its state."""
    alerts: Alerts = request.app.state.alerts
    return alerts


async def check_reach(request: Request, principal: Principal, asks: bool, field: str) -> None:
    """Raises `Forbidden` when what is asked is about every project of the organisation, and the caller has no
    role in it as a whole: a key never has."""
    if asks and not await _speaks_for_all(request, principal):
        raise Forbidden(f"{field}: what is about every project takes a role in the organisation.")


async def _speaks_for_all(request: Request, principal: Principal) -> bool:
    if not principal.user_id:
        return False
    identity: Identity = request.app.state.identity
    person = Person("", principal.user_id, principal.name, principal.name, principal.address)
    try:
        there = await run_in_threadpool(identity.roles.in_organisation, person, principal.organisation_id)
    except NotFound:
        return False
    return there.may("alerts:write")
