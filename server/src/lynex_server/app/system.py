"""Opens the engines, brings their schemas up to date, and puts the slices together."""

import os
import secrets
import socket
from dataclasses import dataclass

from lynex_server.alerts.public import Alerts, AlertSettings, open_alerts
from lynex_server.app.master_key import open_master_keys
from lynex_server.app.settings import AppSettings, environment_variable
from lynex_server.budgets.public import Budgets, BudgetSettings, open_budgets
from lynex_server.engines.blob.opening import open_blob
from lynex_server.engines.blob.protocol import Blob
from lynex_server.engines.cache.opening import open_cache
from lynex_server.engines.cache.protocol import Cache
from lynex_server.engines.columnar.clickhouse import open_columnar
from lynex_server.engines.columnar.migrations import migrate as migrate_columnar
from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.counters.opening import open_counters
from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.limits.opening import open_limiter
from lynex_server.engines.limits.protocol import Limiter
from lynex_server.engines.live.opening import open_live
from lynex_server.engines.live.protocol import Live
from lynex_server.engines.mail.opening import open_direct_mailer, open_mailer
from lynex_server.engines.mail.protocol import Mailer
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Queue
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.engines.relational.migrate import migrate as migrate_relational
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
from lynex_server.identity.public import Identity, Passwords, SignIn, SignInSettings, TenancySettings
from lynex_server.ingest.public import IngestService, IngestSettings, Redaction, default_settings
from lynex_server.kernel.clock import Clock, SystemClock
from lynex_server.limits.public import LimitSettings, RequestLimits
from lynex_server.prices.public import Prices, PricesSettings, open_prices
from lynex_server.pricing.public import PriceBook, PricingSettings, read_community_file
from lynex_server.privacy.public import (
    CacheHolder,
    ColumnarHolder,
    DeadLetterHolder,
    Eraser,
    ErasureJobs,
    Privacy,
    PrivacySettings,
    RelationalHolder,
    Shield,
    Stores,
)
from lynex_server.processing.public import (
    BatchProcessor,
    DeadLetters,
    ProcessingService,
    ProcessingSettings,
    WorkerNames,
    Workers,
    addresses_listed,
)
from lynex_server.query.public import QueryService, QuerySettings
from lynex_server.safety.public import AuditLog, OutgoingClient, SafetySettings, Vault
from lynex_server.spans.public import spans_migrations


@dataclass(frozen=True, slots=True)
class Engines:
    """The open engines of one process."""

    columnar: Columnar
    queue: Queue
    database: Database
    blob: Blob
    live: Live
    limiter: Limiter
    mailer: Mailer
    counters: Counters
    cache: Cache

    def close(self) -> None:
        """Close them all, the queue first: it may still be writing."""
        self.queue.close()
        self.mailer.close()
        self.live.close()
        self.limiter.close()
        self.counters.close()
        self.cache.close()
        self.columnar.close()
        self.database.close()
        self.blob.close()


@dataclass(frozen=True, slots=True)
class System:
    """One process's Lynex: its engines, services and, where it works, its workers."""

    settings: AppSettings
    engines: Engines
    identity: Identity
    sign_in: SignIn
    limits: RequestLimits
    ingest: IngestService
    processing: ProcessingService
    query: QueryService
    privacy: Privacy
    budgets: Budgets
    prices: Prices
    alerts: Alerts
    gateway_admin: GatewayAdmin
    gateway: GatewayService
    workers: Workers | None
    erasure_jobs: ErasureJobs | None

    def close(self) -> None:
        """Stop the workers, then close the engines."""
        self.gateway_admin.config.stop()
        self.alerts.jobs.stop()
        if self.erasure_jobs is not None:
            self.erasure_jobs.stop()
        if self.workers is not None:
            self.workers.stop()
        self.prices.stop()
        self.budgets.reconciler.stop()
        self.identity.key_use.stop()
        self.engines.close()


