"""Anthropic's messages for servers that know OpenAI chat."""

from typing import Any

import pytest
from anthropic.types import Message
from gateway.translate.wire import (
    CALLS,
    PNG,
    anthropic_message,
    chunked,
    completion,
    events,
    refusal,
    streamed,
)

from lynex_server.gateway.translate import Translator, translator


def ready() -> Translator:
    found = translator("anthropic", "messages", "openai")
    assert found is not None
    return found


def messages(*said: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "x", "max_tokens": 9, "messages": list(said) or [user("Hi")], **fields}


def user(*content: Any) -> dict[str, Any]:
    return {
        "role": "user",
        "content": content[0] if len(content) == 1 and isinstance(content[0], str) else list(content),
    }


def asked(*said: dict[str, Any], model: str = "qwen3", **fields: Any) -> dict[str, Any]:
    return ready().request(messages(*said, **fields), model).document


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def test_a_plain_call():
    translated = ready().request(messages(stream=True), "qwen3")

    assert translated.path == "/v1/chat/completions"
    assert translated.stream
    assert translated.document == {
        "model": "qwen3",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_openai_s_newer_models_are_limited_by_the_newer_name():
    assert asked(model="gpt-5.4-mini")["max_completion_tokens"] == 9
    assert asked(model="gpt-4o")["max_tokens"] == 9
    assert asked(model="gpt-oss:20b")["max_tokens"] == 9


def test_the_system_prompt_in_both_its_forms():
    cached = text("b") | {"cache_control": {"type": "ephemeral"}}

    assert asked(system="a")["messages"][0] == {"role": "system", "content": "a"}
    assert asked(system=[text("a"), cached])["messages"][0] == {"role": "system", "content": "a\n\nb"}


def test_a_turn_with_tools():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    document = asked(
        user("Weather?"),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm", "signature": "s"},
                text("Let me look."),
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}},
                {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
            ],
        },
        user(
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": [text("Sunny"), image]},
            {"type": "tool_result", "tool_use_id": "toolu_2", "content": "no clock", "is_error": True},
            text("And?"),
        ),
        tools=[{"name": "weather", "description": "Tells.", "input_schema": {"type": "object"}}],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
    )

    assert document["messages"][1:] == [
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                {
                    "id": "toolu_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
                },
                {"id": "toolu_2", "type": "function", "function": {"name": "now", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "toolu_1", "content": "Sunny"},
        {"role": "tool", "tool_call_id": "toolu_2", "content": "Error: no clock"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                text("And?"),
            ],
        },
    ]
    assert document["tools"] == [
        {
            "type": "function",
            "function": {"name": "weather", "description": "Tells.", "parameters": {"type": "object"}},
        }
    ]
    assert (document["tool_choice"], document["parallel_tool_calls"]) == ("required", False)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "none"}, "none"),
        ({"type": "any"}, "required"),
        ({"type": "tool", "name": "a"}, {"type": "function", "function": {"name": "a"}}),
    ],
)
def test_tool_choice(choice: dict[str, Any], expected: Any):
    assert asked(tools=[{"name": "a", "input_schema": {}}], tool_choice=choice)["tool_choice"] == expected


def test_images_and_documents():
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "AA=="}
    document = asked(
        user(
            {"type": "image", "source": {"type": "url", "url": "https://a/b.png"}},
            {"type": "document", "title": "a.pdf", "source": pdf},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hello"}},
        )
    )

    assert document["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
        text("Hello"),
    ]


def test_sampling_stops_and_the_user():
    document = asked(
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        stop_sequences=["a"],
        metadata={"user_id": "ann"},
        service_tier="auto",
    )

    assert (document["temperature"], document["top_p"], document["top_k"]) == (0.5, 0.9, 3)
    assert (document["stop"], document["user"], document["service_tier"]) == (["a"], "ann", "auto")
    assert "user" not in asked(metadata={"user_id": "x" * 65})


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 8192}}, "medium"),
        ({"thinking": {"type": "enabled", "budget_tokens": 31999}}, "high"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "max"),
        ({"thinking": {"type": "adaptive"}}, None),
        ({"thinking": {"type": "disabled"}}, None),
    ],
)
def test_how_much_to_think(fields: dict[str, Any], effort: str | None):
    assert asked(**fields).get("reasoning_effort") == effort


def test_a_schema_of_the_output():
    form = {"type": "json_schema", "schema": {"type": "object"}}

    assert asked(output_config={"format": form})["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": True},
    }


