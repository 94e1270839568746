"""What every limiter promises; see `protocol.py`. Clocks are real here, so rates are so slow that nothing
comes back during a test, or so fast that everything does."""

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lynex_server.engines.limits.protocol import Correction, Limiter, Take

SLOW = 1e-6
"""Tokens per second: none comes back while a test runs."""


def test_a_bucket_gives_what_it_holds_and_no_more(limiter: Limiter):
    answers = [limiter.take("project", capacity=3, refill_per_s=SLOW) for _ in range(5)]

    assert [answer.allowed for answer in answers] == [True, True, True, False, False]
    assert [answer.remaining for answer in answers] == [2, 1, 0, 0, 0]


def test_a_refusal_says_when_to_come_back(limiter: Limiter):
    limiter.take("project", capacity=2, refill_per_s=0.001, cost=2)

    refused = limiter.take("project", capacity=2, refill_per_s=0.001)

    assert 900 < refused.retry_after_s <= 1000
    assert refused.retry_after_s < refused.reset_after_s <= 2000


def test_what_was_told_to_wait_is_enough(limiter: Limiter):
    for _ in range(20):
        limiter.take("project", capacity=1, refill_per_s=200.0)
        answer = limiter.take("project", capacity=1, refill_per_s=200.0)
        if answer.allowed:
            continue  # so slow was the machine that it had come back by itself
        time.sleep(answer.retry_after_s)

        assert limiter.take("project", capacity=1, refill_per_s=200.0).allowed


def test_a_bucket_never_holds_more_than_its_capacity(limiter: Limiter):
    limiter.take("project", capacity=5, refill_per_s=1e9, cost=5)
    time.sleep(0.002)

    assert limiter.take("project", capacity=5, refill_per_s=1e9, cost=0).remaining == 5


def test_a_refusal_takes_nothing(limiter: Limiter):
    limiter.take("project", capacity=10, refill_per_s=SLOW, cost=4)

    assert not limiter.take("project", capacity=10, refill_per_s=SLOW, cost=7).allowed
    assert limiter.take("project", capacity=10, refill_per_s=SLOW, cost=6).allowed


def test_what_is_more_than_a_bucket_can_hold_is_never_given(limiter: Limiter):
    refused = limiter.take("project", capacity=10, refill_per_s=5.0, cost=11)

    assert (refused.allowed, refused.retry_after_s) == (False, math.inf)
    assert refused.remaining == 10


def test_looking_costs_nothing_and_is_never_refused(limiter: Limiter):
    limiter.take("project", capacity=1, refill_per_s=SLOW)

    looks = [limiter.take("project", capacity=1, refill_per_s=SLOW, cost=0) for _ in range(3)]

    assert {(look.allowed, look.remaining) for look in looks} == {(True, 0)}


def test_buckets_know_nothing_of_each_other(limiter: Limiter):
    limiter.take("one", capacity=1, refill_per_s=SLOW)

    assert limiter.take("other", capacity=1, refill_per_s=SLOW).allowed


def test_of_several_buckets_all_give_or_none_loses_anything(limiter: Limiter):
    full, empty = Take("project", 10, SLOW), Take("key", 1, SLOW)
    assert [each.allowed for each in limiter.take_all([full, empty])] == [True, True]

    refused = limiter.take_all([full, empty])

    assert [(each.allowed, each.remaining) for each in refused] == [(True, 9), (False, 0)]
    assert limiter.take_all([full])[0].remaining == 8


def test_what_was_taken_counts_when_the_limit_changes(limiter: Limiter):
    limiter.take("project", capacity=10, refill_per_s=SLOW, cost=8)

    lowered = limiter.take("project", capacity=5, refill_per_s=SLOW)
    raised = limiter.take("project", capacity=20, refill_per_s=SLOW)

    assert (lowered.allowed, lowered.remaining) == (False, 0)
    assert (raised.allowed, raised.remaining) == (True, 11)


def test_threads_together_get_no_more_than_one_would(limiter: Limiter):
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: limiter.take("project", capacity=50, refill_per_s=SLOW), range(200))
        )

    assert sum(answer.allowed for answer in answers) == 50
    assert sorted(answer.remaining for answer in answers if answer.allowed) == list(range(50))


