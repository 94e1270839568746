"""Redaction before sending: the server's rules, and a function of the app's own."""

from __future__ import annotations

import copy
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from receiver import Fault, Receiver, inflated
from sending import FAST, configure, record, wait_until

import lynex
import lynex.testing
from lynex._internal.redaction import server_rules
from lynex._internal.redaction.rules import Rules, UnknownRules

FOLDER = Path(__file__).parents[3] / "contract" / "redaction"
GOLDEN = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
CASES = [(name, number) for name, golden in GOLDEN.items() for number in range(len(golden["cases"]))]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_sdk_removes_what_the_golden_cases_say(name, number):
    case = GOLDEN[name]["cases"][number]
    event = copy.deepcopy(case["event"])

    assert Rules(GOLDEN[name]["rules"]).redacted(event) == case["redacted"]
    assert event == case["event"]


@pytest.mark.parametrize("name", GOLDEN)
def test_redacting_twice_is_redacting_once(name):
    """The server redacts again what an SDK has redacted."""
    rules = Rules(GOLDEN[name]["rules"])
    for case in GOLDEN[name]["cases"]:
        assert rules.redacted(case["redacted"]) == case["redacted"]


def test_rules_of_another_format_are_refused():
    with pytest.raises(UnknownRules, match="format 2"):
        Rules({**GOLDEN["default"]["rules"], "format": 2})


def test_a_check_that_is_not_known_is_refused():
    rules = copy.deepcopy(GOLDEN["default"]["rules"])
    rules["patterns"][0]["check"] = "by_a_model"

    with pytest.raises(UnknownRules, match="by_a_model"):
        Rules(rules)


def serve_rules(receiver: Receiver, name: str, **changes: Any) -> None:
    rules = {**GOLDEN[name]["rules"], **changes}
    receiver.rules = (rules["version"], json.dumps(rules).encode())


def test_nothing_is_sent_that_the_servers_rules_remove(receiver):
    serve_rules(receiver, "default")
    configure(receiver, redact="server")

    record(1, input="write to jane@example.com", tags=["a@b.co"])

    assert lynex.flush()
    [event] = receiver.events
    assert (event["input"], event["tags"]) == ("write to [redacted:email]", ["[redacted:email]"])
    assert b"jane" not in b"".join(request.body for request in receiver.requests)
    assert receiver.rules_asked[0]["authorization"] == "Bearer lx_test"


def test_a_signed_client_asks_for_rules_with_its_signature(receiver):
    serve_rules(receiver, "default")
    configure(receiver, redact="server", api_key=None, hmac_secret="lx_secret", project_id="acme")

    record(1)

    assert lynex.flush()
    assert receiver.rules_asked[0]["x-lynex-key"] == "acme"


def test_nothing_is_sent_before_the_rules_are_known(receiver):
    configure(receiver, redact="server")
    record(3, input="jane@example.com")
    wait_until(lambda: receiver.rules_asked)

    assert not lynex.flush(0.2)
    assert receiver.events == []

    serve_rules(receiver, "default")
    assert lynex.flush(10.0)
    assert {event["input"] for event in receiver.events} == {"[redacted:email]"}


def test_without_rules_events_are_dropped_and_counted(receiver):
    configure(receiver, redact="server", max_retry_s=0.05)

    record(3, input="jane@example.com")

    assert lynex.flush(10.0)
    assert (lynex.stats().dropped, receiver.events) == (3, [])


def test_rules_that_are_too_new_let_nothing_through(receiver):
    serve_rules(receiver, "default", format=2)
    configure(receiver, redact="server", max_retry_s=0.05)

    record(1)

    assert lynex.flush(10.0)
    assert (lynex.stats().dropped, receiver.events) == (1, [])


def test_changed_rules_are_followed_and_unchanged_ones_not_fetched_again(receiver, monkeypatch):
    monkeypatch.setattr(server_rules, "REFRESH_S", 0.0)
    serve_rules(receiver, "paths")
    configure(receiver, redact="server")
    record(1, input="jane@example.com")
    assert lynex.flush()
    record(1, input="jane@example.com")
    assert lynex.flush()
    assert receiver.rules_asked[1]["if-none-match"] == f'"{GOLDEN["paths"]["rules"]["version"]}"'

    serve_rules(receiver, "default")
    record(1, input="jane@example.com")

    assert lynex.flush()
    assert [event["input"] for event in receiver.events] == ["jane@example.com"] * 2 + ["[redacted:email]"]


def test_known_rules_hold_while_new_ones_cannot_be_had(receiver, monkeypatch):
    monkeypatch.setattr(server_rules, "REFRESH_S", 0.0)
    serve_rules(receiver, "default")
    configure(receiver, redact="server")
    record(1)
    assert lynex.flush()
    receiver.rules = None

    record(1, input="jane@example.com")

    assert lynex.flush()
    assert receiver.events[-1]["input"] == "[redacted:email]"


def test_where_no_content_is_stored_none_is_kept_for_sending(receiver):
    """Not even in the buffer: what waits there has no text."""
    serve_rules(receiver, "no-content-in-production")
    configure(receiver, redact="server", environment="production")
    record(1, input="first secret")
    assert lynex.flush()
    sink = lynex._internal.runtime.active().sink
    receiver.faults = [Fault(status=503)] * 3
    record(1, input="second secret")
    wait_until(lambda: not receiver.faults or sink._line.outbound or sink._line.in_flight)
    waiting = [item for item in sink._line.outbound if isinstance(item, bytes)]

    assert not any(b"secret" in item for item in waiting)
    assert lynex.flush(10.0)
    assert [event.get("input") for event in receiver.events] == [None, None]
    assert b"second secret" not in b"".join(inflated(each) for each in receiver.requests)


def test_an_own_function_is_given_every_text():
    with (
        lynex.testing.capture(redact=lambda text: text.replace("jane", "J.")) as spans,
        lynex.span("ask jane", input={"q": ["jane?"]}, tags=["jane"]) as span,
    ):
        span.set_output("jane!")

    [event] = spans.events
    assert (event["name"], event["input"], event["tags"], event["output"]) == (
        "ask J.",
        {"q": ["J.?"]},
        ["J."],
        "J.!",
    )


def test_an_event_whose_own_function_fails_is_not_sent(receiver):
    def failing(text: str) -> str:
        raise RuntimeError("cannot")

    configure(receiver, redact=failing)
    record(2)

    assert lynex.flush()
    assert (lynex.stats().dropped, receiver.events) == (2, [])


def test_an_own_function_runs_on_a_background_thread(receiver):
    threads = set()

    def noting(text: str) -> str:
        threads.add(threading.current_thread().name)
        return text

    configure(receiver, redact=noting)
    record(1, input="x")

    assert lynex.flush()
    assert threads == {"lynex-encoder"}


def test_the_environment_can_ask_for_the_servers_rules(receiver, monkeypatch):
    serve_rules(receiver, "default")
    monkeypatch.setenv("LYNEX_REDACT", "server")
    configure(receiver)

    record(1, input="jane@example.com")

    assert lynex.flush()
    assert receiver.events[0]["input"] == "[redacted:email]"


def test_another_word_is_a_mistake():
    with pytest.raises(ValueError, match="redact must be"):
        lynex.configure(redact="everything", **FAST)
