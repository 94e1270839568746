"""What every queue promises; see `protocol.py`."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from clocks import NOON_US, FixedClock
from engines.queue.conftest import OpenQueue
from engines.queue.entries import (
    an_entry,
    append_at_once,
    append_in_turn,
    claim_now,
    drain,
    ids,
    some_entries,
)

from lynex_server.engines.queue.protocol import Appended, Claim, Queue, QueueState
from lynex_server.kernel.errors import Busy

PATIENCE_S = 20.0


async def test_hands_out_what_was_appended_in_its_order(queue: Queue):
    entries = [an_entry("b", b"\x00\xff\r\n"), an_entry("a", b""), an_entry("ü " * 90, project_id="prj_2")]

    answers = await append_in_turn(queue, entries)
    claim = claim_now(queue)

    assert answers == [Appended.STORED] * 3
    assert claim is not None
    assert claim.entries == tuple(entries)
    assert claim.attempt == 1


async def test_carries_a_body_of_several_megabytes(queue: Queue):
    body = bytes(range(256)) * 20_000

    await queue.append(an_entry(body=body))
    claim = claim_now(queue, max_bytes=1)

    assert claim is not None
    assert claim.entries[0].body == body


async def test_entries_without_a_body_come_and_go(queue: Queue):
    await append_in_turn(queue, some_entries(3, body=b""))

    assert [ids(claim) for claim in drain(queue)] == [["e0", "e1", "e2"]]
    assert queue.state() == QueueState(entries=0, bytes=0, oldest_age_s=0)


async def test_what_cannot_be_stored_fails_its_own_caller_only(queue: Queue):
    entries = [*some_entries(10), an_entry("\ud800"), an_entry("last")]

    answers = await asyncio.gather(*(queue.append(entry) for entry in entries), return_exceptions=True)

    assert isinstance(answers.pop(10), UnicodeEncodeError)
    assert answers == [Appended.STORED] * 11
    assert ids(claim_now(queue)) == [*(f"e{number}" for number in range(10)), "last"]


async def test_an_empty_queue_gives_nothing(queue: Queue):
    assert claim_now(queue) is None
    assert queue.state() == QueueState(entries=0, bytes=0, oldest_age_s=0)


async def test_stores_a_repeated_id_once(queue: Queue):
    first = await queue.append(an_entry("same", b"first"))
    second = await queue.append(an_entry("same", b"second"))

    assert (first, second) == (Appended.STORED, Appended.REPEATED)
    assert [entry.body for claim in drain(queue) for entry in claim.entries] == [b"first"]


async def test_of_many_appends_of_one_id_at_once_one_is_stored(queue: Queue):
    answers = await append_at_once(queue, [an_entry("same")] * 50)

    assert answers.count(Appended.STORED) == 1
    assert answers.count(Appended.REPEATED) == 49
    assert ids(claim_now(queue)) == ["same"]


async def test_knows_a_repeated_id_after_its_entry_is_gone_and_after_a_restart(open_again: OpenQueue):
    queue = open_again()
    await queue.append(an_entry("same"))
    drain(queue)
    answer_before = await queue.append(an_entry("same"))
    queue.close()

    answer_after = await open_again().append(an_entry("same"))

    assert (answer_before, answer_after) == (Appended.REPEATED, Appended.REPEATED)


async def test_accepts_an_id_again_when_it_is_forgotten(open_again: OpenQueue, clock: FixedClock):
    queue = open_again(remember_s=1)
    await queue.append(an_entry("same"))
    clock.advance_us(1_000_000)  # the SQLite queue goes by this clock, Redis by its own

    give_up = time.monotonic() + PATIENCE_S
    while (
        answer := await queue.append(an_entry("same"))
    ) is Appended.REPEATED and time.monotonic() < give_up:
        time.sleep(0.1)  # noqa: ASYNC251 - nothing else runs in this loop

    assert answer is Appended.STORED
    assert ids(claim_now(queue)) == ["same", "same"]


async def test_a_claim_stays_within_its_number_of_entries(queue: Queue):
    await append_in_turn(queue, some_entries(5))

    claims = [ids(claim_now(queue, consumer, max_entries=2)) for consumer in ("a", "b", "c", "d")]

    assert claims == [["e0", "e1"], ["e2", "e3"], ["e4"], []]


async def test_a_claim_stays_within_its_bytes_but_holds_at_least_one_entry(queue: Queue):
    bodies = [b"x" * size for size in (40, 40, 40, 500, 10)]
    await append_in_turn(queue, [an_entry(f"e{number}", body) for number, body in enumerate(bodies)])

    claims = [ids(claim_now(queue, consumer, max_bytes=100)) for consumer in ("a", "b", "c", "d")]

    assert claims == [["e0", "e1"], ["e2"], ["e3"], ["e4"]]


async def test_an_unacknowledged_claim_comes_again_to_its_consumer(queue: Queue):
    await append_in_turn(queue, some_entries(3))
    first = claim_now(queue, max_entries=2)

    again = claim_now(queue, max_entries=1000)

    assert first is not None
    assert again == Claim(first.id, first.entries, attempt=2)


async def test_an_unacknowledged_claim_comes_again_after_a_restart(open_again: OpenQueue):
    queue = open_again()
    await append_in_turn(queue, some_entries(3))
    first = claim_now(queue, max_entries=2)
    queue.close()

    again = claim_now(open_again())

    assert first is not None
    assert again == Claim(first.id, first.entries, attempt=2)


async def test_a_living_consumers_claim_is_not_given_to_another(open_again: OpenQueue, clock: FixedClock):
    queue = open_again(reclaim_after_s=30)
    await append_in_turn(queue, some_entries(2))
    claim_now(queue, "living")

    clock.advance_us(29_000_000)
    before_heartbeat = claim_now(queue, "other")
    queue.heartbeat("living")
    clock.advance_us(29_000_000)
    after_heartbeat = claim_now(queue, "other")

    assert (before_heartbeat, after_heartbeat) == (None, None)


async def test_a_dead_consumers_claim_goes_to_another_before_new_entries(
    open_again: OpenQueue, clock: FixedClock
):
    queue = open_again(reclaim_after_s=30)
    await append_in_turn(queue, some_entries(3))
    of_the_dead = claim_now(queue, "dead", max_entries=2)
    clock.advance_us(30_000_000)

    taken = claim_now(queue, "other")
    new = claim_now(queue, "third")

    assert of_the_dead is not None
    assert taken == Claim(of_the_dead.id, of_the_dead.entries, attempt=2)
    assert ids(new) == ["e2"]


async def test_a_consumer_finishes_its_own_claim_before_it_takes_a_dead_ones(
    open_again: OpenQueue, clock: FixedClock
):
    queue = open_again(reclaim_after_s=30)
    await append_in_turn(queue, some_entries(2))
    claim_now(queue, "dead", max_entries=1)
    claim_now(queue, "living", max_entries=1)
    clock.advance_us(30_000_000)

    assert ids(claim_now(queue, "living")) == ["e1"]


async def test_a_claim_taken_over_is_no_longer_its_former_consumers(open_again: OpenQueue, clock: FixedClock):
    queue = open_again(reclaim_after_s=30)
    await append_in_turn(queue, some_entries(3))
    claim_now(queue, "slow", max_entries=2)
    clock.advance_us(30_000_000)
    taken = claim_now(queue, "other")

    assert ids(claim_now(queue, "slow")) == ["e2"]
    assert taken is not None
    assert ids(taken) == ["e0", "e1"]


async def test_an_acknowledged_claim_never_comes_again(open_again: OpenQueue, clock: FixedClock):
    queue = open_again(reclaim_after_s=30)
    await append_in_turn(queue, some_entries(3))
    first = claim_now(queue, max_entries=2)
    assert first is not None

    queue.ack(first)
    queue.ack(first)
    clock.advance_us(3_600_000_000)

    assert ids(claim_now(queue)) == ["e2"]


async def test_the_former_consumer_may_acknowledge_what_was_taken_over(
    open_again: OpenQueue, clock: FixedClock
):
    queue = open_again(reclaim_after_s=30)
    await append_in_turn(queue, some_entries(2))
    of_the_slow = claim_now(queue, "slow")
    clock.advance_us(30_000_000)
    taken = claim_now(queue, "other")
    assert of_the_slow is not None
    assert taken is not None

    queue.ack(of_the_slow)
    queue.ack(taken)

    assert claim_now(queue, "other") is None
    assert queue.state().entries == 0


async def test_claims_acknowledged_out_of_order_leave_the_others_alone(queue: Queue):
    await append_in_turn(queue, some_entries(6))
    first, second = (claim_now(queue, consumer, max_entries=2) for consumer in ("a", "b"))
    assert first is not None
    assert second is not None

    queue.ack(second)
    await append_in_turn(queue, [an_entry("late")])

    assert ids(claim_now(queue, "b")) == ["e4", "e5", "late"]
    assert ids(claim_now(queue, "a")) == ["e0", "e1"]


async def test_is_full_at_its_number_of_entries_until_some_are_acknowledged(open_again: OpenQueue):
    queue = open_again(max_entries=2)
    await append_in_turn(queue, some_entries(2))
    claim = claim_now(queue)
    assert claim is not None

    with pytest.raises(Busy):
        await queue.append(an_entry("refused"))
    queue.ack(claim)

    assert await queue.append(an_entry("refused")) is Appended.STORED
    assert ids(claim_now(queue)) == ["refused"]


async def test_is_full_at_its_bytes(open_again: OpenQueue):
    queue = open_again(max_bytes=100)
    await queue.append(an_entry("fits", b"x" * 60))

    with pytest.raises(Busy):
        await queue.append(an_entry("refused", b"x" * 41))

    assert await queue.append(an_entry("fits too", b"x" * 40)) is Appended.STORED
    assert queue.state() == QueueState(entries=2, bytes=100, oldest_age_s=0)


async def test_many_appends_at_once_never_pass_the_bound(open_again: OpenQueue):
    queue = open_again(max_entries=10)

    answers = await asyncio.gather(
        *(queue.append(entry) for entry in some_entries(50)), return_exceptions=True
    )

    assert answers.count(Appended.STORED) == 10
    assert sum(isinstance(answer, Busy) for answer in answers) == 40
    assert queue.state().entries == 10


async def test_a_full_queue_still_knows_what_it_has(open_again: OpenQueue):
    """A client that retries because it lost our answer is told that all is well."""
    queue = open_again(max_entries=1)
    await queue.append(an_entry("same"))

    assert await queue.append(an_entry("same")) is Appended.REPEATED


async def test_says_how_full_it_is(queue: Queue, clock: FixedClock):
    await append_in_turn(
        queue,
        [an_entry("older", b"12345", appended_at_us=NOON_US - 5_500_000), an_entry("newer", b"123")],
    )

    waiting = queue.state()
    claim = claim_now(queue, max_entries=1)
    clock.advance_us(1_000_000)
    claimed = queue.state()
    assert claim is not None
    queue.ack(claim)
    acknowledged = queue.state()
    drain(queue)

    assert waiting == QueueState(entries=2, bytes=8, oldest_age_s=5.5)
    assert claimed == QueueState(entries=2, bytes=8, oldest_age_s=6.5)
    assert acknowledged == QueueState(entries=1, bytes=3, oldest_age_s=1.0)
    assert queue.state() == QueueState(entries=0, bytes=0, oldest_age_s=0)


async def test_knows_how_full_it_is_after_a_restart(open_again: OpenQueue):
    queue = open_again()
    await append_in_turn(queue, some_entries(3, b"12"))
    claim_now(queue, max_entries=1)
    queue.close()

    assert open_again().state() == QueueState(entries=3, bytes=6, oldest_age_s=0)


async def test_a_waiting_consumer_is_woken_by_an_append(queue: Queue):
    with ThreadPoolExecutor() as pool:
        claimed = pool.submit(queue.claim, "worker", 10, 1000, PATIENCE_S)
        await queue.append(an_entry("news"))

        assert ids(claimed.result()) == ["news"]


async def test_a_waiting_consumer_notices_what_another_process_appended(open_again: OpenQueue):
    here, elsewhere = open_again(), open_again()
    with ThreadPoolExecutor() as pool:
        claimed = pool.submit(here.claim, "worker", 10, 1000, PATIENCE_S)
        await elsewhere.append(an_entry("news"))

        assert ids(claimed.result()) == ["news"]


async def test_many_consumers_and_producers_lose_nothing_and_share_nothing(open_again: OpenQueue):
    queue, other_process = open_again(), open_again()
    entries = some_entries(600)
    claims: list[Claim] = []
    done = threading.Event()

    def consume(queue: Queue, consumer: str) -> None:
        while (claim := queue.claim(consumer, 7, 1000, 0.01)) or not done.is_set():
            if claim:
                claims.append(claim)
                queue.ack(claim)

    with ThreadPoolExecutor() as pool:
        consumers = [pool.submit(consume, each, f"c{number}") for number, each in enumerate([queue] * 2)]
        consumers += [pool.submit(consume, other_process, "elsewhere")]
        await append_at_once(queue, entries[:300])
        await append_at_once(other_process, entries[300:])
        done.set()
        for consumer in consumers:
            consumer.result()

    taken = [entry_id for claim in claims for entry_id in ids(claim)]
    assert sorted(taken) == sorted(entry.id for entry in entries)
    assert {claim.attempt for claim in claims} == {1}
    assert queue.state() == QueueState(entries=0, bytes=0, oldest_age_s=0)


async def test_a_closed_queue_refuses(queue: Queue):
    queue.close()
    queue.close()

    with pytest.raises(Busy):
        await queue.append(an_entry())


async def test_scrubbing_takes_nothing_that_waits_or_is_worked_on(queue: Queue):
    await append_in_turn(queue, some_entries(20, body=b"x" * 5000))
    claim = claim_now(queue, max_entries=10)
    assert claim is not None
    queue.ack(claim)
    in_hand = claim_now(queue, max_entries=5)
    assert in_hand is not None

    queue.scrub()
    queue.scrub()

    assert queue.state().entries == 10
    queue.ack(in_hand)
    assert [entry for claim in drain(queue) for entry in ids(claim)] == ["e15", "e16", "e17", "e18", "e19"]
    assert await queue.append(an_entry("e0")) is Appended.REPEATED
