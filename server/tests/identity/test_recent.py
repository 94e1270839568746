"""Answers that are remembered for a moment."""

from clocks import FixedClock

from lynex_server.identity.recent import Recent


def test_an_answer_is_forgotten_when_it_is_too_old() -> None:
    clock = FixedClock()
    recent: Recent[str, int] = Recent(clock, max_age_us=10, max_entries=5)
    recent.put("a", 1, asked_at_us=clock.now_us())

    clock.advance_us(10)
    assert recent.get("a") == 1
    clock.advance_us(1)
    assert recent.get("a") is None


def test_a_clock_that_is_set_back_makes_no_answer_live_longer() -> None:
    clock = FixedClock()
    recent: Recent[str, int] = Recent(clock, max_age_us=10, max_entries=5)
    recent.put("a", 1, asked_at_us=clock.now_us())

    clock.advance_us(-1)

    assert recent.get("a") is None


def test_holds_no_more_than_its_bound() -> None:
    clock = FixedClock()
    recent: Recent[int, int] = Recent(clock, max_age_us=10, max_entries=5)

    for key in range(23):
        recent.put(key, key, asked_at_us=clock.now_us())

    assert len([key for key in range(23) if recent.get(key) is not None]) <= 5
    assert recent.get(22) == 22


def test_an_answer_is_due_once_when_half_of_its_time_is_over() -> None:
    clock = FixedClock()
    recent: Recent[str, int] = Recent(clock, max_age_us=10, max_entries=5)
    recent.put("a", 1, asked_at_us=clock.now_us())

    clock.advance_us(5)
    assert not recent.due("a")
    clock.advance_us(1)
    assert [recent.due("a"), recent.due("a")] == [True, False]
    recent.put("a", 2, asked_at_us=clock.now_us())
    clock.advance_us(6)

    assert recent.due("a")
    assert not recent.due("nobody")


def test_one_answer_can_be_forgotten() -> None:
    clock = FixedClock()
    recent: Recent[str, int] = Recent(clock, max_age_us=10, max_entries=5)
    recent.put("a", 1, asked_at_us=clock.now_us())

    recent.forget("a")

    assert recent.get("a") is None
