"""Puts the slice together over open engines."""

from collections.abc import Callable
from dataclasses import dataclass

from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.prices.jobs import PricesJobs
from lynex_server.prices.report_service import ReportService
from lynex_server.prices.repricer import Repricer
from lynex_server.prices.repricing_service import RepricingService
from lynex_server.prices.service import PricesService
from lynex_server.prices.settings import PricesSettings
from lynex_server.prices.source_check import SourceChecks
from lynex_server.prices.sync import BookSync
from lynex_server.pricing.public import PriceBook
from lynex_server.safety.public import AuditLog


@dataclass(frozen=True, slots=True)
class Prices:
    """Everything that routes use, and what a process runs for it. Nothing is started yet."""

    service: PricesService
    repricings: RepricingService
    reports: ReportService
    checks: SourceChecks
    sync: BookSync
    jobs: PricesJobs | None

    def start(self) -> None:
        """Bring own prices into the book, keep them up to date, and do background work where there is any.
        Raises `Busy`."""
        self.sync.start()
        if self.jobs is not None:
            self.jobs.start()

    def stop(self) -> None:
        """End the threads; a step in hand is finished."""
        if self.jobs is not None:
            self.jobs.stop()
        self.sync.stop()


def open_prices(
    *,
    database: Database,
    columnar: Columnar,
    book: PriceBook,
    audit: AuditLog,
    settings: PricesSettings,
    clock: Clock,
    works: bool,
    follow: Callable[[str], object],
) -> Prices:
    """The slice on these engines. With `works`, this process prices history again when asked; `follow` is
    told of each project whose history then has other prices."""
    sync = BookSync(database, book)
    checks = SourceChecks(database, book, clock, settings.price_check_hour)
    jobs = None
    if works:
        jobs = PricesJobs(Repricer(columnar, database, book, audit, clock, settings, follow), checks)
    return Prices(
        service=PricesService(database, columnar, book, sync, audit, clock),
        repricings=RepricingService(database, columnar, audit, clock),
        reports=ReportService(database, columnar, audit, clock),
        checks=checks,
        sync=sync,
        jobs=jobs,
    )
