"""What a blob store promises.

- A key is a relative path of `[A-Za-z0-9._=-]` segments separated by `/`; anything else, and `..`, is
  refused with `InvalidInput` before storage is touched.
- `put` is atomic: a reader sees the old bytes or the new ones, never a part; durable when it returns.
- `get` of what is not there raises `NotFound`; `delete` of it is harmless.
- When the store cannot be reached, `Busy` is raised.
All calls block and are safe from any thread.
"""

from collections.abc import Iterator
from typing import Protocol


class Blob(Protocol):
    """See the module text for the promises."""

    def put(self, key: str, body: bytes) -> None:
        """Store `body` under `key`, replacing what was there."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises `NotFound`."""
        ...

    def delete(self, key: str) -> None:
        """Forget `key`."""
        ...

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that starts with `prefix`. Those of one folder come in order; how folders are ordered
        among its files differs between stores.
        """
        ...

    def close(self) -> None:
        """Release connections."""
        ...
