"""Attempts to sign in, counted by network and by account."""

import pytest

from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.settings import SignInSettings
from lynex_server.kernel.errors import TooManyRequests


@pytest.fixture
def attempts() -> Attempts:
    settings = SignInSettings(
        sign_in_attempts_per_address_per_minute=3, sign_in_attempts_per_account_per_hour=2
    )
    return Attempts(MemoryLimiter(), settings)


def refused(attempts: Attempts, what: str, address: str, account: str = "") -> bool:
    try:
        attempts.count(what, address, account)
    except TooManyRequests:
        return True
    return False


def test_an_address_has_so_many_attempts_a_minute(attempts: Attempts) -> None:
    assert [refused(attempts, "link", "192.0.2.7") for _ in range(5)] == [False] * 3 + [True] * 2
    assert not refused(attempts, "link", "192.0.2.8")


def test_one_customer_does_not_get_more_by_the_many_addresses_of_ipv6(attempts: Attempts) -> None:
    addresses = [f"2001:db8:1:2:{number:x}::1" for number in range(4)]

    assert [refused(attempts, "link", address) for address in addresses] == [False] * 3 + [True]
    assert not refused(attempts, "link", "2001:db8:1:3::1")


def test_an_account_has_so_many_attempts_from_wherever(attempts: Attempts) -> None:
    addresses = [f"192.0.2.{number}" for number in range(4)]

    tries = [refused(attempts, "password", address, "ada@acme.test") for address in addresses]

    assert tries == [False, False, True, True]
    assert not refused(
        attempts, "link", "192.0.2.9", "ada@acme.test"
    )  # who is locked out of one has the other


def test_what_is_refused_for_the_account_does_not_use_up_the_address(attempts: Attempts) -> None:
    for _ in range(2):
        attempts.count("password", "192.0.2.7", "ada@acme.test")
    for _ in range(10):
        assert refused(attempts, "password", "192.0.2.7", "ada@acme.test")

    assert not refused(attempts, "password", "192.0.2.7", "grace@acme.test")


def test_the_limiter_learns_no_address_of_anybody(attempts: Attempts) -> None:
    limiter = MemoryLimiter()
    Attempts(limiter, SignInSettings()).count("password", "192.0.2.7", "ada@acme.test")

    assert "ada" not in str(limiter._buckets)


def test_few_failures_are_noted(attempts: Attempts) -> None:
    assert sum(attempts.may_be_noted("ada@acme.test") for _ in range(50)) == 10
    assert attempts.may_be_noted("grace@acme.test")


def test_an_address_is_refused_so_often_a_minute_and_then_told_to_wait() -> None:
    attempts = Attempts(MemoryLimiter(), SignInSettings(refused_credentials_per_address_per_minute=2))
    attempts.refuse("192.0.2.7")
    attempts.refuse("192.0.2.7")

    with pytest.raises(TooManyRequests) as raised:
        attempts.refuse("192.0.2.7")

    assert 1 <= raised.value.retry_after_s <= 60
    attempts.refuse("192.0.2.8")
