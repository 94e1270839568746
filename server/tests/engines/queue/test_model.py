"""Any sequence of calls, compared with a queue simple enough to be obviously right."""

import asyncio
import tempfile
from dataclasses import dataclass, field

import redis
from clocks import FixedClock
from engines.queue.entries import an_entry, claim_now
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Appended, Claim, Entry, Queue, QueueBounds, QueueState
from lynex_server.kernel.errors import Busy

BOUNDS = QueueBounds(max_bytes=400, max_entries=8, remember_s=10**6, reclaim_after_s=30)
CONSUMERS = ("a", "b", "c")


@dataclass
class ModelClaim:
    """A live claim: its id is learned from the queue when it is first handed out."""

    id: str
    consumer: str
    entries: tuple[Entry, ...]
    attempt: int
    seen_us: int


@dataclass
class ModelQueue:
    """The protocol in plain lists."""

    seen: set[str] = field(default_factory=set)
    unclaimed: list[Entry] = field(default_factory=list)
    claims: list[ModelClaim] = field(default_factory=list)

    def held(self) -> list[Entry]:
        return [entry for claim in self.claims for entry in claim.entries] + self.unclaimed

    def append(self, entry: Entry) -> Appended | None:
        """None stands for `Busy`."""
        if entry.id in self.seen:
            return Appended.REPEATED
        held_bytes = sum(len(held.body) for held in self.held())
        if len(self.held()) >= BOUNDS.max_entries or held_bytes + len(entry.body) > BOUNDS.max_bytes:
            return None
        self.seen.add(entry.id)
        self.unclaimed.append(entry)
        return Appended.STORED

    def next_claim(self, consumer: str, max_entries: int, max_bytes: int, now_us: int) -> ModelClaim | None:
        own = [claim for claim in self.claims if claim.consumer == consumer]
        dead = [claim for claim in self.claims if claim.seen_us <= now_us - BOUNDS.reclaim_after_s * 1e6]
        if own or dead:
            claim = (own or dead)[0]
            claim.consumer, claim.attempt, claim.seen_us = consumer, claim.attempt + 1, now_us
            return claim
        taken = self.unclaimed[:1]
        for entry in self.unclaimed[1:max_entries]:
            if sum(len(each.body) for each in [*taken, entry]) > max_bytes:
                break
            taken.append(entry)
        if not taken:
            return None
        del self.unclaimed[: len(taken)]
        self.claims.append(ModelClaim("", consumer, tuple(taken), 1, now_us))
        return self.claims[-1]


class QueueMachine(RuleBasedStateMachine):
    """Calls the queue and the model alike. `url` is set by the test."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="lynex-queue-")
        self.clock = FixedClock()
        self.model = ModelQueue()
        self.known_claims: list[Claim] = []
        self.queue = self.open()

    def open(self) -> Queue:
        return open_queue(self.url.format(folder=self.folder.name), BOUNDS, self.clock)

    @rule(number=st.integers(0, 30), size=st.sampled_from([0, 1, 50, 99, 400, 401]))
    def append(self, number: int, size: int) -> None:
        entry = an_entry(f"e{number}", b"x" * size, appended_at_us=self.clock.now_us())
        try:
            answer = asyncio.run(self.queue.append(entry))
        except Busy:
            answer = None

        assert answer == self.model.append(entry)

    @rule(consumer=st.sampled_from(CONSUMERS), max_entries=st.integers(1, 4), max_bytes=st.integers(0, 250))
    def claim(self, consumer: str, max_entries: int, max_bytes: int) -> None:
        expected = self.model.next_claim(consumer, max_entries, max_bytes, self.clock.now_us())
        claim = claim_now(self.queue, consumer, max_entries, max_bytes)

        if expected is None:
            assert claim is None
            return
        assert claim is not None
        if expected.attempt == 1:
            assert claim.id not in {known.id for known in self.known_claims}
            expected.id = claim.id
        assert claim == Claim(expected.id, expected.entries, expected.attempt)
        self.known_claims.append(claim)

    @precondition(lambda self: self.known_claims)
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.known_claims))
        self.queue.ack(claim)
        self.model.claims = [live for live in self.model.claims if live.id != claim.id]

    @rule(consumer=st.sampled_from(CONSUMERS))
    def heartbeat(self, consumer: str) -> None:
        self.queue.heartbeat(consumer)
        for claim in self.model.claims:
            if claim.consumer == consumer:
                claim.seen_us = self.clock.now_us()

    @rule(seconds=st.sampled_from([1, 15, 29, 30, 31]))
    def wait(self, seconds: int) -> None:
        self.clock.advance_us(seconds * 1_000_000)

    @rule()
    def restart(self) -> None:
        self.queue.close()
        self.queue = self.open()

    @invariant()
    def says_how_full_it_is(self) -> None:
        held = self.model.held()
        oldest_us = min((entry.appended_at_us for entry in held), default=self.clock.now_us())
        age_s = (self.clock.now_us() - oldest_us) / 1_000_000

        assert self.queue.state() == QueueState(len(held), sum(len(entry.body) for entry in held), age_s)

    def teardown(self) -> None:
        self.queue.close()
        self.folder.cleanup()


FEW = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_the_sqlite_queue_does_what_the_model_does():
    class OnSqlite(QueueMachine):
        url = "sqlite:///{folder}/queue.db"

    run_state_machine_as_test(OnSqlite, settings=FEW)


def test_the_redis_queue_does_what_the_model_does(redis_url: str):
    class OnRedis(QueueMachine):
        url = redis_url

        def __init__(self) -> None:
            with redis.Redis.from_url(redis_url) as client:
                client.flushdb()
            super().__init__()

    run_state_machine_as_test(OnRedis, settings=FEW)
