"""The background work of alerts: one thread looks at rules and digests, one sends."""

import threading
from collections.abc import Callable

import structlog

from lynex_server.alerts.digests import DigestService
from lynex_server.alerts.evaluator import Evaluator
from lynex_server.alerts.sender import Sender
from lynex_server.alerts.telling import Telling
from lynex_server.alerts.tidying import Tidying
from lynex_server.kernel.errors import Busy

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
DIGESTS_EVERY_S = 60.0
SEND_EVERY_S = 0.5
SENDERS = 3
"""Messages that a process sends at once: a slow channel must not hold up all others."""
STOP_TIMEOUT_S = 20.0


class AlertJobs:
    """The threads of one process that works. Several processes share the work by rows in the database."""

    def __init__(
        self,
        evaluator: Evaluator,
        telling: Telling,
        sender: Sender,
        digests: DigestService,
        tidying: Tidying,
    ) -> None:
        self._stopping = threading.Event()

        def look() -> bool:
            evaluator.tick()
            telling.tell()  # also between looks: a silence may have ended
            return False

        def write_digests() -> bool:
            digests.send_due()
            tidying.tidy_if_due()
            return False

        steps: list[tuple[str, Callable[[], bool], float]] = [
            ("rules", look, LOOK_EVERY_S),
            ("digests", write_digests, DIGESTS_EVERY_S),
            *(("send", sender.send_one, SEND_EVERY_S) for _ in range(SENDERS)),
        ]
        self._threads = [
            threading.Thread(target=self._run, args=step, name=f"lynex-alerts-{step[0]}", daemon=True)
            for step in steps
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the step in hand. What is not finished goes on after the next start, or elsewhere."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_TIMEOUT_S)

    def _run(self, name: str, step: Callable[[], bool], pause_s: float) -> None:
        while not self._stopping.is_set():
            try:
                if step():
                    continue  # there may be more
            except Busy as error:
                log.warning("alerts.engine_unreachable", work=name, reason=str(error))
            except Exception:  # the edge of the thread: if it ended here, nobody would be told any more
                log.exception("alerts.job_failed", work=name)
            self._stopping.wait(pause_s)
