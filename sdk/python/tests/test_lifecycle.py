"""From the first span of a process to its end: threads, forks, exits, and what the environment says."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from receiver import Fault, Receiver
from sending import configure, expected, record

import lynex


def test_no_thread_runs_before_the_first_span(receiver: Receiver) -> None:
    before = set(threading.enumerate())
    configure(receiver)
    assert set(threading.enumerate()) <= before

    record()
    running = [thread for thread in threading.enumerate() if thread.name.startswith("lynex")]
    assert len(set(running) - before) == 2
    assert all(thread.daemon for thread in running)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_sends_its_own_spans_and_none_of_its_parent(receiver: Receiver) -> None:
    configure(receiver, flush_interval_s=60.0)
    record(3)
    child = os.fork()
    if child == 0:
        ok = False
        try:
            with lynex.span("child"):
                pass
            ok = lynex.flush(5.0)
        finally:
            os._exit(0 if ok else 1)
    _, status = os.waitpid(child, 0)
    assert lynex.flush(5.0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert sorted(receiver.names) == ["child", *expected(3)]


def run_script(script: str, receiver: Receiver, **more: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "LYNEX_URL": receiver.url,
        "LYNEX_API_KEY": "lx_env",
        "LYNEX_ENABLED": "1",
        **more,
    }
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_end_of_a_process_delivers_what_is_left(receiver: Receiver) -> None:
    script = """
        import lynex
        for number in range(20):
            with lynex.span(f"span {number}"):
                pass
    """
    done = run_script(script, receiver, LYNEX_FLUSH_INTERVAL_S="60", LYNEX_SERVICE="script")

    assert (done.returncode, done.stderr) == (0, "")
    assert receiver.names == expected(20)
    assert receiver.events[0]["service"] == "script"
    assert receiver.requests[0].headers["authorization"] == "Bearer lx_env"


def test_an_exception_at_the_end_is_delivered_and_told_by_python(receiver: Receiver) -> None:
    done = run_script("import lynex\nwith lynex.span('fails'):\n    raise SystemExit(3)", receiver)

    assert done.returncode == 3
    assert receiver.events[0]["status"] == "error"


def test_a_hanging_server_does_not_hold_up_the_end(receiver: Receiver) -> None:
    receiver.rule = lambda request: Fault(200, hang_s=20.0)
    began = time.monotonic()
    done = run_script("import lynex\nwith lynex.span('x'): pass", receiver, LYNEX_EXIT_TIMEOUT_S="0.5")

    assert done.returncode == 0
    assert time.monotonic() - began < 15.0
    assert "dropped" in done.stderr


def test_unconfigured_it_warns_once_and_does_nothing() -> None:
    script = """
        import lynex
        for _ in range(3):
            with lynex.span("x") as span:
                span.set_usage(1, 1)
        assert lynex.flush() and lynex.stats().sent == 0
    """
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LYNEX_")}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr.count("records nothing") == 1


def test_a_setting_that_cannot_be_read_is_told_and_left(receiver: Receiver) -> None:
    done = run_script("import lynex\nwith lynex.span('x'): pass", receiver, LYNEX_MAX_BATCH_EVENTS="many")

    assert done.stderr.count("LYNEX_MAX_BATCH_EVENTS='many'") == 1
    assert receiver.names == ["x"]


def test_a_new_configuration_delivers_what_the_old_one_captured(receiver: Receiver) -> None:
    with Receiver() as second:
        configure(receiver, flush_interval_s=60.0)
        record(2)
        configure(second)
        record(1)
        lynex.flush()

        assert (receiver.names, second.names) == (expected(2), expected(1))


def test_a_sample_rate_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        lynex.configure(sample_rate=1.5)