def open_system(settings: AppSettings, works: bool) -> System:
    """Everything a process needs. With `works`, it has workers of its own, not yet started."""
    clock = SystemClock()
    engines = _open_engines(settings, clock)
    migrate_relational(engines.database)
    migrate_columnar(engines.columnar, spans_migrations())
    ingest_settings = IngestSettings()
    vault = Vault(engines.database, open_master_keys(settings), clock)
    outgoing = OutgoingClient(SafetySettings())
    audit = AuditLog(engines.database, clock, vault)
    redaction = Redaction(engines.database, default_settings(ingest_settings), clock, audit)
    plans = LimitSettings().ceilings(ingest_settings.max_body_bytes)
    identity = Identity(engines.database, vault, clock, TenancySettings().project_deletion_grace_days)
    sign_in = SignIn(
        engines.database, clock, identity, vault, engines.limiter, engines.mailer,
        outgoing, SignInSettings(), Passwords(),
    )  # fmt: skip
    dead_letters = DeadLetters(engines.database, engines.blob)
    prices = open_price_book()
    budgets = open_budgets(
        database=engines.database, columnar=engines.columnar, queue=engines.queue, live=engines.live,
        counters=engines.counters, prices=prices, vault=vault, audit=audit, settings=BudgetSettings(),
        clock=clock,
    )  # fmt: skip
    price_services = open_prices(
        database=engines.database, columnar=engines.columnar, book=prices, audit=audit,
        settings=PricesSettings(), clock=clock, works=works,
        follow=lambda project_id: budgets.service.recount_projects([project_id]),
    )  # fmt: skip
    names = _worker_names(settings)
    alerts = open_alerts(
        database=engines.database, queue=engines.queue, budgets=budgets, vault=vault, audit=audit,
        open_query=lambda: QueryService(engines.columnar, engines.live, QuerySettings(), clock),
        outgoing=outgoing, mailer=open_direct_mailer(settings.mail_url), settings=AlertSettings(),
        clock=clock, public_url=settings.public_url, process_name=names.process,
    )  # fmt: skip
    gateway_admin = open_gateway_admin(
        database=engines.database, vault=vault, audit=audit, identity=identity,
        settings=GatewaySettings(), config_settings=GatewayConfigSettings(),
        read_variable=environment_variable, clock=clock,
    )  # fmt: skip
    workers = None
    if works:
        workers = _workers(engines, dead_letters, prices, budgets, clock, names)
    ingest = IngestService(engines.queue, ingest_settings, clock, redaction)
    gateway = GatewayService(
        catalog=gateway_admin.catalog, budgets=budgets, limiter=engines.limiter, ingest=ingest, prices=prices,
        guards=Guards(WebhookGuards(outgoing, clock)),
        cache=AnswerCache(engines.cache, AnswerCacheSettings()), settings=GatewaySettings(), clock=clock,
    )  # fmt: skip
    # Every store that may hold people's data. One that is left out here is neither exported nor erased.
    holders = (
        ColumnarHolder(engines.columnar),
        RelationalHolder(engines.database),
        DeadLetterHolder(dead_letters, engines.blob),
        CacheHolder(engines.cache),
    )
    eraser = Eraser(engines.database, Stores(engines.queue, holders), identity, audit, clock)
    return System(
        settings=settings,
        engines=engines,
        identity=identity,
        sign_in=sign_in,
        limits=RequestLimits(engines.limiter, engines.database, plans, audit, clock),
        ingest=ingest,
        processing=ProcessingService(engines.queue, dead_letters, workers, clock),
        query=QueryService(engines.columnar, engines.live, QuerySettings(), clock),
        privacy=Privacy(engines.database, holders, audit, PrivacySettings(), clock),
        budgets=budgets,
        prices=price_services,
        alerts=alerts,
        gateway_admin=gateway_admin,
        gateway=gateway,
        workers=workers,
        erasure_jobs=ErasureJobs(eraser) if works else None,
    )


def _open_engines(settings: AppSettings, clock: Clock) -> Engines:
    urls = settings.engine_urls()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Engines(
        columnar=open_columnar(urls.columnar),
        queue=open_queue(urls.queue, settings.queue_bounds(), clock),
        database=open_database(urls.relational),
        blob=open_blob(urls.blob),
        live=open_live(urls.live),
        limiter=open_limiter(urls.limits, settings.limits_when_unreachable),
        mailer=_open_mailer(settings),
        counters=open_counters(urls.counters),
        cache=open_cache(urls.cache, settings.cache_bounds(), clock),
    )


def _open_mailer(settings: AppSettings) -> Mailer:
    mailer = open_mailer(settings.mail_url)
    if mailer.delivers and not settings.public_url:
        # Otherwise a link would lead where the request that asked for it claims to be.
        raise ValueError("LYNEX_MAIL_URL sends links to people: say where they lead, with LYNEX_PUBLIC_URL.")
    return mailer


def open_price_book() -> PriceBook:
    """The prices that came with Lynex, or those of a file; own ones are brought in by `prices`."""
    file = PricingSettings().community_prices_file
    return PriceBook(community=None if file is None else read_community_file(file))


def _worker_names(settings: AppSettings) -> WorkerNames:
    if settings.engine_urls().queue.startswith("sqlite"):
        return WorkerNames("local")  # one process owns the file, so after a restart it is this one again
    return WorkerNames(f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}")


def _workers(
    engines: Engines,
    dead_letters: DeadLetters,
    prices: PriceBook,
    budgets: Budgets,
    clock: Clock,
    names: WorkerNames,
) -> Workers:
    settings = ProcessingSettings()
    processor = BatchProcessor(
        engines.columnar,
        engines.database,
        engines.live,
        dead_letters,
        prices,
        clock,
        bookkeepers=[budgets.bookkeeper],
        shield=Shield(engines.database, clock),
        gateway_addresses=addresses_listed(settings.gateway_addresses),
    )
    return Workers(engines.queue, processor, settings, names)
