"""Token buckets of one process, in its memory."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from lynex_server.engines.limits.protocol import SLACK, Correction, Take, Verdict

MAX_BUCKETS = 100_000
"""About 20 MB. Beyond it the bucket that was not asked for the longest is forgotten: full again."""
LOOKED_AT_PER_TAKE = 2
"""How many old buckets each call looks at, to forget those that are full again."""


class MemoryLimiter:
    """See `protocol.Limiter` for the promises; they hold within this process."""

    waits = False

    def __init__(self, now_s: Callable[[], float] = time.monotonic, max_buckets: int = MAX_BUCKETS) -> None:
        """`now_s` is a clock that never goes back."""
        self._now_s = now_s
        self._max_buckets = max_buckets
        # Name -> tokens missing at an instant, that instant, and when the bucket is full again; the one
        # asked for last is at the end.
        self._buckets: OrderedDict[str, tuple[float, float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, bucket: str, *, capacity: int, refill_per_s: float, cost: int = 1) -> Verdict:
        """As promised by the protocol."""
        return self.take_all((Take(bucket, capacity, refill_per_s, cost),))[0]

    def take_all(self, wishes: Sequence[Take]) -> tuple[Verdict, ...]:
        """As promised by the protocol. Two wishes of one call must name two buckets."""
        with self._lock:
            now_s = self._now_s()
            missing = [self._missing(wish.bucket, wish.refill_per_s, now_s) for wish in wishes]
            allowed = [
                held + wish.cost <= wish.capacity + SLACK or not wish.cost
                for held, wish in zip(missing, wishes, strict=True)
            ]
            if all(allowed):
                missing = [held + wish.cost for held, wish in zip(missing, wishes, strict=True)]
                for held, wish in zip(missing, wishes, strict=True):
                    if wish.cost:
                        self._remember(wish.bucket, held, wish.refill_per_s, now_s)
                self._forget(now_s)
        return tuple(map(Take.verdict, wishes, missing, allowed))

    async def take_all_async(self, wishes: Sequence[Take]) -> tuple[Verdict, ...]:
        """As promised by the protocol."""
        return self.take_all(wishes)

    def correct(self, corrections: Sequence[Correction]) -> None:
        """As promised by the protocol."""
        with self._lock:
            now_s = self._now_s()
            for each in corrections:
                missing = each.missing_after(self._missing(each.bucket, each.refill_per_s, now_s))
                self._remember(each.bucket, missing, each.refill_per_s, now_s)
            self._forget(now_s)

    async def correct_async(self, corrections: Sequence[Correction]) -> None:
        """As promised by the protocol."""
        self.correct(corrections)

    def close(self) -> None:
        """As promised by the protocol."""

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return len(self._buckets)

    def _missing(self, bucket: str, refill_per_s: float, now_s: float) -> float:
        held = self._buckets.get(bucket)
        if held is None:
            return 0.0
        return max(held[0] - (now_s - held[1]) * refill_per_s, 0.0)

    def _remember(self, bucket: str, missing: float, refill_per_s: float, now_s: float) -> None:
        self._buckets[bucket] = (missing, now_s, now_s + missing / refill_per_s)
        self._buckets.move_to_end(bucket)

    def _forget(self, now_s: float) -> None:
        for _ in range(LOOKED_AT_PER_TAKE):
            oldest = next(iter(self._buckets), None)
            if oldest is None:
                return
            full_at_s = self._buckets[oldest][2]
            if full_at_s > now_s and len(self._buckets) <= self._max_buckets:
                return
            del self._buckets[oldest]