async def test_an_event_loop_takes_from_the_same_buckets(limiter: Limiter):
    await asyncio.to_thread(limiter.take, "project", capacity=50, refill_per_s=SLOW, cost=20)

    answers = await asyncio.gather(*(limiter.take_all_async([Take("project", 50, SLOW)]) for _ in range(60)))
    both = await limiter.take_all_async([Take("project", 50, SLOW), Take("key", 1, SLOW)])

    assert sum(answer.allowed for [answer] in answers) == 30
    assert [each.allowed for each in both] == [False, True]


def test_what_was_taken_too_much_comes_back(limiter: Limiter):
    limiter.take("tokens", capacity=100, refill_per_s=SLOW, cost=80)

    limiter.correct([Correction("tokens", 100, SLOW, -50)])

    assert limiter.take("tokens", capacity=100, refill_per_s=SLOW, cost=0).remaining == 70


def test_a_bucket_given_too_much_back_is_full_and_no_more(limiter: Limiter):
    limiter.take("tokens", capacity=100, refill_per_s=SLOW, cost=10)

    limiter.correct([Correction("tokens", 100, SLOW, -50), Correction("unused", 100, SLOW, -50)])

    assert limiter.take("tokens", capacity=100, refill_per_s=SLOW, cost=0).remaining == 100
    assert limiter.take("unused", capacity=100, refill_per_s=SLOW, cost=0).remaining == 100


def test_what_was_taken_too_little_is_owed_and_everybody_waits_for_it(limiter: Limiter):
    limiter.take("tokens", capacity=100, refill_per_s=1.0, cost=90)

    limiter.correct([Correction("tokens", 100, 1.0, 50)])
    refused = limiter.take("tokens", capacity=100, refill_per_s=1.0)

    assert (refused.allowed, refused.remaining) == (False, 0)
    assert 35 < refused.retry_after_s <= 41


def test_a_debt_has_a_bound(limiter: Limiter):
    limiter.correct([Correction("tokens", 100, 0.001, 10**9)])

    refused = limiter.take("tokens", capacity=100, refill_per_s=0.001)

    assert 100_000 < refused.retry_after_s <= 101_000


async def test_threads_and_event_loops_correct_the_same_buckets_exactly(limiter: Limiter):
    limiter.take("tokens", capacity=1000, refill_per_s=SLOW, cost=500)

    with ThreadPoolExecutor(8) as pool:
        back = pool.map(lambda _: limiter.correct([Correction("tokens", 1000, SLOW, -3)]), range(100))
        list(back)
    await asyncio.gather(*(limiter.correct_async([Correction("tokens", 1000, SLOW, 1)]) for _ in range(100)))

    assert limiter.take("tokens", capacity=1000, refill_per_s=SLOW, cost=0).remaining == 700


def test_over_any_stretch_of_time_no_more_is_given_than_capacity_and_refill(limiter: Limiter):
    granted: list[tuple[float, float]] = []
    for _ in range(300):
        before = time.monotonic()
        if limiter.take("project", capacity=7, refill_per_s=900.0).allowed:
            granted.append((before, time.monotonic()))

    for first in range(0, len(granted), 5):
        for last in range(first, len(granted)):
            # From before the first was asked for to after the last was given: longer than it really took.
            took_s = granted[last][1] - granted[first][0]
            assert last - first + 1 <= 7 + 900.0 * (took_s + 0.001) + 1e-6


@pytest.mark.parametrize(
    "wish",
    [
        {"capacity": 0, "refill_per_s": 1.0},
        {"capacity": 1, "refill_per_s": 0.0},
        {"capacity": 1, "refill_per_s": math.inf},
        {"capacity": 1, "refill_per_s": math.nan},
        {"capacity": 1, "refill_per_s": 1.0, "cost": -1},
    ],
)
def test_refuses_what_is_no_bucket(limiter: Limiter, wish):
    with pytest.raises(ValueError, match="token bucket"):
        limiter.take("project", **wish)


def test_refuses_to_correct_what_is_no_bucket():
    with pytest.raises(ValueError, match="token bucket"):
        Correction("tokens", 0, 1.0, 1)
