"""OpenAI's responses for servers that know chat only."""

from typing import Any

import pytest
from clocks import FixedClock
from gateway.translate.wire import (
    CALLS,
    NOON_S,
    PNG,
    chunked,
    completion,
    events,
    refusal,
    streamed,
)
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from lynex_server.gateway.translate import Translator, translator

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: patch"},
}
SHELL = {"type": "function", "name": "shell", "parameters": {"type": "object"}, "strict": False}
CLOUD = {"type": "namespace", "name": "mcp__cloud", "description": "Cloud.", "tools": [SHELL]}


def ready(**fields: Any) -> Translator:
    found = translator("openai", "responses", "openai", FixedClock())
    assert found is not None
    found.request({"model": "x", "input": "Hi", **fields}, "qwen3")
    return found


def asked(model: str = "qwen3", **fields: Any) -> dict[str, Any]:
    return ready().request({"model": "x", "input": "Hi", **fields}, model).document


def test_a_plain_call():
    translated = ready().request(
        {"model": "x", "input": "Hi", "instructions": "Be brief", "stream": True}, "qwen3"
    )

    assert (translated.path, translated.stream) == ("/v1/chat/completions", True)
    assert translated.document == {
        "model": "qwen3",
        "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_turn_as_codex_sends_it():
    document = asked(
        input=[
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Sandbox."}]},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Fix it"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
                ],
            },
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
            {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": '{"cmd":"ls"}'},
            {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** Begin"},
            {"type": "function_call_output", "call_id": "c1", "output": "a.py"},
            {
                "type": "custom_tool_call_output",
                "call_id": "c2",
                "output": [
                    {"type": "input_text", "text": "done"},
                    {"type": "input_image", "image_url": "https://a/b.png"},
                ],
            },
        ],
        tools=[SHELL, PATCH, {"type": "web_search"}],
        tool_choice="auto",
        parallel_tool_calls=False,
        store=False,
        include=["reasoning.encrypted_content"],
        prompt_cache_key="k",
        reasoning={"effort": "medium", "summary": "auto"},
        text={"verbosity": "low"},
    )

    assert document["messages"] == [
        {"role": "system", "content": "Sandbox."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Fix it"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            ],
        },
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "shell", "arguments": '{"cmd":"ls"}'}},
                {
                    "id": "c2",
                    "type": "function",
                    "function": {"name": "apply_patch", "arguments": '{"input":"*** Begin"}'},
                },
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "a.py"},
        {"role": "tool", "tool_call_id": "c2", "content": "done"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]},
    ]
    assert [tool["function"]["name"] for tool in document["tools"]] == ["shell", "apply_patch"]
    assert "start: patch" in document["tools"][1]["function"]["description"]
    assert (document["reasoning_effort"], document["verbosity"]) == ("medium", "low")
    assert (document["tool_choice"], document["parallel_tool_calls"]) == ("auto", False)


def test_calls_that_come_one_by_one_are_turns_of_their_own():
    document = asked(
        input=[
            {"type": "function_call", "call_id": "c1", "name": "a", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "1"},
            {"type": "function_call", "call_id": "c2", "name": "a", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c2", "output": "2"},
        ]
    )

    assert [message["role"] for message in document["messages"]] == ["assistant", "tool", "assistant", "tool"]


def test_tools_of_a_namespace_are_called_by_both_names():
    document = asked(tools=[CLOUD], tool_choice={"type": "function", "name": "x"})

    assert document["tools"][0]["function"]["name"] == "mcp__cloud__shell"
    assert document["tool_choice"] == {"type": "function", "function": {"name": "x"}}


def test_how_tools_are_used_goes_with_tools_only():
    assert asked(tool_choice="auto", parallel_tool_calls=True) == asked()


def test_limits_and_formats():
    schema = {"type": "json_schema", "name": "a", "schema": {"type": "object"}, "strict": True}
    document = asked(max_output_tokens=5, temperature=1.5, top_p=0.5, text={"format": schema}, user="ann")

    assert (document["max_tokens"], document["temperature"], document["user"]) == (5, 1.5, "ann")
    assert document["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True},
    }
    assert asked(text={"format": {"type": "json_object"}})["response_format"] == {"type": "json_object"}
    assert asked("gpt-5", max_output_tokens=5)["max_completion_tokens"] == 5


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
        ({"max_tool_calls": 3}, "max_tool_calls"),
        ({"tools": [{"type": "file_search"}]}, "tools.0.type"),
        ({"tools": [{"type": "mcp"}]}, "tools.0.type"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input.0"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
            "input.0.content.0.file_id",
        ),
        ({"input": []}, "input"),
        ({"input": 3}, "input"),
        ({"something_new": 1}, "something_new"),
    ],
)
def test_what_chat_has_no_word_for_is_refused_where_it_stands(fields: dict[str, Any], field: str):
    assert refusal(ready(), {"model": "x", "input": "Hi", **fields}).field == field


