"""The door of `gateway`.

admin = open_gateway_admin(database=…, vault=…, audit=…, identity=…,
    settings=GatewaySettings(), config_settings=GatewayConfigSettings(), read_variable=os.environ.get,
    clock=SystemClock())
admin.config.start()
app.state.gateway_admin = admin
app.include_router(admin_router)
admin.catalog.of(project_id).routes["fast"]

service = GatewayService(catalog=admin.catalog, budgets=…, limiter=…, ingest=…, prices=…,
    settings=GatewaySettings(), clock=SystemClock())
GatewayLayer(inner, app, service)      # calls go to the gateway, everything else to `inner`
"""

from fastapi import APIRouter

from lynex_server.gateway.admin import provider_routes, routes, summary_routes
from lynex_server.gateway.admin.assembly import GatewayAdmin, open_gateway_admin
from lynex_server.gateway.admin.config_document import WantedConfig, WantedProvider, read_config
from lynex_server.gateway.admin.config_settings import GatewayConfigSettings
from lynex_server.gateway.asgi import GatewayLayer
from lynex_server.gateway.cache.answers import AnswerCache
from lynex_server.gateway.cache.settings import AnswerCacheSettings
from lynex_server.gateway.errors import Refused, error_response, refusal_of
from lynex_server.gateway.guardrails.guard import Guards
from lynex_server.gateway.guardrails.webhook import WebhookGuards
from lynex_server.gateway.service import GatewayService
from lynex_server.gateway.settings import GatewaySettings

admin_router = APIRouter()
for _part in (provider_routes.router, routes.router, summary_routes.router):
    admin_router.include_router(_part)

__all__ = [
    "AnswerCache",
    "AnswerCacheSettings",
    "GatewayAdmin",
    "GatewayConfigSettings",
    "GatewayLayer",
    "GatewayService",
    "GatewaySettings",
    "Guards",
    "Refused",
    "WantedConfig",
    "WantedProvider",
    "WebhookGuards",
    "admin_router",
    "error_response",
    "open_gateway_admin",
    "read_config",
    "refusal_of",
]
