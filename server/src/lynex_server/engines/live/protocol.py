"""What live news promises, and what it does not.

- A message published to a channel reaches every subscriber of that channel that keeps up, in any process.
- It is not stored: who was not listening queries the columnar engine instead.
- A subscriber that falls more than `max_waiting` messages behind loses the oldest ones;
  `Subscription.dropped` counts them, so that the listener can say so.
- A slow listener never slows the publisher.
"""

from collections.abc import AsyncIterator
from typing import Protocol


class Subscription(Protocol):
    """An open ear on one channel. Iterate to receive; close when done."""

    dropped: int

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def close(self) -> None:
        """Stop listening. Harmless when repeated."""
        ...


class Live(Protocol):
    """See the module text for the promises."""

    def publish(self, channel: str, message: bytes) -> None:
        """Tell every listener of `channel`. Never blocks for long, never raises: news is best effort.

        Called from worker threads; subscribers live in event loops.
        """
        ...

    async def subscribe(self, channel: str, max_waiting: int = 1000) -> Subscription:
        """Listen to `channel` from now on."""
        ...

    def close(self) -> None:
        """End every subscription."""
        ...