def test_what_claude_code_adds_for_anthropic_alone_is_left_out():
    edits = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}

    assert asked(context_management=edits, diagnostics={}, speed="standard") == asked()


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (messages(tools=[{"type": "web_search_20250305", "name": "web_search"}]), "tools.0.type"),
        (messages(container="c"), "container"),
        (messages(mcp_servers=[]), "mcp_servers"),
        (messages(speed="fast"), "speed"),
        (messages(inference_geo="us"), "inference_geo"),
        (
            messages(user({"type": "image", "source": {"type": "file", "file_id": "f"}})),
            "messages.0.content.0.source",
        ),
        (
            messages(user({"type": "document", "source": {"type": "url", "url": "https://a"}})),
            "messages.0.content.0.source",
        ),
        (messages({"role": "assistant", "content": [{"type": "server_tool_use"}]}), "messages.0.content.0"),
        (messages({"role": "robot", "content": "x"}), "messages.0.role"),
        (messages(system=3), "system"),
        ({"max_tokens": 1}, "messages"),
    ],
)
def test_what_chat_has_no_word_for_is_refused_where_it_stands(document: dict[str, Any], field: str):
    assert refusal(ready(), document).field == field


def test_an_answer_with_everything():
    answer = ready().answer(
        completion("tool_calls", reasoning_content="Hm", content="Hello", tool_calls=CALLS)
    )
    Message.model_validate(answer, strict=True)

    assert answer == {
        "id": "chatcmpl-1",
        "type": "message",
        "role": "assistant",
        "model": "qwen3:8b",
        "content": [
            {"type": "thinking", "thinking": "Hm", "signature": ""},
            {"type": "text", "text": "Hello"},
            {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Rome"}},
            {"type": "tool_use", "id": "call_2", "name": "now", "input": {}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 30,
            "cache_read_input_tokens": 60,
            "cache_creation_input_tokens": 10,
            "output_tokens": 7,
        },
    }


@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("content_filter", "refusal"),
    ],
)
def test_why_it_ended(finish: str, expected: str):
    assert ready().answer(completion(finish, content="x"))["stop_reason"] == expected


def test_a_call_counts_where_a_server_says_that_it_just_stopped():
    assert ready().answer(completion("stop", tool_calls=CALLS))["stop_reason"] == "tool_use"


def test_arguments_that_are_no_json_are_handed_on_under_a_name_that_says_so():
    call = {"id": "c", "type": "function", "function": {"name": "a", "arguments": "{oops"}}

    assert ready().answer(completion(tool_calls=[call]))["content"][0]["input"] == {"invalid_json": "{oops"}


WHOLE_ANSWERS = [
    completion(content="Hello"),
    completion("tool_calls", reasoning_content="Hmm", content="Hello", tool_calls=CALLS),
    completion("length", reasoning_content="Hmm"),
    completion("stop", tool_calls=CALLS[1:]),
    completion("stop", refusal="I cannot"),
]


@pytest.mark.parametrize("answer", WHOLE_ANSWERS, ids=range(len(WHOLE_ANSWERS)))
def test_a_stream_comes_together_as_the_whole_answer_does(answer: dict[str, Any]):
    once = Message.model_validate(ready().answer(answer)).model_dump(exclude_none=True)

    assert anthropic_message(streamed(ready(), *chunked(answer))) == once


def test_the_events_of_a_stream_in_their_order():
    stream = streamed(ready(), *chunked(completion("tool_calls", content="Hello", tool_calls=CALLS[:1])))

    assert [(event["type"], event.get("index")) for event in events(stream)] == [
        ("message_start", None),
        ("content_block_start", 0),
        ("content_block_delta", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
        ("message_delta", None),
        ("message_stop", None),
    ]
    assert stream.startswith(b"event: message_start\ndata: ")


def test_fragments_of_calls_may_be_mixed():
    def piece(index: int, **fields: Any) -> dict[str, Any]:
        return {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, **fields}]}}]}

    stream = streamed(
        ready(),
        piece(0, id="a", function={"name": "x", "arguments": "{"}),
        piece(1, id="b", function={"name": "y", "arguments": "{"}),
        piece(0, function={"arguments": '"n":1}'}),
        piece(1, function={"arguments": '"n":2}'}),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    )

    assert [block["input"] for block in anthropic_message(stream)["content"]] == [{"n": 1}, {"n": 2}]


def test_an_error_in_the_middle_and_a_cut():
    start = chunked(completion(content="Hello"))[:2]
    stream = streamed(ready(), *start, {"error": {"message": "Out of memory", "code": 503}})
    cut = streamed(ready(), *start)

    assert events(stream)[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Out of memory"},
    }
    assert events(cut)[-1]["error"]["type"] == "api_error"
    assert b"message_stop" not in stream + cut
    assert b"event: error\n" in stream


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"error": {"message": "No"}}, "No"),
        ({"error": "No"}, "No"),
        ({"message": "No", "object": "error"}, "No"),
        ({"detail": "No"}, "No"),
        (None, "<html>"),
    ],
)
def test_errors_however_a_server_writes_them(document: dict[str, Any] | None, message: str):
    assert ready().error(404, document, "<html>") == {
        "type": "error",
        "error": {"type": "not_found_error", "message": message},
    }
