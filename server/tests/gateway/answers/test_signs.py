"""What single pieces of a stream are a sign of."""

import json
from typing import Any

import pytest

from lynex_server.gateway.answers.signs import ends_in, failure_in
from lynex_server.gateway.framing import Piece
from lynex_server.gateway.operations import Name


def piece(document: dict[str, Any], raw: bytes = b"") -> Piece:
    data = json.dumps(document).encode()
    return Piece(data, raw or b"data: " + data)


@pytest.mark.parametrize(
    ("name", "document", "ends"),
    [
        ("responses", {"type": "response.completed", "response": {}}, 1),
        ("responses", {"type": "response.output_text.delta", "delta": "response.completed"}, 0),
        ("messages", {"type": "message_stop"}, 1),
        ("messages", {"type": "content_block_delta", "delta": {"text": "message_stop"}}, 0),
        ("generate", {"candidates": [{"index": 0, "finishReason": "STOP"}]}, 1),
        ("generate", {"candidates": [{"finishReason": "STOP"}, {"finishReason": "STOP"}]}, 2),
        ("generate", {"candidates": [{"content": {"parts": [{"text": "finishReason"}]}}]}, 0),
        ("converse", {"usage": {"inputTokens": 1}, "metrics": {}}, 1),
        ("ollama_chat", {"done": True}, 1),
        ("ollama_chat", {"done": False, "message": {"content": "done"}}, 0),
        ("chat", {"choices": [{"finish_reason": "stop"}]}, 0),  # the usage is still to come
    ],
)
def test_the_last_event_of_each_surface_ends_its_answer(name: Name, document: dict[str, Any], ends: int):
    assert ends_in(name, piece(document).data) == ends


@pytest.mark.parametrize(
    ("name", "document", "failure"),
    [
        ("chat", {"error": {"message": "overloaded"}, "choices": []}, "overloaded"),
        ("chat", {"error": None, "choices": []}, ""),
        ("chat", {"choices": [{"delta": {"content": '{"error": "in a text"}'}}]}, ""),
        ("messages", {"type": "error", "error": {"type": "overloaded_error", "message": "later"}}, "later"),
        ("responses", {"type": "error", "code": "server_error", "message": "later"}, "later"),
        ("responses", {"type": "response.failed", "response": {"error": {"message": "no"}}}, "no"),
        ("responses", {"type": "response.created", "response": {"error": None}}, ""),
        ("generate", {"error": {"code": 503, "status": "UNAVAILABLE"}}, "The provider gave no reason."),
        ("generate", {"candidates": [{"functionCall": {"args": {"error": "an argument"}}}]}, ""),
        ("ollama_chat", {"error": "out of memory"}, "out of memory"),
        ("converse", {"message": "too long", "error": "in an event"}, ""),
    ],
)
def test_a_failure_is_told_from_a_text_that_speaks_of_one(name: Name, document: dict[str, Any], failure: str):
    assert failure_in(name, piece(document)) == failure


def test_amazons_failures_are_marked_outside_their_data():
    raw = b"\x00\x0f:exception-type\x07\x00\x13throttlingException"

    assert failure_in("converse", piece({"message": "too many tokens"}, raw)) == "too many tokens"
