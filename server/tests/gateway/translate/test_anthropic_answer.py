"""Anthropic's answers in OpenAI's chat format."""

from typing import Any

import pytest
from anthropic.types import Message
from gateway.translate.wire import NOON_S, chat, chunks, events, from_chat, put_together, streamed, whole

from lynex_server.gateway.translate import Translator

USAGE = {
    "input_tokens": 10,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 1000,
    "output_tokens": 7,
    "output_tokens_details": {"thinking_tokens": 3},
    "service_tier": "standard",
}
THINKING = {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}
CITATION = {
    "type": "web_search_result_location",
    "url": "https://example.com",
    "title": "Example",
    "cited_text": "Sunny",
    "encrypted_index": "x",
}
CALLS = [
    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}},
    {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
]


def message(*content: dict[str, Any], stop_reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    document = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5",
        "content": list(content),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": USAGE,
        **fields,
    }
    Message.model_validate(document, strict=True)
    return document


def as_stream(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A message as the events that Anthropic would send for it, text and arguments in two pieces."""
    start = document | {"content": [], "stop_reason": None, "usage": USAGE | {"output_tokens": 1}}
    found: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(document["content"]):
        empty, deltas = _pieces(block)
        found.append({"type": "content_block_start", "index": index, "content_block": empty})
        found += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        found.append({"type": "content_block_stop", "index": index})
    delta = {name: document.get(name) for name in ("stop_reason", "stop_sequence", "stop_details")}
    usage = {"output_tokens": USAGE["output_tokens"], "output_tokens_details": USAGE["output_tokens_details"]}
    return [*found, {"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]


def _pieces(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "text":
        cited = [{"type": "citations_delta", "citation": each} for each in block.get("citations") or []]
        halves = [{"type": "text_delta", "text": half} for half in (block["text"][:2], block["text"][2:])]
        return {"type": "text", "text": ""}, halves + cited
    if block["type"] == "thinking":
        halves = [{"type": "thinking_delta", "thinking": half} for half in ("Let me", " see.")]
        return block | {"thinking": "", "signature": ""}, [
            *halves,
            {"type": "signature_delta", "signature": "c2ln"},
        ]
    if block["type"] == "tool_use":
        halves = ['{"city"', ':"Rome"}'] if block["input"] else [""]
        deltas = [{"type": "input_json_delta", "partial_json": half} for half in halves]
        return block | {"input": {}}, deltas
    return block, []


def ready(**fields: Any) -> Translator:
    translating = from_chat("anthropic")
    translating.request(chat(**fields), "claude-sonnet-5")
    return translating


def test_text_with_its_usage_the_cache_within_the_prompt():
    answer = whole(ready().answer(message({"type": "text", "text": "Hello"})))

    assert answer == {
        "id": "msg_1",
        "created": NOON_S,
        "model": "claude-sonnet-5",
        "service_tier": "default",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
        ],
        "usage": {
            "prompt_tokens": 1110,
            "completion_tokens": 7,
            "total_tokens": 1117,
            "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 1000},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }


def test_what_was_not_counted_is_not_counted_as_nothing():
    usage = whole(ready().answer(message(usage={"input_tokens": 1, "output_tokens": 0})))["usage"]

    assert usage == {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1}


def test_calls():
    choice = whole(ready().answer(message(*CALLS, stop_reason="tool_use")))["choices"][0]

    assert choice["finish_reason"] == "tool_calls"
    assert [(call["id"], call["function"]) for call in choice["message"]["tool_calls"]] == [
        ("toolu_1", {"name": "weather", "arguments": '{"city":"Rome"}'}),
        ("toolu_2", {"name": "now", "arguments": "{}"}),
    ]


def test_thinking_is_told_and_kept_for_the_way_back():
    redacted = {"type": "redacted_thinking", "data": "xyz"}
    said = whole(ready().answer(message(THINKING, redacted, {"type": "text", "text": "Yes"})))["choices"][0][
        "message"
    ]

    assert said["reasoning_content"] == "Let me see."
    assert said["thinking_blocks"] == [THINKING, redacted]


def test_citations_of_pages_are_annotations():
    answer = message(
        {"type": "text", "text": "Well: "}, {"type": "text", "text": "sunny", "citations": [CITATION]}
    )
    said = whole(ready().answer(answer))["choices"][0]["message"]

    assert said["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {
                "url": "https://example.com",
                "title": "Example",
                "start_index": 6,
                "end_index": 11,
            },
        }
    ]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ],
)
def test_why_it_ended(reason: str, expected: str):
    assert whole(ready().answer(message(stop_reason=reason)))["choices"][0]["finish_reason"] == expected


def test_a_refusal_says_why_where_anthropic_does():
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    said = whole(ready().answer(message(stop_reason="refusal", stop_details=details)))["choices"][0][
        "message"
    ]

    assert said == {"role": "assistant", "refusal": "No."}


WHOLE_ANSWERS = [
    message({"type": "text", "text": ""}),
    message(*CALLS, stop_reason="tool_use"),
    message({"type": "text", "text": "Hello"}),
    message(THINKING, {"type": "text", "text": "Hello"}, *CALLS, stop_reason="tool_use"),
    message({"type": "redacted_thinking", "data": "xyz"}, THINKING, {"type": "text", "text": "Hello"}),
    message(
        {"type": "text", "text": "Well: "},
        {"type": "text", "text": "sunny", "citations": [CITATION, CITATION]},
        {"type": "text", "text": "rainy", "citations": [CITATION]},
        stop_reason="max_tokens",
    ),
    message(
        {"type": "text", "text": "I can"},
        stop_reason="refusal",
        stop_details={"type": "refusal", "category": None, "explanation": "No."},
    ),
]


@pytest.mark.parametrize("answer", WHOLE_ANSWERS, ids=range(len(WHOLE_ANSWERS)))
def test_a_stream_comes_together_as_the_whole_answer_does(answer: dict[str, Any]):
    translating = ready(stream=True, stream_options={"include_usage": True})

    assert put_together(streamed(translating, *as_stream(answer), named=True)) == whole(
        ready().answer(answer)
    )


def test_pieces_pass_on_as_they_come():
    stream = streamed(ready(stream=True), *as_stream(message(*CALLS, stop_reason="tool_use")))
    deltas = [chunk.choices[0].delta.model_dump(exclude_none=True) for chunk in chunks(stream)]

    assert deltas == [
        {"role": "assistant"},
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "toolu_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": ""},
                }
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ':"Rome"}'}}]},
        {
            "tool_calls": [
                {
                    "index": 1,
                    "id": "toolu_2",
                    "type": "function",
                    "function": {"name": "now", "arguments": ""},
                }
            ]
        },
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {},
    ]
    assert stream.endswith(b"data: [DONE]\n\n")


def test_usage_comes_last_and_only_when_asked_for():
    answer = as_stream(message({"type": "text", "text": "Hello"}))
    asked = chunks(streamed(ready(stream=True, stream_options={"include_usage": True}), *answer))
    unasked = events(streamed(ready(stream=True), *answer))

    assert [chunk.usage is None for chunk in asked] == [True] * (len(asked) - 1) + [False]
    assert asked[-1].choices == []
    assert asked[-1].usage is not None
    assert (asked[-1].usage.prompt_tokens, asked[-1].usage.completion_tokens) == (1110, 7)
    assert not any("usage" in document for document in unasked)


def test_an_error_in_the_middle_is_the_callers_own_and_the_last_word():
    failed = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    answer = as_stream(message({"type": "text", "text": "Hello"}))
    stream = streamed(ready(stream=True), *answer[:4], failed, *answer[4:], named=True)

    assert events(stream)[-1] == {
        "error": {"message": "Overloaded", "type": "server_error", "param": None, "code": "overloaded_error"}
    }
    assert b"[DONE]" not in stream


def test_a_stream_that_is_cut_ends_with_an_error():
    stream = streamed(ready(stream=True), *as_stream(message({"type": "text", "text": "Hello"}))[:4])

    assert events(stream)[-1]["error"]["code"] == "stream_cut_off"
    assert b"[DONE]" not in stream


def test_whatever_else_the_stream_holds_is_passed_over():
    answer = as_stream(message({"type": "text", "text": "Hello"}))
    odd: list[Any] = [b"no json", b"[1]", {"type": "new_event", "x": 1}, {"type": "content_block_delta"}]

    assert streamed(ready(), *odd, *answer) == streamed(ready(), *answer)


def test_half_a_surrogate_pair_is_passed_on():
    text = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "\ud83d"}}

    assert events(streamed(ready(), text))[0]["choices"][0]["delta"]["content"] == "\ud83d"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (429, "rate_limit_error"),
        (529, "server_error"),
    ],
)
def test_errors(status: int, kind: str):
    document = {"type": "error", "error": {"type": "some_error", "message": "No"}}

    assert ready().error(status, document, "")["error"] == {
        "message": "No",
        "type": kind,
        "param": None,
        "code": "some_error",
    }
    assert ready().error(502, None, "<html>")["error"]["message"] == "<html>"
