"""The open ear: a bounded mailbox that any thread fills and one event loop empties."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable


class Mailbox:
    """A `protocol.Subscription`. Made inside the event loop that will read it.

    Never holds more than `max_waiting` messages; beyond it the oldest goes and `dropped` grows.
    """

    def __init__(self, max_waiting: int, on_close: "Callable[[Mailbox], None]") -> None:
        self.dropped = 0
        self._max_waiting = max_waiting
        self._on_close = on_close
        self._messages: deque[bytes] = deque()
        self._ended = False
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def offer(self, message: bytes) -> None:
        """Leave a message. Called from any thread; never blocks, never raises."""
        with self._lock:
            if self._ended:
                return
            # The reader sleeps only on an empty mailbox: one wake-up is enough until it is empty again.
            must_wake = not self._messages
            if len(self._messages) >= self._max_waiting:
                self._messages.popleft()
                self.dropped += 1
            self._messages.append(message)
        if must_wake:
            self._wake()

    def end(self) -> None:
        """No more will come: the reader gets what waits, then its iteration ends."""
        with self._lock:
            self._ended = True
        self._wake()

    async def close(self) -> None:
        """As promised by the protocol: what still waits is thrown away."""
        with self._lock:
            already_ended, self._ended = self._ended, True
            self._messages.clear()
        self._news.set()
        if not already_ended:
            self._on_close(self)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while True:
            with self._lock:
                if self._messages:
                    return self._messages.popleft()
                if self._ended:
                    raise StopAsyncIteration
                # Under the lock: a message left from now on sets the event again.
                self._news.clear()
            await self._news.wait()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:
            # The reader's loop is closed: nobody will read this mailbox again.
            self._ended = True
