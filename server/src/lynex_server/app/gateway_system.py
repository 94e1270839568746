"""The gateway alone: what a process needs to answer calls, and nothing else.

It opens no columnar engine, no store of blobs, and works on nothing: spans wait in the durable log for a
process that does. So it may run beside `lynex up` on the same data folder, as often as wanted, and goes on
while the others are away.
"""

from dataclasses import dataclass

from lynex_server.app.master_key import open_master_keys
from lynex_server.app.settings import AppSettings, environment_variable
from lynex_server.app.system import open_price_book
from lynex_server.budgets.public import Budgets, BudgetSettings, open_budgets
from lynex_server.engines.cache.opening import open_cache
from lynex_server.engines.cache.protocol import Cache
from lynex_server.engines.columnar.absent import NoColumnar
from lynex_server.engines.counters.opening import open_counters
from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.limits.opening import open_limiter
from lynex_server.engines.limits.protocol import Limiter
from lynex_server.engines.live.opening import open_live
from lynex_server.engines.live.protocol import Live
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Queue
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.gateway.public import (
    AnswerCache,
    AnswerCacheSettings,
    GatewayAdmin,
    GatewayConfigSettings,
    GatewayService,
    GatewaySettings,
    Guards,
    WebhookGuards,
    open_gateway_admin,
)
from lynex_server.identity.public import Attempts, Identity, Sessions, SignInSettings, TenancySettings
from lynex_server.ingest.public import IngestService, IngestSettings, Redaction, default_settings
from lynex_server.kernel.clock import Clock, SystemClock
from lynex_server.limits.public import LimitSettings, RequestLimits
from lynex_server.prices.public import BookSync
from lynex_server.safety.public import AuditLog, OutgoingClient, SafetySettings, Vault


@dataclass(frozen=True, slots=True)
class GatewayEngines:
    """The open engines of a process that only answers calls."""

    queue: Queue
    database: Database
    live: Live
    limiter: Limiter
    counters: Counters
    cache: Cache

    def close(self) -> None:
        """Close them all, the queue first: it may still be writing."""
        self.queue.close()
        self.live.close()
        self.limiter.close()
        self.counters.close()
        self.cache.close()
        self.database.close()


@dataclass(frozen=True, slots=True)
class GatewaySystem:
    """One process's gateway. Nothing is started yet."""

    settings: AppSettings
    engines: GatewayEngines
    identity: Identity
    sessions: Sessions
    attempts: Attempts
    limits: RequestLimits
    ingest: IngestService
    budgets: Budgets
    prices: BookSync
    admin: GatewayAdmin
    gateway: GatewayService

    def start(self) -> None:
        """Bring in own prices and the configuration file, and keep the counters as the books say. Raises
        `Busy`."""
        self.prices.start()
        self.admin.config.start()
        self.budgets.reconciler.start()
        self.identity.key_use.start()

    def close(self) -> None:
        """End the threads, then close the engines."""
        self.admin.config.stop()
        self.prices.stop()
        self.budgets.reconciler.stop()
        self.identity.key_use.stop()
        self.engines.close()


def open_gateway_system(settings: AppSettings) -> GatewaySystem:
    """Everything that a process needs to answer calls."""
    clock = SystemClock()
    engines = _open_engines(settings, clock)
    database = engines.database
    migrate(database)
    ingest_settings = IngestSettings()
    vault = Vault(database, open_master_keys(settings), clock)
    outgoing = OutgoingClient(SafetySettings())
    audit = AuditLog(database, clock, vault)
    identity = Identity(database, vault, clock, TenancySettings().project_deletion_grace_days)
    prices = open_price_book()
    budgets = open_budgets(
        database=database, columnar=NoColumnar(), queue=engines.queue, live=engines.live,
        counters=engines.counters, prices=prices, vault=vault, audit=audit, settings=BudgetSettings(),
        clock=clock, counts=False,
    )  # fmt: skip
    ingest = IngestService(
        engines.queue,
        ingest_settings,
        clock,
        Redaction(database, default_settings(ingest_settings), clock, audit),
    )
    admin = open_gateway_admin(
        database=database, vault=vault, audit=audit, identity=identity, settings=GatewaySettings(),
        config_settings=GatewayConfigSettings(), read_variable=environment_variable, clock=clock,
    )  # fmt: skip
    gateway = GatewayService(
        catalog=admin.catalog, budgets=budgets, limiter=engines.limiter, ingest=ingest, prices=prices,
        guards=Guards(WebhookGuards(outgoing, clock)),
        cache=AnswerCache(engines.cache, AnswerCacheSettings()), settings=GatewaySettings(), clock=clock,
    )  # fmt: skip
    plans = LimitSettings().ceilings(ingest_settings.max_body_bytes)
    return GatewaySystem(
        settings=settings,
        engines=engines,
        identity=identity,
        sessions=Sessions(database, clock, SignInSettings()),
        attempts=Attempts(engines.limiter, SignInSettings()),
        limits=RequestLimits(engines.limiter, database, plans, audit, clock),
        ingest=ingest,
        budgets=budgets,
        prices=BookSync(database, prices),
        admin=admin,
        gateway=gateway,
    )


def _open_engines(settings: AppSettings, clock: Clock) -> GatewayEngines:
    urls = settings.engine_urls()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return GatewayEngines(
        queue=open_queue(urls.queue, settings.queue_bounds(), clock),
        database=open_database(urls.relational),
        live=open_live(urls.live),
        limiter=open_limiter(urls.limits, settings.limits_when_unreachable),
        counters=open_counters(urls.counters),
        cache=open_cache(urls.cache, settings.cache_bounds(), clock),
    )
