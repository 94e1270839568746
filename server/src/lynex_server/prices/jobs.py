"""The background work of prices: repricings as they are asked for, and a nightly look at the sources."""

import random
import threading

import structlog

from lynex_server.kernel.errors import Busy
from lynex_server.prices.repricer import Repricer
from lynex_server.prices.source_check import SourceChecks

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
STOP_TIMEOUT_S = 20.0


class PricesJobs:
    """One thread of a process that works. Several processes share the work by leases in the database."""

    def __init__(self, repricer: Repricer, checks: SourceChecks) -> None:
        self._repricer = repricer
        self._checks = checks
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lynex-prices", daemon=True)
        repricer.rest_with(self._stopping.wait)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step in hand. What is not finished goes on after the next start, or elsewhere."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def _work(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S * random.uniform(0.5, 1.0)):  # noqa: S311  # spreads load
            try:
                while not self._stopping.is_set() and self._repricer.work_off_one() is not None:
                    pass
                self._checks.make_if_due()
            except Busy as error:
                log.warning("prices.engine_unreachable", reason=str(error))
            except Exception:
                log.exception("prices.job_failed")
