"""What the routes stand on: the slice in the app's state, and who speaks for a whole organisation."""

from fastapi import Request

from lynex_server.alerts.assembly import Alerts
from lynex_server.identity.public import Principal, may_in_organisation
from lynex_server.kernel.errors import Forbidden


def alerts_of(request: Request) -> Alerts:
    """What the app put into its state."""
    alerts: Alerts = request.app.state.alerts
    return alerts


async def check_reach(request: Request, principal: Principal, asks: bool, field: str) -> None:
    """Raises `Forbidden` when what is asked is about every project of the organisation, and the caller has no
    role in it as a whole: a key never has."""
    if asks and not await may_in_organisation(request, principal, "alerts:write"):
        raise Forbidden(f"{field}: what is about every project takes a role in the organisation.")
