"""A process that leaves it to its project whether budgets and kill switches are kept."""

from __future__ import annotations

import pytest
from control_server import ControlServer, a_budget, a_switch
from enforcing import a_hard_budget, call, enforce
from sending import wait_until

import lynex
from lynex._internal.enforcement import gate as gate_module
from lynex._internal.runtime import active


def project_says(mode: str) -> bool:
    gate = active().gate
    assert gate is not None
    return gate._listener.rules.mode == mode


def test_a_project_turns_enforcement_on_and_off_while_the_process_runs(
    control: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    control.say(a_switch())
    enforce(control, enforce="project")
    call()

    control.say(a_switch(), enforcement="warn")
    wait_until(lambda: project_says("warn"))
    call()
    assert "lynex would stop calls: A kill switch stops this call: runaway" in caplog.messages

    control.say(a_switch(), enforcement="enforce")
    wait_until(lambda: project_says("enforce"))
    with pytest.raises(lynex.KillSwitchActive):
        call()


def test_what_the_process_says_itself_goes_before_the_project(control: ControlServer) -> None:
    control.say(a_switch(), enforcement="off")
    enforce(control)

    with pytest.raises(lynex.KillSwitchActive):
        call()


def test_under_a_project_that_enforces_nothing_no_money_is_set_aside(control: ControlServer) -> None:
    hard = a_hard_budget()
    control.say(budgets=(hard, a_budget("slow", action="slow_down")))
    enforce(control, enforce="project")
    call()
    assert control.reserved == []

    control.say(budgets=(hard,), enforcement="enforce")
    wait_until(lambda: project_says("enforce"))
    call()
    assert len(control.reserved) == 1


def test_a_project_that_was_never_heard_of_is_let_through_or_not_by_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate_module, "FIRST_STATE_S", 0.1)
    enforce("http://127.0.0.1:1", enforce="project")
    call()
    active().gate.stop()

    enforce("http://127.0.0.1:1", enforce="project", fail="closed")
    with pytest.raises(lynex.LynexUnreachable):
        call()
    active().gate.stop()
