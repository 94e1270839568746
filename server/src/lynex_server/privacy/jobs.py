"""The thread that works off erasures, in every process that has workers."""

import threading
import time
from typing import Final

import structlog

from lynex_server.kernel.errors import Busy
from lynex_server.privacy.eraser import Eraser

POLL_S: Final = 1.0
PLAN_EVERY_S: Final = 3_600.0
STOP_TIMEOUT_S: Final = 10.0

log = structlog.get_logger()


class ErasureJobs:
    """One thread: it looks for erasures every second, and for projects to erase every hour."""

    def __init__(self, eraser: Eraser) -> None:
        self._eraser = eraser
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lynex-erasures", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step in hand. A step that takes longer is repeated after the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def _work(self) -> None:
        next_plan_s = 0.0
        while not self._stopping.is_set():
            try:
                if time.monotonic() >= next_plan_s:
                    self._eraser.plan_projects()
                    next_plan_s = time.monotonic() + PLAN_EVERY_S
                if self._eraser.work_once():
                    continue
            except Busy as error:
                log.warning("erasure.database_unreachable", reason=str(error))
            except Exception:  # the edge of the thread: if it ended here, nobody would be erased any more
                log.exception("erasure.failed")
            self._stopping.wait(POLL_S)
