"""A control server of its own for each test, asked often enough to wait for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from control_server import ControlServer

from lynex._internal.enforcement import gate as gate_module
from lynex._internal.enforcement import listener as listener_module
from lynex._internal.runtime import active


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlServer]:
    monkeypatch.setattr(listener_module, "POLL_S", 0.02)
    monkeypatch.setattr(gate_module, "FIRST_STATE_S", 5.0)
    with ControlServer() as server:
        yield server
        gate = active().gate
        if gate is not None:
            gate.stop()
