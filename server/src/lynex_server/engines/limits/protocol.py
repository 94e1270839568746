"""What a limiter promises: token buckets, by name.

- A bucket holds `capacity` tokens when it is full, and a bucket nobody has used yet is full. It gains
  `refill_per_s` tokens a second, up to its capacity. Over any stretch of time at most
  `capacity + refill_per_s * seconds` tokens are taken from it, however many callers there are.
- Several buckets are asked at once: all of them give, or none loses anything.
- A refused caller loses nothing: `retry_after_s` later, if nobody else came, the same wish is granted. A wish
  beyond the capacity never is: its `retry_after_s` is infinite.
- What was taken on an estimate is put right afterwards: `correct` gives back what was too much, up to a full
  bucket, and takes what was too little without asking, so that the bucket may owe up to its capacity again.
  While it owes, every wish is refused.
- Capacity and refill come with every call; when they change, what was taken before still counts.
- Bounded: a bucket that is full again is forgotten; how many others are kept at most is for the adapter to
  say.

Callers that own a thread use `take`, `take_all` and `correct`. In an event loop, `waits` tells whether those
may be used too (they answer from memory), or `take_all_async` and `correct_async` have to be awaited.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

SLACK: Final = 1e-6
"""Tokens by which rounding may err: a wait that was told must be long enough. It does not add up, for a
wish is granted only while no more than its capacity and this is missing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket says. `remaining` counts whole tokens; `reset_after_s` is when it will be full again.

    `retry_after_s` is 0 when `allowed`.
    """

    allowed: bool
    remaining: int
    retry_after_s: float
    reset_after_s: float


@dataclass(frozen=True, slots=True)
class Take:
    """A wish for `cost` tokens of one bucket; a cost of 0 only looks. Raises `ValueError` when malformed."""

    bucket: str
    capacity: int
    refill_per_s: float
    cost: int = 1

    def __post_init__(self) -> None:
        if self.capacity < 1 or self.cost < 0 or not 0 < self.refill_per_s < math.inf:
            raise ValueError(f"no token bucket: {self!r}")

    def verdict(self, missing: float, allowed: bool) -> Verdict:
        """What to say of the bucket, when `missing` tokens are not in it after the call."""
        short = 0.0 if allowed else max(missing + self.cost - self.capacity, 0.0)
        never = short > 0 and self.cost > self.capacity
        return Verdict(
            allowed=allowed,
            remaining=max(int(self.capacity - missing + SLACK), 0),
            retry_after_s=math.inf if never else short / self.refill_per_s,
            reset_after_s=missing / self.refill_per_s,
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """Tokens that one bucket gave too many (below 0: they come back) or too few (above 0: they are taken).

    Raises `ValueError` when malformed.
    """

    bucket: str
    capacity: int
    refill_per_s: float
    tokens: int

    def __post_init__(self) -> None:
        if self.capacity < 1 or not 0 < self.refill_per_s < math.inf:
            raise ValueError(f"no token bucket: {self!r}")

    def missing_after(self, missing: float) -> float:
        """How many tokens miss in the bucket afterwards, when `missing` did before.

        Twice its capacity at most, unless it already was more, from when its capacity was larger.
        """
        most = max(2.0 * self.capacity, missing)
        return min(max(missing + self.tokens, 0.0), most)


class Limiter(Protocol):
    """See the module text for the promises. Safe from any thread."""

    @property
    def waits(self) -> bool:
        """Whether `take` may wait for another machine, so that an event loop must not call it."""
        ...

    def take(self, bucket: str, *, capacity: int, refill_per_s: float, cost: int = 1) -> Verdict:
        """Take `cost` tokens of one bucket, or say when they will be there."""
        ...

    def take_all(self, wishes: Sequence[Take]) -> tuple[Verdict, ...]:
        """A verdict for each wish, in order. Nothing is taken unless all are allowed.

        Where one refuses, the others' `allowed` says whether they would have given.
        """
        ...

    async def take_all_async(self, wishes: Sequence[Take]) -> tuple[Verdict, ...]:
        """As `take_all`, for an event loop."""
        ...

    def correct(self, corrections: Sequence[Correction]) -> None:
        """Put right what was taken on an estimate. Never refused; two of one call name two buckets."""
        ...

    async def correct_async(self, corrections: Sequence[Correction]) -> None:
        """As `correct`, for an event loop."""
        ...

    def close(self) -> None:
        """Release connections and threads. Harmless when repeated."""
        ...
