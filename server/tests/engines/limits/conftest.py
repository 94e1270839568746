"""Every contract test runs once per limiter; Redis is a real one."""

from collections.abc import Callable, Iterator

import pytest

from lynex_server.engines.limits.opening import open_limiter
from lynex_server.engines.limits.protocol import Limiter


@pytest.fixture(params=["memory", "redis"])
def limiter_url(request: pytest.FixtureRequest) -> str:
    """Where no bucket was used yet."""
    if request.param == "memory":
        return "memory:"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def open_again() -> Iterator[Callable[[str], Limiter]]:
    """Opens a limiter, as often as asked; all are closed at the end."""
    opened: list[Limiter] = []

    def open_it(url: str) -> Limiter:
        opened.append(open_limiter(url))
        return opened[-1]

    yield open_it
    for limiter in opened:
        limiter.close()


@pytest.fixture
def limiter(limiter_url: str, open_again: Callable[[str], Limiter]) -> Limiter:
    """An open limiter, all buckets full."""
    return open_again(limiter_url)
