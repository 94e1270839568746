"""When each key was last used, written down in the background: no request waits for it."""

import threading

import structlog

from lynex_server.engines.relational.database import Database
from lynex_server.identity import key_storage
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import KeyId

WRITTEN_EVERY_S = 60.0
MAX_NOTED_KEYS = 10_000
"""Keys used between two writes that are remembered; of more, some are told a minute later."""

_log = structlog.get_logger(__name__)


class KeyUse:
    """Notes uses in memory and writes the last of each key once in `WRITTEN_EVERY_S`, on its own thread.

    A process that is killed loses at most what it noted since the last write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[KeyId, int] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, key_id: KeyId, used_at_us: int) -> None:
        """Remember a use. Costs one entry of a dictionary; never blocks."""
        if key_id in self._noted or len(self._noted) < MAX_NOTED_KEYS:
            self._noted[key_id] = used_at_us

    def start(self) -> None:
        """Begin to write in the background."""
        self._thread = threading.Thread(target=self._run, name="key use", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and end the thread. Harmless when it was never started."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def write(self) -> None:
        """Write what was noted. What cannot be written now is kept for the next time."""
        # A use that is noted in between goes into the new dictionary or, at the worst, is told by the next.
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            with self._database.begin() as connection:
                key_storage.note_uses(connection, noted)
        except Busy as error:
            self._noted = noted | self._noted
            _log.warning("last uses of api keys are not written yet", reason=str(error))

    def _run(self) -> None:
        while not self._stop.wait(WRITTEN_EVERY_S):
            self.write()
        self.write()
