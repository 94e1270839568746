"""A cache in a SQLite file: it outlives a restart, and the processes of one machine share it."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from lynex_server.engines.cache.protocol import UNKNOWN_EPOCH, CacheBounds, Member, News, Put
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy

BUSY_TIMEOUT_S = 1
"""How long a caller waits for another process that writes; then nothing is found or kept."""
EXPIRED_AT_ONCE = 100
"""Most entries that one put removes because their time is over; the next one removes the rest."""

# The sums are kept by the file itself, so that they are right for every process.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    place INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL, key TEXT NOT NULL,
    grouped TEXT NOT NULL, value BLOB NOT NULL, size INTEGER NOT NULL, expires_at_us INTEGER NOT NULL,
    UNIQUE (namespace, key)
);
CREATE INDEX IF NOT EXISTS ix_entries_grouped ON entries (namespace, grouped, place);
CREATE INDEX IF NOT EXISTS ix_entries_expiry ON entries (expires_at_us);
CREATE TABLE IF NOT EXISTS sums (one INTEGER PRIMARY KEY, entries INTEGER, bytes INTEGER, epoch INTEGER);
INSERT OR IGNORE INTO sums VALUES (1, 0, 0, 0);
CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entries BEGIN
    UPDATE sums SET entries = entries + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER IF NOT EXISTS entry_removed AFTER DELETE ON entries BEGIN
    UPDATE sums SET entries = entries - 1, bytes = bytes - old.size;
END;
"""
_GET = "SELECT value FROM entries WHERE namespace = ? AND key = ? AND expires_at_us > ?"
_SINCE = (
    "SELECT place, key, value FROM entries WHERE namespace = ? AND grouped = ? AND place > ?"
    " AND expires_at_us > ? ORDER BY place DESC LIMIT ?"
)
_END_EXPIRED = (
    "DELETE FROM entries WHERE place IN (SELECT place FROM entries WHERE expires_at_us <= ? LIMIT ?)"
)
_ADD = "INSERT INTO entries (namespace, key, grouped, value, size, expires_at_us) VALUES (?, ?, ?, ?, ?, ?)"
_DROP_OLDEST = "DELETE FROM entries WHERE place = (SELECT MIN(place) FROM entries)"

_log = structlog.get_logger(__name__)


class SqliteCache:
    """See `protocol.Cache` for the promises.

    Nothing is waited for to be on the disk: a file that a loss of power broke is begun anew.
    """

    def __init__(self, path: str, bounds: CacheBounds, clock: Clock) -> None:
        self._bounds = bounds
        self._clock = clock
        self._lock = threading.Lock()
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _opened(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # it is locked, or the disk is full: that is no reason to remove it
            _log.warning("cache.begun_anew", reason=str(error))
            for suffix in ("", "-wal", "-shm"):
                Path(path + suffix).unlink(missing_ok=True)
            self._connection = _opened(path)

    def get(self, namespace: str, key: str) -> bytes | None:
        """As promised by the protocol."""
        row = None
        with self._harmlessly("get"), self._lock:
            row = self._connection.execute(_GET, (namespace, key, self._clock.now_us())).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, namespace: str, puts: Sequence[Put]) -> None:
        """As promised by the protocol."""
        now_us = self._clock.now_us()
        with self._harmlessly("put"), self._transaction() as connection:
            connection.execute(_END_EXPIRED, (now_us, EXPIRED_AT_ONCE))
            for each in puts:
                connection.execute(
                    "DELETE FROM entries WHERE namespace = ? AND key = ?", (namespace, each.key)
                )
                size, expires_at_us = each.size_bytes(namespace), now_us + int(each.ttl_s * MICROS_PER_SECOND)
                if size <= self._bounds.max_bytes:
                    connection.execute(
                        _ADD, (namespace, each.key, each.group, each.value, size, expires_at_us)
                    )
            while self._is_over(connection):
                connection.execute(_DROP_OLDEST)

    def since(self, namespace: str, group: str, place: int, count: int) -> News:
        """As promised by the protocol."""
        epoch, members = UNKNOWN_EPOCH, list[Member]()
        with self._harmlessly("since"), self._lock:
            # First: of a drop in between, the members are gone, and its epoch is told the next time.
            (epoch,) = self._connection.execute("SELECT epoch FROM sums").fetchone()
            found = self._connection.execute(_SINCE, (namespace, group, place, self._clock.now_us(), count))
            members = [Member(place, key, bytes(value)) for place, key, value in found]
        return News(epoch, members[::-1])

    def drop(self, namespace: str) -> None:
        """As promised by the protocol. What was there is overwritten in the file."""
        with _broken_as_busy():
            with self._transaction() as connection:
                connection.execute("DELETE FROM entries WHERE namespace = ?", (namespace,))
                connection.execute("UPDATE sums SET epoch = epoch + 1")
            with self._lock:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def count(self, namespace: str) -> int:
        """As promised by the protocol."""
        with _broken_as_busy(), self._lock:
            found = self._connection.execute("SELECT COUNT(*) FROM entries WHERE namespace = ?", (namespace,))
            return int(found.fetchone()[0])

    def close(self) -> None:
        """As promised by the protocol."""
        with self._lock:
            self._connection.close()

    def _is_over(self, connection: sqlite3.Connection) -> bool:
        entries, size_bytes = connection.execute("SELECT entries, bytes FROM sums").fetchone()
        over: bool = entries > self._bounds.max_entries or size_bytes > self._bounds.max_bytes
        return over

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _harmlessly(self, call: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            _log.warning("cache.file_failed", call=call, reason=str(error))


def _opened(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_SCHEMA)
        return connection
    except sqlite3.Error:
        connection.close()
        raise


@contextmanager
def _broken_as_busy() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Busy("the file of the cache cannot be written") from error
