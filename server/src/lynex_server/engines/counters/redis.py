"""Counters in Redis: for any number of processes on any number of machines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lynex_server.engines.counters.protocol import (
    ENDED_AT_ONCE,
    REMEMBERED_US,
    Change,
    Granted,
    Hold,
    HoldAnswer,
    Level,
    Line,
    Refused,
    Repeated,
    Unknown,
    Wanted,
)
from lynex_server.engines.counters.redis_scripts import (
    CHANGE,
    FINISH,
    FORGET,
    HOLD,
    LEVELS,
    LOAD,
    NAMESPACE,
)
from lynex_server.kernel.errors import Busy

TIMEOUT_S = 5.0
_REMEMBERED_S = REMEMBERED_US // 1_000_000

Argument = str | bytes | int


class RedisCounters:
    """See `protocol.Counters` for the promises; as durable as the Redis is set to be.

    A Redis that lost its data makes every counter unknown: they are loaded from the books again.
    """

    def __init__(self, url: str) -> None:
        """Use the Redis at `url` (`redis://` or `rediss://`)."""
        self._redis = redis.Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_keepalive=True,
            # A second try of `hold` and `finish` is recognised by the id, of a write by its version, and a
            # second `change` changes nothing more.
            retry=Retry(NoBackoff(), 1),
        )
        self._scripts = {
            name: self._redis.register_script(source)
            for name, source in (
                ("hold", HOLD),
                ("change", CHANGE),
                ("finish", FINISH),
                ("load", LOAD),
                ("levels", LEVELS),
                ("forget", FORGET),
            )
        }

    def at_hand(self) -> bool:
        """As promised by the protocol."""
        return False

    def hold(self, wanted: Sequence[Wanted], now_us: int) -> list[HoldAnswer]:
        """As promised by the protocol."""
        wishes: list[list[Argument]] = []
        for each in wanted:
            wish: list[Argument] = [each.hold_id, now_us, each.expires_at_us, _REMEMBERED_S, ENDED_AT_ONCE]
            wish.append(each.note)
            for claim in each.claims:
                limit = "" if claim.limit is None else claim.limit
                wish += (claim.counter, claim.first_slot, claim.slot, claim.amount, limit)
            wishes.append(wish)
        return [_hold_answer(answer) for answer in self._run_all("hold", wishes)]

    def change(self, changes: Sequence[Change]) -> list[bool]:
        """As promised by the protocol."""
        wishes = [
            [each.hold_id, each.expires_at_us, *(word for pair in each.amounts.items() for word in pair)]
            for each in changes
        ]
        return [bool(live) for live in self._run_all("change", wishes)]

    def finish(self, hold_ids: Sequence[str], lines: Sequence[Line]) -> None:
        """As promised by the protocol."""
        self._run("finish", [_REMEMBERED_S, len(hold_ids), *hold_ids, *_flat(lines)])

    def load(self, counter: str, lines: Sequence[Line]) -> None:
        """As promised by the protocol."""
        self._run("load", [counter, *_flat(lines)])

    def find(self, hold_id: str) -> Hold | None:
        """As promised by the protocol."""
        with _unreachable_as_busy():
            # redis-py types the answers of its two clients together; this one does not await.
            found: Any = self._redis.hmget(f"{NAMESPACE}h:{hold_id}", ["state", "expires_at_us", "note"])
        state, expires_at_us, note = found
        return None if state is None else Hold(state.decode(), int(expires_at_us), note)

    def levels(self, ranges: Sequence[tuple[str, int, int]], now_us: int) -> list[Level]:
        """As promised by the protocol."""
        arguments: list[Argument] = [now_us, _REMEMBERED_S, ENDED_AT_ONCE]
        for counter, first, last in ranges:
            arguments += (counter, first, last)
        found = [int(number) for number in self._run("levels", arguments)]
        return [Level(*pair) for pair in zip(found[::2], found[1::2], strict=True)]

    def forget(self, counter: str, before_slot: int) -> None:
        """As promised by the protocol."""
        self._run("forget", [counter, before_slot])

    def close(self) -> None:
        """As promised by the protocol."""
        self._redis.close()

    def _run_all(self, script: str, arguments: Sequence[Sequence[Argument]]) -> list[Any]:
        """The script once for each of the arguments, in their order and one way there and back."""
        if len(arguments) == 1:
            return [self._run(script, arguments[0])]
        with _unreachable_as_busy(), self._redis.pipeline(transaction=False) as asked:
            for each in arguments:
                self._scripts[script](args=[NAMESPACE, *each], client=asked)
            answers: list[Any] = asked.execute()
            return answers

    def _run(self, script: str, arguments: Sequence[Argument]) -> Any:
        with _unreachable_as_busy():
            return self._scripts[script](args=[NAMESPACE, *arguments])


def _hold_answer(answer: list[Any]) -> HoldAnswer:
    word = answer[0].decode()
    if word == "granted":
        return Granted()
    if word == "repeated":
        return Repeated(answer[1].decode())
    if word == "unknown":
        return Unknown(tuple(name.decode() for name in answer[1:]))
    return Refused(int(answer[1]), Level(int(answer[2]), int(answer[3])))


def _flat(lines: Sequence[Line]) -> Iterator[Argument]:
    for line in lines:
        yield from (line.counter, line.slot, line.spent, line.version)


@contextmanager
def _unreachable_as_busy() -> Iterator[None]:
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
        raise Busy("the Redis of the counters cannot be reached") from error