def test_an_answer_with_everything():
    translating = ready(tools=[SHELL], temperature=0.5, metadata={"a": "b"}, instructions="Be brief")
    answer = translating.answer(
        completion("tool_calls", reasoning_content="Hm", content="Hello", tool_calls=CALLS)
    )
    read = Response.model_validate(answer)

    assert read.output_text == "Hello"
    assert (answer["id"], answer["created_at"], answer["status"]) == ("resp_chatcmpl-1", NOON_S, "completed")
    assert (answer["temperature"], answer["metadata"], answer["store"]) == (0.5, {"a": "b"}, False)
    assert [each["type"] for each in answer["output"]] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]
    assert (answer["output"][2]["call_id"], answer["output"][2]["arguments"]) == (
        "call_1",
        '{"city": "Rome"}',
    )
    assert answer["usage"] == {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 107,
    }


def test_free_text_and_namespaces_come_back_as_the_caller_knows_them():
    calls = [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "apply_patch", "arguments": '{"input":"*** Begin"}'},
        },
        {"id": "c2", "type": "function", "function": {"name": "apply_patch", "arguments": "*** No JSON"}},
        {"id": "c3", "type": "function", "function": {"name": "mcp__cloud__shell", "arguments": "{}"}},
    ]
    output = ready(tools=[PATCH, CLOUD]).answer(completion("tool_calls", tool_calls=calls))["output"]

    assert [(each["type"], each["name"]) for each in output] == [
        ("custom_tool_call", "apply_patch"),
        ("custom_tool_call", "apply_patch"),
        ("function_call", "shell"),
    ]
    assert [each.get("input") for each in output] == ["*** Begin", "*** No JSON", None]
    assert output[2]["namespace"] == "mcp__cloud"


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_an_answer_that_was_not_finished_says_why(finish: str, reason: str):
    answer = ready().answer(completion(finish, content="Hel"))

    assert (answer["status"], answer["incomplete_details"]) == ("incomplete", {"reason": reason})


WHOLE_ANSWERS = [
    completion(content="Hello"),
    completion("tool_calls", reasoning_content="Hmm", content="Hello", tool_calls=CALLS),
    completion("length", reasoning_content="Hmm"),
    completion("stop", refusal="I cannot"),
]


@pytest.mark.parametrize("answer", WHOLE_ANSWERS, ids=range(len(WHOLE_ANSWERS)))
def test_a_stream_ends_with_the_whole_answer_and_every_event_is_valid(answer: dict[str, Any]):
    found = events(streamed(ready(stream=True), *chunked(answer)))
    for event in found:
        EVENT.validate_python(event)

    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert [event["type"] for event in found[:2]] == ["response.created", "response.in_progress"]
    assert found[-1]["response"] == ready().answer(answer)


def test_the_events_of_a_stream_in_their_order():
    stream = streamed(ready(), *chunked(completion("tool_calls", content="Hello", tool_calls=CALLS[:1])))

    assert [event["type"].removeprefix("response.") for event in events(stream)] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_free_text_is_streamed_when_it_is_known():
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "apply_patch", "arguments": '{"input":"***"}'},
    }
    found = events(streamed(ready(tools=[PATCH]), *chunked(completion("tool_calls", tool_calls=[call]))))
    for event in found:
        EVENT.validate_python(event)

    assert [event["type"] for event in found[2:-1]] == [
        "response.output_item.added",
        "response.custom_tool_call_input.delta",
        "response.custom_tool_call_input.done",
        "response.output_item.done",
    ]
    assert found[-2]["item"]["input"] == "***"


def test_an_error_in_the_middle_and_a_cut_fail_the_response():
    start = chunked(completion(content="Hello"))[:2]
    failed = events(streamed(ready(), *start, {"error": {"message": "Slow down", "code": 429}}))
    cut = events(streamed(ready(), *start))

    assert failed[-1]["type"] == cut[-1]["type"] == "response.failed"
    assert failed[-1]["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Slow down"}
    assert cut[-1]["response"]["error"]["code"] == "server_error"
    EVENT.validate_python(failed[-1])


def test_errors():
    assert ready().error(429, {"error": {"message": "No"}}, "")["error"]["type"] == "rate_limit_error"
