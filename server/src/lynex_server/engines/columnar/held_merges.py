"""Merges of the embedded engine, put off while a burst is being stored.

Merging a span costs a seventh of all that storing it takes, and nobody waits for it. The engine's own
settings only say how many parts are worth merging, which would leave the last few of a burst apart for good.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

QUIET_S: Final = 3.0
LONGEST_S: Final = 30.0

log = structlog.get_logger(__name__)


class HeldMerges:
    """Stops merges with a burst and starts them `quiet_s` after it; after `longest_s` at the latest, and then
    they go on for as long, so that a load that never ends has parts merged half of the time.

    `command` is called with what the engine is told. A process that ends takes the hold with it.
    """

    def __init__(
        self, command: Callable[[str], None], quiet_s: float = QUIET_S, longest_s: float = LONGEST_S
    ) -> None:
        self._command = command
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._held_since_s: float | None = None
        self._free_until_s = 0.0
        self._needing = 0

    def hold(self) -> None:
        """Something large is about to be inserted: until it has been quiet, nothing is merged."""
        with self._lock:
            now_s = time.monotonic()
            if self._needing or now_s < self._free_until_s:
                return
            if self._held_since_s is None:
                self._command("SYSTEM STOP MERGES")
                self._held_since_s = now_s
            self._let_go_in(min(self._quiet_s, max(0.0, self._held_since_s + self._longest_s - now_s)))

    def let_go(self) -> None:
        """Merges go on. Raises what the engine does; then they are tried to be let go again later."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._held_since_s is None:
                return
            try:
                self._command("SYSTEM START MERGES")
            except BaseException:
                self._let_go_in(self._quiet_s)
                raise
            now_s = time.monotonic()
            if now_s - self._held_since_s >= self._longest_s:
                self._free_until_s = now_s + self._longest_s
            self._held_since_s = None

    @contextmanager
    def needed(self) -> Iterator[None]:
        """Nothing is held meanwhile: a mutation waits for merges."""
        with self._lock:
            self._needing += 1
        try:
            self.let_go()
            yield
        finally:
            with self._lock:
                self._needing -= 1

    def _let_go_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, self._let_go_logged)
        self._timer.daemon = True
        self._timer.start()

    def _let_go_logged(self) -> None:
        try:
            self.let_go()
        except Exception:
            log.exception("columnar.merges_still_held")
