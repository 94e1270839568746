"""One running Lynex that the tests share; each keeps to itself by a project of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from app.gateway_tenant import EverySurface
from app.real_lynex import Installation, Tenant
from app.scripted_upstream import ScriptedUpstream
from app.speaking_upstream import speaking_upstream
from benchmarks.stack import Lynex, running_lynex

COMMUNITY_PRICES = Path(__file__).parents[1] / "pricing" / "side_by_side_prices.json"
MAX_UPLOAD_BYTES = 42_000_000


@pytest.fixture(scope="session")
def lynex() -> Iterator[Lynex]:
    """A real `lynex up` for the whole run."""
    environment = {
        "PYTHONDONTWRITEBYTECODE": "",  # compiled once for all the processes that the tests start
        # The tests of this process show thousands of wrong keys, all from one address.
        "LYNEX_REFUSED_CREDENTIALS_PER_ADDRESS_PER_MINUTE": "1000000",
        "LYNEX_COMMUNITY_PRICES_FILE": str(COMMUNITY_PRICES),  # has no model that the bundled data lacks
        "LYNEX_SIGN_IN_ATTEMPTS_PER_ADDRESS_PER_MINUTE": "1000000",
        "LYNEX_GATEWAY_MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES),
    }
    with running_lynex(**environment) as running:
        yield running


@pytest.fixture(scope="session")
def installation(lynex: Lynex) -> Installation:
    """The same, from behind."""
    return Installation.in_folder(f"http://127.0.0.1:{lynex.port}", lynex.folder)


@pytest.fixture
def tenant(installation: Installation) -> Tenant:
    """A new, empty project with a key that may do everything."""
    return installation.new_tenant()


@pytest.fixture(scope="session")
def speaking() -> Iterator[ScriptedUpstream]:
    """A provider that speaks every surface."""
    with speaking_upstream() as upstream:
        yield upstream


@pytest.fixture
def every_surface(tenant: Tenant, speaking: ScriptedUpstream) -> Iterator[EverySurface]:
    """A project whose gateway leads to it, by a provider of every kind."""
    speaking.asked.clear()
    speaking.hold.clear()
    yield EverySurface(tenant, speaking)
    speaking.knows_only_chat = False
    speaking.hold.set()
