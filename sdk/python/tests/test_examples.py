"""Every example runs as a user would run it, and sends what it says."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from catalog import EVENTS, EXAMPLES, FOLDER, Example, run_example
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from receiver import Receiver, Request, inflated

NOT_EXAMPLES = {"local_model_server.py", "catalog.py"}


class Run(NamedTuple):
    """What one example did."""

    done: subprocess.CompletedProcess[str]
    requests: list[Request]

    def events(self) -> list[dict[str, Any]]:
        """Everything sent to `/v1/events`."""
        return [event for request in self.requests if request.path == EVENTS for event in request.events]

    def otlp_names(self, path: str) -> list[str]:
        """Names of the spans exported to an OTLP path."""
        bodies = [inflated(request) for request in self.requests if request.path == path]
        return [
            span.name
            for body in bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture(scope="module")
def run(model_url: str) -> Callable[[str], Run]:
    """Runs an example once, however many tests look at it."""
    runs: dict[str, Run] = {}

    def run_once(file: str) -> Run:
        if file not in runs:
            [example] = [example for example in EXAMPLES if example.file == file]
            with Receiver() as receiver:
                done = run_example(example, lynex_url=receiver.url, api_key="lx_example", model_url=model_url)
            runs[file] = Run(done, receiver.requests)
        return runs[file]

    return run_once


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.file for example in EXAMPLES])
def test_runs_and_sends_its_spans(example: Example, run: Callable[[str], Run]) -> None:
    ran = run(example.file)

    assert ran.done.returncode == 0, ran.done.stderr
    assert ran.done.stdout.strip()
    names = (
        [event.get("name", "") for event in ran.events()]
        if example.path == EVENTS
        else ran.otlp_names(example.path)
    )
    assert Counter(names) == Counter(example.spans)


def test_the_agent_is_one_tree(run: Callable[[str], Run]) -> None:
    first, tool, second, agent = run("tools_agent.py").events()

    assert {event["trace_id"] for event in (first, tool, second)} == {agent["trace_id"]}
    assert {event["parent_span_id"] for event in (first, tool, second)} == {agent["span_id"]}
    assert [event["kind"] for event in (first, tool, second, agent)] == ["llm", "tool", "llm", "agent"]
    assert first["attributes"]["lynex.tool_calls"] == ["get_weather"]
    assert agent["output"] == "The tool says: Rain in Oslo, 7 degrees."


def test_the_web_app_continues_the_trace_with_session_and_user(run: Callable[[str], Run]) -> None:
    call, handler, front = run("fastapi_session.py").events()

    assert call["parent_span_id"] == handler["span_id"]
    assert handler["parent_span_id"] == front["span_id"]
    assert (call["session_id"], call["end_user_id"]) == ("c-1", "ann")
    assert "session_id" not in front


def test_each_async_call_belongs_to_its_user(run: Callable[[str], Run]) -> None:
    events = run("async_chat.py").events()

    spans = {event["span_id"]: event for event in events}
    calls = [event for event in events if event["kind"] == "llm"]
    assert {event["end_user_id"] for event in calls} == {"ann", "bob", "eve"}
    assert all(spans[call["parent_span_id"]]["end_user_id"] == call["end_user_id"] for call in calls)


def test_every_script_is_in_the_catalogue() -> None:
    scripts = {path.name for path in FOLDER.iterdir() if path.suffix in (".py", ".sh")}

    assert scripts - NOT_EXAMPLES == {example.file for example in EXAMPLES}
    assert all(example.file in (FOLDER / "README.md").read_text() for example in EXAMPLES)
