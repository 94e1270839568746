"""What readiness asks of the parts of a process. A check raises when its part cannot do its work."""

from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from lynex_server.app.gateway_system import GatewaySystem
from lynex_server.app.system import System
from lynex_server.engines.relational.database import Database
from lynex_server.gateway.public import GatewayService
from lynex_server.kernel.errors import Busy
from lynex_server.processing.public import Workers

Checks = dict[str, Callable[[], object]]
"""By the name that `/readyz` gives each."""


def checks_of(system: System) -> Checks:
    """Those of a process that does everything."""
    return {
        "columnar": partial(system.engines.columnar.query, "SELECT 1"),
        **gateway_checks_of(system),
        "workers": partial(_check_workers, system.workers),
    }


def gateway_checks_of(system: System | GatewaySystem) -> Checks:
    """Those of a process that answers calls."""
    engines = system.engines
    return {
        "relational": partial(_check_database, engines.database),
        "queue": engines.queue.state,
        "counters": partial(engines.counters.find, "ready"),
        "gateway": partial(_check_takes_calls, system.gateway),
    }


def _check_database(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sa.text("SELECT 1"))


def _check_takes_calls(gateway: GatewayService) -> None:
    if gateway.is_stopping:
        raise Busy("this process stops")


def _check_workers(workers: Workers | None) -> None:
    if workers is not None and not workers.alive:
        raise RuntimeError("a worker thread has ended")
