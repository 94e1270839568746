"""The embedded queue: one SQLite file in WAL mode, written by one thread with group commit.

`README.md` beside this file explains the states of an entry and what a crash leaves at each point.
"""

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

from lynex_server.engines.queue import sqlite_rows
from lynex_server.engines.queue.group_commit import GroupCommit
from lynex_server.engines.queue.grouping import GroupBounds
from lynex_server.engines.queue.protocol import Appended, Claim, Entry, QueueBounds, QueueState
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy

# How soon entries appended by another process, and claims left by a dead consumer, are noticed.
POLL_S = 0.1
LOCKED_FILE_WAIT_S = 5.0


class SqliteQueue:
    """See `protocol.Queue` for the promises. Several processes may open the same file."""

    def __init__(self, path: Path, bounds: QueueBounds, clock: Clock) -> None:
        """Open or create the file at `path`. Raises `ValueError` when it is another version's."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._bounds = bounds
        self._clock = clock
        self._appended = threading.Condition()
        self._commits = 0
        writer = _connect(path)
        sqlite_rows.create_tables(writer)
        self._reader = _connect(path)
        self._reader_lock = threading.Lock()
        self._writer = GroupCommit(writer, self._wake_consumers, self._tidy, GroupBounds())

    async def append(self, entry: Entry) -> Appended:
        """As promised by the protocol."""
        now_us = self._clock.now_us()
        stored = self._writer.submit(
            lambda connection: sqlite_rows.append(connection, entry, self._bounds, now_us), len(entry.body)
        )
        return await asyncio.wrap_future(stored)

    def claim(self, consumer: str, max_entries: int, max_bytes: int, wait_s: float) -> Claim | None:
        """As promised by the protocol. A consumer's name belongs to one thread of one process."""
        deadline = time.monotonic() + wait_s
        while True:
            commits_seen = self._commits
            if claim := self._try_claim(consumer, max_entries, max_bytes):
                return claim
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return None
            self._wait_for_commit(commits_seen, min(remaining_s, POLL_S))

    def ack(self, claim: Claim) -> None:
        """As promised by the protocol."""
        self._writer.submit(lambda connection: sqlite_rows.ack(connection, claim.id)).result()

    def heartbeat(self, consumer: str) -> None:
        """As promised by the protocol."""
        now_us = self._clock.now_us()
        self._writer.submit(lambda connection: sqlite_rows.heartbeat(connection, consumer, now_us)).result()

    def state(self) -> QueueState:
        """As promised by the protocol."""
        try:
            with self._reader_lock:
                entries, total_bytes = sqlite_rows.totals(self._reader)
                oldest_us = sqlite_rows.oldest_appended_at_us(self._reader)
        except sqlite3.Error as error:
            raise Busy(f"the queue's file cannot be read: {error}") from error
        age_us = 0 if oldest_us is None else max(self._clock.now_us() - oldest_us, 0)
        return QueueState(entries, total_bytes, age_us / MICROS_PER_SECOND)

    def scrub(self) -> None:
        """As promised by the protocol. Raises `Busy` when the file is in use too much to be rewritten now."""
        try:
            connection = _connect(self._path)
            try:
                sqlite_rows.scrub(connection)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise Busy(f"the queue's file cannot be rewritten: {error}") from error

    def close(self) -> None:
        """As promised by the protocol. Harmless when repeated."""
        self._writer.close()
        with self._reader_lock:
            self._reader.close()

    def _try_claim(self, consumer: str, max_entries: int, max_bytes: int) -> Claim | None:
        now_us = self._clock.now_us()
        claimed = self._writer.submit(
            lambda connection: sqlite_rows.claim(
                connection, consumer, max_entries, max_bytes, now_us, self._bounds.reclaim_after_s
            )
        ).result()
        if claimed is None:
            return None
        try:
            with self._reader_lock:
                entries = sqlite_rows.entries_of(self._reader, claimed.id)
        except sqlite3.Error as error:
            raise Busy(f"the queue's file cannot be read: {error}") from error
        # Empty: its former consumer was only slow, and acknowledged the claim just now.
        return Claim(claimed.id, entries, claimed.attempt) if entries else None

    def _wait_for_commit(self, commits_seen: int, timeout_s: float) -> None:
        with self._appended:
            self._appended.wait_for(lambda: self._commits != commits_seen, timeout_s)

    def _wake_consumers(self) -> None:
        with self._appended:
            self._commits += 1
            self._appended.notify_all()

    def _tidy(self, connection: sqlite3.Connection) -> bool:
        forgotten_us = self._clock.now_us() - self._bounds.remember_s * MICROS_PER_SECOND
        return sqlite_rows.tidy(connection, forgotten_us)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection whose commits are on disk when they return."""
    connection = sqlite3.connect(
        path, timeout=LOCKED_FILE_WAIT_S, isolation_level=None, check_same_thread=False
    )
    # Takes effect only while the file is new.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # Zeroes what is deleted where its page is written anyway; `scrub` does the rest.
    connection.execute("PRAGMA secure_delete = FAST")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection
