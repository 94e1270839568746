"""The door of `alerts`: rules, incidents, channels and digests, put together, with their routes.

alerts = open_alerts(database=…, open_query=lambda: QueryService(…), queue=…, budgets=…, vault=…, audit=…,
    outgoing=…, mailer=open_direct_mailer(url), settings=AlertSettings(), clock=SystemClock(), public_url="")
app.state.alerts = alerts
app.include_router(router)
alerts.jobs.start()
"""

from fastapi import APIRouter

from lynex_server.alerts import channel_routes, digest_routes, incident_routes, rule_routes
from lynex_server.alerts.assembly import Alerts, open_alerts
from lynex_server.alerts.settings import AlertSettings

router = APIRouter()
for _part in (rule_routes.router, incident_routes.router, channel_routes.router, digest_routes.router):
    router.include_router(_part)

__all__ = ["AlertSettings", "Alerts", "open_alerts", "router"]
