"""Brings a SQLite file's log into the file, so that no writer has to wait for the disk.

SQLite lets whoever commits the thousandth page do that, while all others wait for it: some ten milliseconds,
several times a second under load. Here a thread does it on a connection of its own. Writers go on meanwhile,
except for a moment when the log has grown long and is begun anew.
"""

import contextlib
import sqlite3
import threading

EVERY_S = 0.5
FEW_COMMITS = 100
"""So many are left in the log: whoever writes first after all of it was brought over waits for the disk, and
of calls that come now and then each would be the first."""
BEGUN_ANEW_AT_PAGES = 64_000
"""64 MB. A log that is written to all the time is never all in the file: it grows until writers wait once."""
_PATIENCE_S = 1.0


class Checkpointer:
    """A thread that looks after the log of the SQLite file at `path` until it is closed.

    Its connections must have been told `wal_autocheckpoint = 0`. Whoever writes holds `writing` meanwhile.
    """

    def __init__(self, path: str, writing: threading.Lock) -> None:
        self._writing = writing
        self._written = threading.Event()
        self._commits = 0
        self._closing = threading.Event()
        self._connection = sqlite3.connect(
            path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        self._thread = threading.Thread(target=self._run, name="lynex-counters-log", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """Something was committed, by who holds `writing`. Costs nothing."""
        self._commits += 1
        self._written.set()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._written.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._closing.wait(EVERY_S):
            self._written.wait()
            self._written.clear()
            if self._commits < FEW_COMMITS:
                continue
            self._commits = 0
            # Another process may be at it, or the disk full: the log stays as long as it is, and is whole.
            with contextlib.suppress(sqlite3.Error):
                if self._bring_over("PASSIVE") >= BEGUN_ANEW_AT_PAGES:
                    self._begin_anew()

    def _begin_anew(self) -> None:
        # Most of what has come meanwhile is brought over first, so that writers wait for little. They wait at
        # our lock: SQLite's own waiting is sleeping, ever longer.
        self._bring_over("PASSIVE")
        with self._writing:
            self._bring_over("TRUNCATE")

    def _bring_over(self, mode: str) -> int:
        """Gives how many pages the log had."""
        _, pages, _ = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        return int(pages)
