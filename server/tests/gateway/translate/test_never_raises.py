"""Whatever is asked and whatever comes back: a translation refuses clearly or goes on."""

import json
from contextlib import suppress
from typing import Any

import pytest
from gateway.translate.wire import called, function_tool, valid_for_anthropic, valid_for_gemini
from hypothesis import given, settings
from hypothesis import strategies as st

from lynex_server.gateway.sse import SseEvent, SseParser
from lynex_server.gateway.translate import Translator, Untranslatable, translator

DIRECTIONS: list[tuple[Any, str, Any]] = [
    ("openai", "chat", "anthropic"),
    ("openai", "chat", "gemini"),
    ("openai", "chat", "bedrock"),
    ("openai", "embeddings", "gemini"),
    ("openai", "responses", "openai"),
    ("openai", "responses", "anthropic"),
    ("anthropic", "messages", "openai"),
    ("anthropic", "messages", "gemini"),
]
EXAMPLES = 40
IDS = ["-".join(direction) for direction in DIRECTIONS]

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=5)
WORDS = st.sampled_from(
    [
        *(
            "type",
            "role",
            "user",
            "assistant",
            "tool",
            "text",
            "content",
            "tool_use",
            "tool_result",
            "function",
        ),
        *(
            "function_call",
            "message",
            "input",
            "name",
            "id",
            "input_text",
            "image_url",
            "url",
            "data",
            "base64",
        ),
        *(
            "source",
            "image",
            "document",
            "call_id",
            "output",
            "arguments",
            "parts",
            "candidates",
            "functionCall",
        ),
        *(
            "args",
            "usage",
            "index",
            "delta",
            "choices",
            "error",
            "content_block",
            "tool_calls",
            "finish_reason",
        ),
        *(
            "stop_reason",
            "STOP",
            "message_start",
            "content_block_start",
            "content_block_delta",
            "message_delta",
        ),
        *("text_delta", "input_json_delta"),
    ]
)
JSON = st.recursive(
    SCALARS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=12,
)
URLS = st.sampled_from(
    ["data:image/png;base64,AA==", "https://a/b.png", "gs://a/b", "http://a", "data:,", "x"]
)
CHAT_PARTS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, st.text(max_size=3)),
    st.builds(lambda url: {"type": "image_url", "image_url": {"url": url}}, URLS),
    st.builds(lambda url: {"type": "file", "file": {"file_data": url}}, URLS),
    st.just({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}),
)
CHAT_CONTENT = st.none() | st.text(max_size=5) | st.lists(CHAT_PARTS, max_size=3)
CALLS = st.lists(
    st.builds(
        called,
        st.sampled_from(["a", "b", "c.d"]),
        st.sampled_from(["weather", "now"]),
        st.sampled_from(["{}", '{"city":"Rome"}', "", "{", "[]"]),
    ),
    max_size=2,
)
CHAT_MESSAGES = st.one_of(
    st.builds(
        lambda role, content: {"role": role, "content": content},
        st.sampled_from(["system", "developer", "user", "assistant"]),
        CHAT_CONTENT,
    ),
    st.builds(
        lambda calls, content: {"role": "assistant", "content": content, "tool_calls": calls},
        CALLS,
        CHAT_CONTENT,
    ),
    st.builds(
        lambda call, content: {"role": "tool", "tool_call_id": call, "content": content},
        st.sampled_from(["a", "b", "c.d"]),
        CHAT_CONTENT,
    ),
)
CHAT_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "tools": st.lists(st.sampled_from([function_tool(), function_tool("now", strict=True)]), max_size=2),
        "tool_choice": st.sampled_from(["auto", "none", "required"]),
        "temperature": st.floats(0, 2),
        "max_tokens": st.integers(0, 10_000),
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "high", "max"]),
        "stop": st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=2),
        "stream": st.booleans(),
        "n": st.integers(1, 2),
        "user": st.text(max_size=3),
        "response_format": st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
    },
)
CONVERSATIONS = st.builds(
    lambda messages, options: {"model": "m", "messages": messages, **options},
    st.lists(CHAT_MESSAGES, max_size=6),
    CHAT_OPTIONS,
)
ANTHROPIC_BLOCKS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, st.text(max_size=3)),
    st.builds(
        lambda name: {"type": "tool_use", "id": name, "name": name, "input": {}}, st.sampled_from(["a", "b"])
    ),
    st.builds(
        lambda call, content: {"type": "tool_result", "tool_use_id": call, "content": content},
        st.sampled_from(["a", "b"]),
        st.none() | st.text(max_size=3) | st.just([{"type": "text", "text": "x"}]),
    ),
    JSON,
)
ANTHROPIC_CONVERSATIONS = st.builds(
    lambda messages, extra: {"model": "m", "max_tokens": 5, "messages": messages, **extra},
    st.lists(
        st.builds(
            lambda role, content: {"role": role, "content": content},
            st.sampled_from(["user", "assistant"]),
            st.text(max_size=3) | st.lists(ANTHROPIC_BLOCKS, max_size=3),
        ),
        max_size=4,
    ),
    st.fixed_dictionaries(
        {}, optional={"tools": JSON, "system": JSON, "thinking": JSON, "stream": st.booleans()}
    ),
)
ITEMS = st.one_of(
    st.builds(
        lambda role, content: {"role": role, "content": content},
        st.sampled_from(["user", "assistant", "developer"]),
        st.text(max_size=3) | st.lists(JSON, max_size=2),
    ),
    st.builds(
        lambda call: {"type": "function_call", "call_id": call, "name": "n", "arguments": "{}"},
        st.text(max_size=2),
    ),
    st.builds(
        lambda call, out: {"type": "function_call_output", "call_id": call, "output": out},
        st.text(max_size=2),
        JSON,
    ),
    JSON,
)
RESPONSES = st.builds(
    lambda items, extra: {"model": "m", "input": items, **extra},
    st.text(max_size=3) | st.lists(ITEMS, max_size=4),
    st.fixed_dictionaries({}, optional={"tools": JSON, "text": JSON, "tool_choice": JSON}),
)
DOCUMENTS = CONVERSATIONS | ANTHROPIC_CONVERSATIONS | RESPONSES | st.dictionaries(WORDS, JSON, max_size=5)


