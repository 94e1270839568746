"""What the tests share: the examples' model server, and a receiver that plays the Lynex server."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3] / "examples"))

from local_model_server import make_server
from receiver import Receiver

import lynex
from lynex._internal import report, runtime


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """Address of a running model server, without `/v1`."""
    server = make_server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running receiver of events."""
    with Receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins with nothing configured, and leaves nothing behind."""
    monkeypatch.setenv("LYNEX_ENABLED", "false")
    for name in ("LYNEX_URL", "LYNEX_INGEST_URL", "LYNEX_API_KEY", "LYNEX_HMAC_SECRET", "LYNEX_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    report.forget_warnings()
    before = runtime.install(None)
    yield
    lynex.uninstrument()
    ours = runtime.install(before)
    if ours is not None:
        ours.sink.close(0.2)
