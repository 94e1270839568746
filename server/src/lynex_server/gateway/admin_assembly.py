"""Puts together what the gateway is configured with."""

from dataclasses import dataclass

from lynex_server.engines.relational.database import Database
from lynex_server.gateway.catalog import GatewayCatalog
from lynex_server.gateway.changes import Changes
from lynex_server.gateway.named_routes import NamedRoutes
from lynex_server.gateway.probe import Prober
from lynex_server.gateway.project_settings import SettingsService
from lynex_server.gateway.provider_keys import ProviderKeys
from lynex_server.gateway.providers import Providers
from lynex_server.identity.public import Identity
from lynex_server.kernel.clock import Clock
from lynex_server.safety.public import AuditLog, OutgoingClient, Vault


@dataclass(frozen=True, slots=True)
class GatewayAdmin:
    """Everything that the admin routes use, and the catalog that the calls read."""

    catalog: GatewayCatalog
    providers: Providers
    keys: ProviderKeys
    routes: NamedRoutes
    settings: SettingsService
    prober: Prober


def open_gateway_admin(
    *,
    database: Database,
    vault: Vault,
    audit: AuditLog,
    identity: Identity,
    outgoing: OutgoingClient,
    clock: Clock,
) -> GatewayAdmin:
    """The configuration on these engines."""
    catalog = GatewayCatalog(database, vault, clock)
    changes = Changes(database, vault, audit, catalog, clock)
    keys = ProviderKeys(changes)
    return GatewayAdmin(
        catalog=catalog,
        providers=Providers(changes, keys),
        keys=keys,
        routes=NamedRoutes(changes),
        settings=SettingsService(changes, identity),
        prober=Prober(outgoing, vault),
    )
