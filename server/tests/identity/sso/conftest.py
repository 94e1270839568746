"""A Lynex on each database, and OpenID providers that really run."""

import time
from collections.abc import Iterator

import pytest
from clocks import FixedClock
from identity.openid_provider import OtherProvider, Provider, running_other_provider, running_provider
from identity.signing_in import Installation
from joserfc.jwk import RSAKey

from lynex_server.engines.relational.database import Database, open_database


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(time.time_ns() // 1000)  # the provider's tokens are of today


@pytest.fixture
def lynex(database: Database, clock: FixedClock) -> Installation:
    return Installation.on(database, clock)


@pytest.fixture
def quick_lynex(sqlite_url: str, clock: FixedClock) -> Iterator[Installation]:
    """For what does not depend on the database."""
    database = open_database(sqlite_url)
    yield Installation.on(database, clock)
    database.close()


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


@pytest.fixture
def provider(key: RSAKey) -> Iterator[Provider]:
    with running_provider(key) as running:
        yield running


@pytest.fixture(scope="module")
def other_provider() -> Iterator[OtherProvider]:
    with running_other_provider() as running:
        yield running
