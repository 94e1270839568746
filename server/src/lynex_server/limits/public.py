"""The door of `limits`: how much a project and its keys may send.

limits = RequestLimits(limiter, database, LimitSettings().ceilings(10_000_000), audit, SystemClock())
app.add_middleware(Metered, max_body_bytes=limits.max_body_bytes)
await limits.admit(request.scope, principal)    # raises RateLimited
"""

from lynex_server.limits.metering import Metered, body_bound
from lynex_server.limits.model import Ceilings, Lowered
from lynex_server.limits.service import RequestLimits
from lynex_server.limits.settings import LimitSettings
from lynex_server.limits.storage import pass_on

__all__ = [
    "Ceilings",
    "LimitSettings",
    "Lowered",
    "Metered",
    "RequestLimits",
    "body_bound",
    "pass_on",
]