def ready(direction: tuple[Any, str, Any], document: dict[str, Any]) -> Translator:
    found = translator(*direction)
    assert found is not None
    with suppress(Untranslatable):
        found.request(document, "gemini-3-pro")
    return found


@pytest.mark.parametrize("direction", DIRECTIONS, ids=IDS)
@settings(max_examples=EXAMPLES)
@given(document=DOCUMENTS)
def test_a_request_is_translated_or_refused(direction: tuple[Any, str, Any], document: dict[str, Any]):
    before = json.dumps(document)
    ready(direction, document)

    assert json.dumps(document) == before


@settings(max_examples=EXAMPLES)
@given(document=CONVERSATIONS, model=st.sampled_from(["claude-sonnet-5", "claude-sonnet-4-5"]))
def test_what_is_translated_for_anthropic_is_valid_there(document: dict[str, Any], model: str):
    found = translator("openai", "chat", "anthropic")
    assert found is not None
    with suppress(Untranslatable):
        valid_for_anthropic(found.request(document, model).document)


@settings(max_examples=EXAMPLES)
@given(document=CONVERSATIONS, model=st.sampled_from(["gemini-3-pro", "gemini-2.5-flash"]))
def test_what_is_translated_for_gemini_is_valid_there(document: dict[str, Any], model: str):
    found = translator("openai", "chat", "gemini")
    assert found is not None
    with suppress(Untranslatable):
        valid_for_gemini(found.request(document, model).document)


@pytest.mark.parametrize("direction", DIRECTIONS, ids=IDS)
@settings(max_examples=EXAMPLES)
@given(document=st.dictionaries(WORDS | st.text(max_size=3), JSON, max_size=6), status=st.integers(300, 600))
def test_any_answer_is_answered(direction: tuple[Any, str, Any], document: dict[str, Any], status: int):
    translating = ready(direction, {"messages": [{"role": "user", "content": "x"}], "input": "x"})

    assert isinstance(translating.answer(document), dict)
    assert isinstance(translating.error(status, document, "text"), dict)


EVENTS = st.one_of(
    st.binary(max_size=10),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.builds(
        lambda kind, rest: json.dumps({**rest, "type": kind}).encode(),
        WORDS,
        st.dictionaries(WORDS, JSON, max_size=4),
    ),
    st.builds(
        lambda delta, reason: json.dumps({"choices": [{"delta": delta, "finish_reason": reason}]}).encode(),
        JSON,
        st.none() | st.just("stop"),
    ),
    st.builds(
        lambda parts, reason: json.dumps(
            {"candidates": [{"content": {"parts": parts}, "finishReason": reason}]}
        ).encode(),
        JSON,
        st.none() | st.just("STOP"),
    ),
)


@pytest.mark.parametrize("direction", DIRECTIONS, ids=IDS)
@settings(max_examples=EXAMPLES)
@given(data=st.lists(EVENTS, max_size=6))
def test_any_stream_is_a_stream(direction: tuple[Any, str, Any], data: list[bytes]):
    stream = ready(direction, {"messages": [{"role": "user", "content": "x"}], "input": "x"}).stream()
    sent = [piece for each in data for piece in stream.feed(SseEvent("", each, b""))] + stream.end()
    parser = SseParser()

    assert all(len(parser.feed(piece)) == 1 for piece in sent)
    assert stream.feed(SseEvent("", b"", b"")) == []
