"""Mail for those who have no mail server: it appears where Lynex was started."""

import sys
import threading
from typing import TextIO

from lynex_server.engines.mail.protocol import Mail


class ConsoleMailer:
    """Writes every mail to `stream`, which is the standard output when None."""

    delivers = False

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, mail: Mail) -> None:
        """As promised by the protocol."""
        stream = sys.stdout if self._stream is None else self._stream
        with self._lock:
            stream.write(f"\nMail to {mail.to}: {mail.subject}\n\n{mail.text}\n")
            stream.flush()

    def close(self) -> None:
        """As promised by the protocol."""
