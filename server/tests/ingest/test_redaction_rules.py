"""The rules that SDKs apply: golden cases that every SDK is held to as well (`contract/redaction`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from lynex_server.ingest.public import IngestSettings, RedactionSettings, Redactor, decode_events
from lynex_server.ingest.redaction.rules import effective_rules
from lynex_server.spans.public import SpanEvent

FOLDER = Path(__file__).parents[3] / "contract" / "redaction"
GOLDEN = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
CASES = [(name, number) for name, golden in GOLDEN.items() for number in range(len(golden["cases"]))]
REDACTED = ("input", "output", "name", "error_message", "tags", "metadata", "attributes")


def a_span(event: dict[str, Any]) -> SpanEvent:
    """The span that the server makes of an event."""
    whole = {"ts": 1_767_614_400, "trace_id": "1" * 32, "span_id": "1" * 16, **event}
    decoded = decode_events(json.dumps(whole).encode(), "application/json", IngestSettings(), ())
    assert decoded.rejections == []
    return decoded.spans[0]


def test_there_are_golden_cases() -> None:
    assert len(GOLDEN) >= 5
    assert len(CASES) >= 30


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_server_removes_what_the_golden_cases_say(name: str, number: int) -> None:
    golden = GOLDEN[name]
    case = golden["cases"][number]
    span, expected = a_span(case["event"]), a_span(case["redacted"])

    Redactor(RedactionSettings.model_validate(golden["settings"])).redact_span(span)

    for field in REDACTED:
        assert getattr(span, field) == getattr(expected, field), field


@pytest.mark.parametrize("name", GOLDEN)
def test_the_golden_rules_are_those_that_the_server_gives_out(name: str) -> None:
    """Where a rule changes on purpose, the file changes with it, and every SDK's test sees it."""
    settings = RedactionSettings.model_validate(GOLDEN[name]["settings"])

    assert json.loads(effective_rules(settings).model_dump_json()) == GOLDEN[name]["rules"]


def test_the_version_changes_with_a_rule_and_only_then() -> None:
    cards = RedactionSettings(detectors=["cards"])

    assert effective_rules(cards).version == effective_rules(RedactionSettings(detectors=["cards"])).version
    assert effective_rules(cards).version != effective_rules(RedactionSettings(detectors=["emails"])).version
