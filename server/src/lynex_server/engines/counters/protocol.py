"""What counters promise.

- A counter has a name and numbered slots (a slot is a stretch of time, to whoever names it). Its *level*
  over a range of slots is what was spent in them plus what is held in them.
- `hold` sets an amount aside in several counters at once, or in none: it is refused when one of them would
  pass its limit. It is atomic over all callers, threads and processes that share the counters.
- A hold ends by `finish`, or by itself at its expiry: then everything it held is free again, whoever died.
- `change` puts other amounts in place of what a live hold sets aside, with no look at limits: the money is
  spent, and to say so must not fail. It may raise a level past a limit; the next `hold` is refused for it.
- What was spent is *written*, not added: as the amount that the books say, with a version that grows with
  each change. An older version never replaces a newer one, so writing may be repeated and come in any order.
- A counter that nobody has `load`ed is unknown, and an unknown one is not zero: `hold` says `Unknown`, and
  the caller loads it from the books. So an engine that lost its state lets nothing through unseen.
- A hold and what is written survive `kill -9` of any process. After a loss of power the last holds may be
  gone; the amounts spent come back with the next `load`.
- Amounts are whole numbers up to `MAX_AMOUNT`: what every engine can add exactly.

All calls but `at_hand` block, and all are safe from any thread. They raise `Busy` when the engine cannot be
reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

MAX_AMOUNT = 2**53 - 1
"""The largest amount: Redis' Lua reckons in doubles. In nano-dollars it is nine million dollars."""

HoldState = Literal["held", "finished", "expired"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A wish for `amount` of `counter`, counted in `slot`.

    It is refused when the level over `first_slot … slot` would pass `limit`; None never refuses.
    """

    counter: str
    first_slot: int
    slot: int
    amount: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold that is wanted: all claims set aside until `expires_at_us`, or none. `note` is remembered."""

    hold_id: str
    claims: Sequence[Claim]
    note: bytes
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class Line:
    """What the books say was spent in one slot of one counter."""

    counter: str
    slot: int
    spent: int
    version: int


@dataclass(frozen=True, slots=True)
class Level:
    """What a counter stands at over a range of slots."""

    spent: int
    held: int


@dataclass(frozen=True, slots=True)
class Granted:
    """Everything is set aside."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """There is a hold with this id already, in this state; nothing was set aside a second time."""

    state: HoldState


@dataclass(frozen=True, slots=True)
class Refused:
    """The claim at `index` would pass its limit; its counter stands at `level`. Nothing was set aside."""

    index: int
    level: Level


@dataclass(frozen=True, slots=True)
class Unknown:
    """These counters were never loaded. Nothing was set aside: load them and ask again."""

    counters: tuple[str, ...]


HoldAnswer = Granted | Repeated | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Change:
    """What a hold is to set aside from now on, by counter, until `expires_at_us` or its own expiry if that is
    later. A counter that is not named keeps its amount, one that the hold is not about is left alone."""

    hold_id: str
    amounts: Mapping[str, int]
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class Hold:
    """What is remembered of a hold; `note` is what its maker gave along."""

    state: HoldState
    expires_at_us: int
    note: bytes


class Counters(Protocol):
    """See the module text for the promises."""

    def at_hand(self) -> bool:
        """Whether a hold would be answered at once: without the network, and nobody is being waited for."""
        ...

    def hold(self, wanted: Sequence[Wanted], now_us: int) -> list[HoldAnswer]:
        """Set aside what holds claim, each by itself, in their order. An id is remembered for `REMEMBERED_US`
        after its expiry."""
        ...

    def change(self, changes: Sequence[Change]) -> list[bool]:
        """Change holds, each by itself, in their order. False for each that no live hold answers to: nothing
        is changed by it."""
        ...

    def finish(self, hold_ids: Sequence[str], lines: Sequence[Line]) -> None:
        """Give back what these holds set aside and write `lines`, in one step. An unknown or ended hold is
        left as it is."""
        ...

    def load(self, counter: str, lines: Sequence[Line]) -> None:
        """Write `lines` and make the counter known."""
        ...

    def find(self, hold_id: str) -> Hold | None:
        """A hold that is not forgotten yet."""
        ...

    def levels(self, ranges: Sequence[tuple[str, int, int]], now_us: int) -> list[Level]:
        """The level of each (counter, first slot, last slot); zero for what is unknown."""
        ...

    def forget(self, counter: str, before_slot: int) -> None:
        """Drop the slots of a counter below `before_slot`; without any left, it is unknown again. What is
        held in them is given back nowhere."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


REMEMBERED_US = 24 * 3600 * 1_000_000
"""How long a hold is remembered after its expiry, so that a repeated or late call is recognised."""
ENDED_AT_ONCE = 1_000
"""Most expired holds that one call ends; the next call ends the rest."""
