"""What the queue promises.

- `append` returns only when the entry is on disk (fsync; Redis: as durable as its `appendfsync`).
- An id is accepted once within `remember_s`: a repeated id is a no-op and answers `REPEATED`, also after
  the entry was processed and acknowledged.
- `claim` hands out the oldest unclaimed entries, in the order of their append, as one `Claim` with an id.
  The claim is durable before it is returned: after a crash the *same* claim, with the same id and the same
  entries, is handed out again (to its consumer at once, to another one after `reclaim_after_s`). What is
  done per claim id is therefore done once.
- `ack` forgets a claim's entries for good. An entry is never lost between append and ack, and never in
  two live claims.
- Bounded: beyond `max_bytes` or `max_entries`, `append` raises `Busy` and stores nothing.

Producers are asynchronous (they serve requests); consumers block (they own a thread).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """What one request carried: the bytes are opaque to the queue."""

    id: str
    project_id: str
    body: bytes
    appended_at_us: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Entries that one consumer works on, as one batch. `attempt` counts from 1."""

    id: str
    entries: tuple[Entry, ...]
    attempt: int


class Appended(Enum):
    """What became of an append."""

    STORED = "stored"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class QueueState:
    """How full the queue is. `oldest_age_s` is 0 when it is empty."""

    entries: int
    bytes: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True)
class QueueBounds:
    """When the queue says no, and how long it remembers."""

    max_bytes: int = 2_000_000_000
    max_entries: int = 1_000_000
    remember_s: int = 24 * 3600
    reclaim_after_s: float = 30.0


class Queue(Protocol):
    """See the module text for the promises."""

    async def append(self, entry: Entry) -> Appended:
        """Store the entry durably. Raises `Busy` when the queue is full or cannot be reached."""
        ...

    def claim(self, consumer: str, max_entries: int, max_bytes: int, wait_s: float) -> Claim | None:
        """The next batch for `consumer`, or None when nothing came within `wait_s`.

        A batch holds at least one entry, however large, and otherwise stays within both bounds.
        An unacknowledged claim of this consumer is handed out again first (after a restart); then one of a
        dead consumer; then new entries.
        """
        ...

    def ack(self, claim: Claim) -> None:
        """The claim is dealt with for good. Harmless when repeated."""
        ...

    def heartbeat(self, consumer: str) -> None:
        """The consumer lives: its claims are not handed to others for another `reclaim_after_s`."""
        ...

    def state(self) -> QueueState:
        """How full the queue is, claimed entries included."""
        ...

    def scrub(self) -> None:
        """Leave nothing of acknowledged entries in the files, as far as they are ours to rewrite."""
        ...

    def close(self) -> None:
        """Finish what is being written and release files and connections."""
        ...
