"""Mail that is sent behind the back of whoever asked for it, so that nobody waits for a mail server.

It also keeps a secret: how long an answer takes does not tell whether a mail was sent.
"""

import queue
import threading

import structlog

from lynex_server.engines.mail.protocol import Mail, Mailer
from lynex_server.kernel.errors import Busy

MAX_WAITING = 1_000
PAUSES_S = (1.0, 10.0)
"""How long is waited before the second and the third attempt. After that a mail is given up, and logged."""
CLOSE_TIMEOUT_S = 5.0
"""How long closing waits for the mail under way. What is lost then, people ask for again."""

_log = structlog.get_logger(__name__)


class Outbox:
    """A mailer in front of another one, with at most `MAX_WAITING` mails in between, in memory."""

    def __init__(self, mailer: Mailer, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        self._mailer = mailer
        self._pauses_s = pauses_s
        self._waiting: queue.Queue[Mail | None] = queue.Queue(MAX_WAITING)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._thread.start()

    @property
    def delivers(self) -> bool:
        """As promised by the protocol."""
        return self._mailer.delivers

    def send(self, mail: Mail) -> None:
        """As promised by the protocol: the next station is this outbox. Raises `Busy` when it is full."""
        if self._closing.is_set():
            raise Busy("Lynex is stopping.")
        try:
            self._waiting.put_nowait(mail)
        except queue.Full:
            raise Busy(f"{MAX_WAITING} mails are waiting to be sent already.", retry_after_s=60) from None

    def close(self) -> None:
        """Send what waits, each once, for at most `CLOSE_TIMEOUT_S`. Harmless when repeated."""
        if not self._closing.is_set():
            self._closing.set()
            try:
                self._waiting.put(None, timeout=CLOSE_TIMEOUT_S)
            except queue.Full:
                _log.warning("mail.given_up", waiting=self._waiting.qsize(), reason="stopping")
            self._thread.join(CLOSE_TIMEOUT_S)
        self._mailer.close()

    def _run(self) -> None:
        while (mail := self._waiting.get()) is not None:
            self._deliver(mail)

    def _deliver(self, mail: Mail) -> None:
        for pause_s in (*self._pauses_s, None):
            try:
                self._mailer.send(mail)
                return
            except Exception as error:  # the edge of this thread: one mail must not end it
                # No address in the log: who signs in here is nobody's business who reads logs.
                _log.warning("mail.not_sent", reason=str(error), again_in_s=pause_s)
            if pause_s is None or self._closing.wait(pause_s):
                return
