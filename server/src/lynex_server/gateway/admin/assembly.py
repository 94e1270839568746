"""Puts together what the gateway is configured with."""

from dataclasses import dataclass

from lynex_server.engines.relational.database import Database
from lynex_server.gateway.admin.changes import Changes
from lynex_server.gateway.admin.config_apply import ConfigApplier
from lynex_server.gateway.admin.config_document import ReadVariable
from lynex_server.gateway.admin.config_reload import ConfigReloader
from lynex_server.gateway.admin.config_settings import GatewayConfigSettings
from lynex_server.gateway.admin.named_routes import NamedRoutes
from lynex_server.gateway.admin.probe import Prober
from lynex_server.gateway.admin.project_settings import SettingsService
from lynex_server.gateway.admin.provider_keys import ProviderKeys
from lynex_server.gateway.admin.providers import Providers
from lynex_server.gateway.catalog import GatewayCatalog
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.identity.public import Identity
from lynex_server.kernel.clock import Clock
from lynex_server.safety.public import AuditLog, Vault


@dataclass(frozen=True, slots=True)
class GatewayAdmin:
    """Everything that the admin routes use, and the catalog that the calls read. `config` is not started
    yet."""

    catalog: GatewayCatalog
    providers: Providers
    keys: ProviderKeys
    routes: NamedRoutes
    settings: SettingsService
    prober: Prober
    config: ConfigReloader


def open_gateway_admin(
    *,
    database: Database,
    vault: Vault,
    audit: AuditLog,
    identity: Identity,
    settings: GatewaySettings,
    config_settings: GatewayConfigSettings,
    read_variable: ReadVariable,
    clock: Clock,
) -> GatewayAdmin:
    """The configuration on these engines. `read_variable` gives environment variables, in which the
    configuration file may say that keys are."""
    catalog = GatewayCatalog(database, vault, clock)
    changes = Changes(database, vault, audit, catalog, clock)
    keys = ProviderKeys(changes)
    providers = Providers(changes, keys)
    routes = NamedRoutes(changes)
    of_projects = SettingsService(changes, identity)
    applier = ConfigApplier(changes, identity, providers, keys, routes, of_projects)
    return GatewayAdmin(
        catalog=catalog,
        providers=providers,
        keys=keys,
        routes=routes,
        settings=of_projects,
        prober=Prober(settings, vault),
        config=ConfigReloader(config_settings.gateway_config, applier, read_variable),
    )
