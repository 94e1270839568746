"""Live news inside one process."""

import threading
from collections import defaultdict

from lynex_server.engines.live.mailbox import Mailbox


class MemoryLive:
    """See `protocol.Live` for the promises; reaches the subscribers of this process only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mailboxes: defaultdict[str, set[Mailbox]] = defaultdict(set)
        self._closed = False

    def publish(self, channel: str, message: bytes) -> None:
        """As promised by the protocol."""
        with self._lock:
            listeners = tuple(self._mailboxes.get(channel, ()))
        for mailbox in listeners:
            mailbox.offer(message)

    async def subscribe(self, channel: str, max_waiting: int = 1000) -> Mailbox:
        """As promised by the protocol. On a closed bus the subscription has ended already."""
        mailbox = Mailbox(max_waiting, on_close=lambda mailbox: self._forget(channel, mailbox))
        with self._lock:
            if not self._closed:
                self._mailboxes[channel].add(mailbox)
                return mailbox
        mailbox.end()
        return mailbox

    def close(self) -> None:
        """As promised by the protocol. Harmless when repeated."""
        with self._lock:
            self._closed = True
            ended = [mailbox for mailboxes in self._mailboxes.values() for mailbox in mailboxes]
            self._mailboxes.clear()
        for mailbox in ended:
            mailbox.end()

    def channels(self) -> frozenset[str]:
        """The channels somebody listens to."""
        with self._lock:
            return frozenset(self._mailboxes)

    def _forget(self, channel: str, mailbox: Mailbox) -> None:
        with self._lock:
            mailboxes = self._mailboxes.get(channel, set())
            mailboxes.discard(mailbox)
            if not mailboxes:
                self._mailboxes.pop(channel, None)
