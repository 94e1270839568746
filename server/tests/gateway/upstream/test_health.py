import random

from clocks import FixedClock
from gateway.factories import a_key, a_provider

from lynex_server.gateway.upstream.health import Health

PROVIDER = a_provider(breaker_failures=2, breaker_open_s=10)


def make():
    clock = FixedClock()
    return Health(clock, random.Random(1)), clock


def fail(health, provider=PROVIDER):
    assert health.enter(provider) == ""
    health.failed(provider)
    health.leave(provider)


def test_a_provider_that_fails_repeatedly_is_not_asked_for_a_while():
    health, clock = make()
    fail(health)
    fail(health)

    assert health.enter(PROVIDER) == "open"
    clock.advance_us(9_900_000)
    assert health.enter(PROVIDER) == "open"


def test_after_its_rest_one_call_tries_and_the_others_wait_for_it():
    health, clock = make()
    fail(health)
    fail(health)
    clock.advance_us(10_100_000)

    assert health.enter(PROVIDER) == ""
    assert health.enter(PROVIDER) == "open"
    health.worked(PROVIDER)
    assert health.enter(PROVIDER) == ""


def test_a_failed_try_makes_it_rest_again():
    health, clock = make()
    fail(health)
    fail(health)
    clock.advance_us(10_100_000)
    fail(health)

    assert health.enter(PROVIDER) == "open"


def test_an_answer_forgives_earlier_failures():
    health, _ = make()
    fail(health)
    assert health.enter(PROVIDER) == ""
    health.worked(PROVIDER)
    fail(health)

    assert health.enter(PROVIDER) == ""


def test_no_more_calls_than_allowed_are_under_way():
    health, _ = make()
    narrow = a_provider("narrow", max_concurrency=2)

    assert [health.enter(narrow) for _ in range(3)] == ["", "", "full"]
    health.leave(narrow)
    assert health.enter(narrow) == ""


def test_a_key_that_was_refused_rests_while_another_works():
    health, clock = make()
    first, second = a_key("first"), a_key("second")
    provider = a_provider(keys=[first, second])
    health.rests(first, None)

    assert {health.key_for(provider).name for _ in range(20)} == {"second"}
    clock.advance_us(31_000_000)
    assert {health.key_for(provider).name for _ in range(50)} == {"first", "second"}


def test_when_every_key_rests_they_are_tried_all_the_same():
    health, _ = make()
    key = a_key("only")
    health.rests(key, 5)

    assert health.key_for(a_provider(keys=[key])) == key
