"""Buckets in memory, on a clock that the test holds still."""

from hypothesis import given
from hypothesis import strategies as st

from lynex_server.engines.limits.memory import MemoryLimiter

STEPS = st.lists(
    st.tuples(st.floats(0, 30, allow_nan=False), st.integers(0, 12)), min_size=1, max_size=60
)  # seconds to wait, tokens to ask for


class HeldClock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@given(steps=STEPS, capacity=st.integers(1, 20), refill_per_s=st.floats(0.01, 100.0))
def test_over_any_window_no_more_is_taken_than_capacity_and_refill(steps, capacity, refill_per_s):
    clock = HeldClock()
    limiter = MemoryLimiter(clock)
    taken: list[tuple[float, int]] = []
    for wait_s, cost in steps:
        clock.now_s += wait_s
        if limiter.take("bucket", capacity=capacity, refill_per_s=refill_per_s, cost=cost).allowed:
            taken.append((clock.now_s, cost))

    for first in range(len(taken)):
        total = 0
        for at_s, cost in taken[first:]:
            total += cost
            assert total <= capacity + refill_per_s * (at_s - taken[first][0]) + 1e-5


@given(steps=STEPS, capacity=st.integers(1, 20), refill_per_s=st.floats(0.01, 100.0))
def test_after_the_wait_that_was_told_the_wish_is_granted_and_not_long_before(steps, capacity, refill_per_s):
    clock = HeldClock()
    limiter = MemoryLimiter(clock)
    wanted = {"capacity": capacity, "refill_per_s": refill_per_s}
    for wait_s, cost in steps:
        clock.now_s += wait_s
        cost = min(cost, capacity)
        answer = limiter.take("bucket", cost=cost, **wanted)
        if answer.allowed:
            continue
        clock.now_s += answer.retry_after_s * 0.9
        # A tenth of the wait must be worth more than rounding for this to say anything.
        if answer.retry_after_s * 0.1 * refill_per_s > 1e-5:
            assert not limiter.take("bucket", cost=cost, **wanted).allowed
        clock.now_s += answer.retry_after_s * 0.1
        assert limiter.take("bucket", cost=cost, **wanted).allowed


def test_a_bucket_is_full_when_it_said_it_would_be():
    clock = HeldClock()
    limiter = MemoryLimiter(clock)
    answer = limiter.take("bucket", capacity=10, refill_per_s=0.3, cost=7)

    clock.now_s += answer.reset_after_s

    assert limiter.take("bucket", capacity=10, refill_per_s=0.3, cost=10).allowed


def test_forgets_what_is_full_again_and_never_remembers_more_than_its_bound():
    clock = HeldClock()
    limiter = MemoryLimiter(clock, max_buckets=100)
    for number in range(1000):
        limiter.take(f"bucket-{number}", capacity=1, refill_per_s=0.001)
        assert len(limiter) <= 100
    assert not limiter.take("bucket-999", capacity=1, refill_per_s=0.001).allowed

    clock.now_s += 1001
    for number in range(60):
        limiter.take(f"late-{number}", capacity=1, refill_per_s=0.001)

    assert len(limiter) <= 61
