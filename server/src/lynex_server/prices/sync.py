"""Keeps a process's price book up to date with the own prices in the database.

A thread compares one number twice a second and reads the overrides again when it grew, so a change counts on
every process within `POLL_S` and what a read takes: under a second.
"""

import threading

import structlog

from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import organisations_of
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import ProjectId
from lynex_server.prices import storage
from lynex_server.pricing.public import OverrideSet, PriceBook

log = structlog.get_logger()

POLL_S = 0.5


class BookSync:
    """Brings own prices into a `PriceBook`. `refresh` may be called from any thread."""

    def __init__(self, database: Database, book: PriceBook) -> None:
        self._database = database
        self._book = book
        self._stopping = threading.Event()
        self._refreshing = threading.Lock()
        self._version = -1
        self._thread = threading.Thread(target=self._watch, name="lynex-price-book", daemon=True)

    def start(self) -> None:
        """Read the own prices now, and again whenever they change. Raises `Busy`."""
        self.refresh()
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(POLL_S * 4)

    def refresh(self) -> None:
        """Read the own prices again if they changed. Raises `Busy`."""
        with self._refreshing, self._database.read() as connection:
            version = storage.book_version(connection)
            if version == self._version:
                return
            overrides = storage.overrides_in_force(connection)
            self._book.use_overrides(OverrideSet(version, overrides, self._organisation_of))
            self._version = version

    def _organisation_of(self, project_id: str) -> str | None:
        try:
            with self._database.read() as connection:
                return organisations_of(connection, [project_id]).get(ProjectId(project_id), "")
        except Busy:
            # Asked while a span is priced, which must not fail; the next span of the project asks again.
            log.warning("prices.organisation_unknown", project_id=project_id)
            return None

    def _watch(self) -> None:
        while not self._stopping.wait(POLL_S):
            try:
                self.refresh()
            except Busy as error:
                log.warning("prices.database_unreachable", reason=str(error))
