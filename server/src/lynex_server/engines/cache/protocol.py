"""What a cache promises: bytes that are kept for a while, and may be gone at any time.

- An entry belongs to a namespace (a project) and has a key; putting it again replaces it. It is never found
  in another namespace, nor once its time to live is over.
- Entries may be put into a group of their namespace. `since` tells what was put into it after a place, so
  that a reader keeps up without reading everything again.
- Bounded, in entries and in bytes over all namespaces: what was put first goes first. What is larger than the
  bound by itself is not kept.
- `drop` removes a namespace whole, from memory and files; whatever was told before it is outdated, which
  `since` says by another epoch.
- A cache that is away or broken finds nothing and keeps nothing, and says so in the log: what is missing in
  it can always be had again. Only `drop` and `count` raise `Busy`: whoever erases must know.
- Processes that open the same URL share it.

All calls block and are safe from any thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

UNKNOWN_EPOCH: Final = -1
"""What a cache that is away tells: nothing that was known can be relied on."""


@dataclass(frozen=True, slots=True)
class CacheBounds:
    """How much is kept. `max_bytes` counts keys and values."""

    max_entries: int = 100_000
    max_bytes: int = 256_000_000


@dataclass(frozen=True, slots=True)
class Put:
    """An entry to keep for `ttl_s` seconds; `group` is empty where it is in none."""

    key: str
    value: bytes = field(repr=False)
    ttl_s: float
    group: str = ""

    def size_bytes(self, namespace: str) -> int:
        """What it counts for."""
        return len(namespace) + len(self.key) + len(self.group) + len(self.value)


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of a group. `place` grows with each put."""

    place: int
    key: str
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class News:
    """What a group has gained, the oldest first. Whoever knew another `epoch` forgets what it knew."""

    epoch: int
    members: Sequence[Member]


class Cache(Protocol):
    """See the module text for the promises."""

    def get(self, namespace: str, key: str) -> bytes | None:
        """The entry, if it is there."""
        ...

    def put(self, namespace: str, puts: Sequence[Put]) -> None:
        """Keep these, in order."""
        ...

    def since(self, namespace: str, group: str, place: int, count: int) -> News:
        """Of what was put into the group after `place` (0: ever), the newest `count`."""
        ...

    def drop(self, namespace: str) -> None:
        """Remove everything of the namespace."""
        ...

    def count(self, namespace: str) -> int:
        """How many entries there are of it. Some may be over and not removed yet."""
        ...

    def close(self) -> None:
        """Release files and connections. Harmless when repeated."""
        ...
