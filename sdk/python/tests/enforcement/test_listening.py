"""How a process hears what holds, and what it does when it hears nothing."""

from __future__ import annotations

import os
import time

import pytest
from control_server import ControlServer, a_switch
from enforcing import call, enforce, knows
from sending import configure, wait_until

import lynex
from lynex._internal.enforcement import gate as gate_module
from lynex._internal.runtime import active


def test_fails_open_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "FIRST_STATE_S", 0.1)
    enforce("http://127.0.0.1:1")

    call()
    active().gate.stop()


def test_fails_closed_where_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "FIRST_STATE_S", 0.1)
    enforce("http://127.0.0.1:1", fail="closed")

    with pytest.raises(lynex.LynexUnreachable):
        call()
    active().gate.stop()


def test_closed_goes_by_when_the_server_was_last_heard(control: ControlServer) -> None:
    enforce(control, fail="closed")
    call()

    active().gate._listener.stop()
    active().gate._listener._thread.join()
    active().gate._listener.heard_at_s -= 31

    with pytest.raises(lynex.LynexUnreachable, match="not heard of for 3"):
        call()


def test_what_was_known_to_stop_goes_on_to_when_the_server_is_gone() -> None:
    """A kill switch must not end because the control plane does."""
    with ControlServer() as control:
        control.say(a_switch())
        enforce(control)
        with pytest.raises(lynex.KillSwitchActive):
            call()

    gate = active().gate
    gate._listener.heard_at_s -= 3600
    with pytest.raises(lynex.KillSwitchActive):
        call()
    gate.stop()


def test_polls_where_streams_do_not_get_through(control: ControlServer) -> None:
    control.streams = False
    control.say(a_switch())
    enforce(control)

    with pytest.raises(lynex.KillSwitchActive):
        call()
    control.say()
    wait_until(lambda: knows(0))
    wait_until(lambda: any(headers.get("if-none-match") == '"3"' for _, headers in control.asked))


def test_signs_its_questions_where_a_secret_is_set(control: ControlServer) -> None:
    configure(control.url, api_key="", hmac_secret="s" * 40, project_id="default", enforce="enforce")
    call()

    headers = control.asked[0][1]
    assert {"x-lynex-signature", "x-lynex-timestamp", "x-lynex-key"} <= set(headers)
    assert "authorization" not in headers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_listens_by_itself(control: ControlServer) -> None:
    enforce(control)
    call()
    child = os.fork()
    if child == 0:
        outcome = 1
        try:
            for _ in range(1000):
                try:
                    call()
                except lynex.KillSwitchActive:
                    outcome = 0
                    break
                time.sleep(0.005)
        finally:
            os._exit(outcome)
    control.say(a_switch())

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
