"""OpenAI chat requests in Anthropic's words."""

from typing import Any

import pytest
from gateway.translate.wire import PNG, called, chat, from_chat, function_tool, refusal, sent

MODEL = "claude-sonnet-5"
OLD = "claude-sonnet-4-5-20250929"


def asked(*messages: dict[str, Any], model: str = MODEL, **fields: Any) -> dict[str, Any]:
    return sent("anthropic", model, chat(*messages, **fields))


def why(*messages: dict[str, Any], model: str = MODEL, **fields: Any) -> str:
    return str(refusal(from_chat("anthropic"), chat(*messages, **fields), model))


def test_goes_to_messages_with_the_version_that_takes_sampling_too():
    translated = from_chat("anthropic").request(chat(stream=True), MODEL)

    assert translated.path == "/v1/messages"
    assert translated.headers == {"anthropic-version": "2023-06-01"}
    assert translated.stream
    assert translated.document["stream"] is True


def test_asks_for_the_upstreams_model_and_a_limit_which_anthropic_wants():
    document = asked()

    assert (document["model"], document["max_tokens"]) == (MODEL, 4096)
    assert "stream" not in document


def test_takes_the_callers_limit_by_its_new_name_first():
    assert asked(max_tokens=5)["max_tokens"] == 5
    assert asked(max_tokens=5, max_completion_tokens=7)["max_tokens"] == 7
    assert asked(max_completion_tokens=0)["max_tokens"] == 0


def test_system_and_developer_messages_become_the_system_prompt_in_order():
    document = asked(
        {"role": "system", "content": "One"},
        {"role": "user", "content": "Hi"},
        {"role": "developer", "content": [{"type": "text", "text": "Two"}]},
    )

    assert [block["text"] for block in document["system"]] == ["One", "Two"]
    assert [message["role"] for message in document["messages"]] == ["user"]


def test_what_follows_in_the_same_role_is_one_message():
    document = asked(
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": "c"},
        {"role": "assistant", "content": "d"},
    )

    assert [
        (each["role"], [block["text"] for block in each["content"]]) for each in document["messages"]
    ] == [
        ("user", ["a", "b"]),
        ("assistant", ["c", "d"]),
    ]


def test_empty_text_which_anthropic_refuses_is_left_out():
    document = asked(
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "x"}]}
    )

    assert document["messages"] == [{"role": "user", "content": [{"type": "text", "text": "x"}]}]
    assert why({"role": "user", "content": ""}) == "messages: holds nothing that a user or the model said"


def test_tools_and_their_strictness():
    document = asked(tools=[function_tool(strict=True), {"type": "function", "function": {"name": "now"}}])

    assert document["tools"] == [
        {
            "name": "weather",
            "description": "Tells.",
            "strict": True,
            "input_schema": function_tool()["function"]["parameters"],
        },
        {"name": "now", "input_schema": {"type": "object", "properties": {}}},
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "weather"}}, {"type": "tool", "name": "weather"}),
    ],
)
def test_tool_choice(choice: Any, expected: dict[str, Any]):
    assert asked(tools=[function_tool()], tool_choice=choice)["tool_choice"] == expected


def test_allowed_tools_leave_the_others_out():
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "b"}}]}
    document = asked(
        tools=[function_tool("a"), function_tool("b")],
        tool_choice={"type": "allowed_tools", "allowed_tools": allowed},
    )

    assert [tool["name"] for tool in document["tools"]] == ["b"]
    assert document["tool_choice"] == {"type": "any"}


def test_one_call_at_a_time():
    one = asked(tools=[function_tool()], parallel_tool_calls=False)
    forced = asked(tools=[function_tool()], parallel_tool_calls=False, tool_choice="required")

    assert one["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert forced["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert "tool_choice" not in asked(tools=[function_tool()], parallel_tool_calls=True)


def test_calls_and_several_results_also_with_images():
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    document = asked(
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [called("a.1"), called("b", arguments="")]},
        {"role": "tool", "tool_call_id": "a.1", "content": "Sunny"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "A map"}, image]},
        {"role": "user", "content": "And?"},
        tools=[function_tool()],
    )
    _, calls, results = document["messages"]

    assert calls["content"] == [
        {"type": "tool_use", "id": "a_1", "name": "weather", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "b", "name": "weather", "input": {}},
    ]
    assert [block["type"] for block in results["content"]] == ["tool_result", "tool_result", "text"]
    assert [block.get("tool_use_id") for block in results["content"]] == ["a_1", "b", None]
    assert results["content"][1]["content"][1]["source"]["data"] == PNG


def test_arguments_that_are_no_json_object_are_refused_where_they_stand():
    said = why({"role": "assistant", "tool_calls": [called(arguments="{")]})
    listed = why({"role": "assistant", "tool_calls": [called(arguments="[1]")]})

    assert said == "messages.0.tool_calls.0.function.arguments: is not JSON"
    assert listed == "messages.0.tool_calls.0.function.arguments: must hold a JSON object"


def test_images_by_data_and_by_address():
    def source(url: str) -> dict[str, Any]:
        part = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
        return asked({"role": "user", "content": [part]})["messages"][0]["content"][0]["source"]

    assert source(f"data:image/png;base64,{PNG}") == {
        "type": "base64",
        "media_type": "image/png",
        "data": PNG,
    }
    assert source("https://example.com/a.png") == {"type": "url", "url": "https://example.com/a.png"}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("data:image/tiff;base64,AA==", "not image/tiff"),
        ("data:,x", "must be data:<media type>;base64,<data>"),
        ("http://example.com/a.png", "https only"),
        ("gs://bucket/a.png", "https only"),
        ("file:///etc/passwd", "data URL"),
    ],
)
def test_other_images_are_refused(url: str, reason: str):
    said = why({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]})

    assert said.startswith("messages.0.content.0.image_url.url: ")
    assert reason in said


def test_files_by_content():
    def block(data: str) -> dict[str, Any]:
        part = {"type": "file", "file": {"filename": "a.pdf", "file_data": data}}
        return asked({"role": "user", "content": [part]})["messages"][0]["content"][0]

    assert block("data:application/pdf;base64,AA==") == {
        "type": "document",
        "title": "a.pdf",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="},
    }
    assert block("data:text/plain;base64,SGk=")["source"] == {
        "type": "text",
        "media_type": "text/plain",
        "data": "Hi",
    }


@pytest.mark.parametrize("role", ["system", "assistant"])
def test_only_users_and_tools_send_images(role: str):
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}

    assert "only users and tools" in why({"role": role, "content": [part]})


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}, "messages.0.content.0"),
        ({"type": "file", "file": {"file_id": "file-1"}}, "messages.0.content.0.file.file_id"),
        ({"type": "video_url", "video_url": {"url": "https://a"}}, "messages.0.content.0"),
        ({"type": "image_url", "image_url": "https://a"}, "messages.0.content.0.image_url"),
        ("text", "messages.0.content.0"),
    ],
)
def test_parts_without_a_counterpart_are_refused_where_they_stand(part: Any, field: str):
    assert refusal(from_chat("anthropic"), chat({"role": "user", "content": [part]})).field == field


def test_stops_and_sampling():
    document = asked(stop=["a", "b"], temperature=0.5, top_p=0.9, top_k=3)

    assert document["stop_sequences"] == ["a", "b"]
    assert (document["temperature"], document["top_p"], document["top_k"]) == (0.5, 0.9, 3)
    assert asked(stop="a")["stop_sequences"] == ["a"]


def test_a_temperature_over_anthropics_is_refused_not_clamped():
    assert why(temperature=1.5) == "temperature: Anthropic takes a temperature from 0 to 1"


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 2},
        {"logprobs": True},
        {"top_logprobs": 3},
        {"logit_bias": {"1": 2}},
        {"seed": 1},
        {"frequency_penalty": 0.5},
        {"presence_penalty": 0.5},
        {"prediction": {"type": "content", "content": "x"}},
        {"modalities": ["text", "audio"]},
        {"audio": {"voice": "a", "format": "mp3"}},
        {"web_search_options": {}},
        {"verbosity": "low"},
        {"response_format": {"type": "json_object"}},
        {"functions": []},
        {"service_tier": "flex"},
        {"reasoning_effort": "huge"},
        {"something_new": 1},
    ],
)
def test_what_anthropic_has_no_word_for_is_refused_by_its_name(fields: dict[str, Any]):
    assert refusal(from_chat("anthropic"), chat(**fields)).field.startswith(next(iter(fields)))


def test_what_says_nothing_or_only_keeps_books_is_left_out():
    plain = asked()

    neutral = {
        "n": 1,
        "logprobs": False,
        "frequency_penalty": 0,
        "logit_bias": {},
        "seed": None,
        "store": True,
    }
    assert (
        asked(**neutral, metadata={"a": "b"}, prompt_cache_key="k", response_format={"type": "text"}) == plain
    )


def test_the_user_and_the_tier():
    document = asked(user="ann", service_tier="default")

    assert document["metadata"] == {"user_id": "ann"}
    assert document["service_tier"] == "standard_only"


def test_a_schema_of_the_output_next_to_an_effort():
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": True}}
    document = asked(response_format=form, reasoning_effort="medium")

    assert document["output_config"] == {
        "effort": "medium",
        "format": {"type": "json_schema", "schema": schema},
    }


def test_newer_models_are_told_an_effort():
    assert asked(reasoning_effort="minimal")["output_config"] == {"effort": "low"}
    assert asked(reasoning_effort="xhigh")["thinking"] == {"type": "adaptive"}
    assert asked(reasoning_effort="none")["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    "model",
    [
        OLD,
        "claude-3-7-sonnet-latest",
        "claude-opus-4-1",
        "claude-opus-4-20250514",
        "claude-haiku-4-5",
        "claude-opus-4-5",
        "us.anthropic.claude-sonnet-4-20250514-v1:0",
    ],
)
def test_older_models_are_given_a_number_of_tokens_and_room_for_them(model: str):
    document = asked(model=model, reasoning_effort="medium")

    assert document["thinking"] == {"type": "enabled", "budget_tokens": 8192}
    assert document["max_tokens"] == 4096 + 8192


@pytest.mark.parametrize(
    "model", ["claude-opus-4-6", "claude-opus-4-8", "claude-haiku-5-5", "claude-fable-5"]
)
def test_models_from_4_6_on_are_not(model: str):
    assert asked(model=model, reasoning_effort="medium")["thinking"] == {"type": "adaptive"}


def test_thinking_takes_half_of_a_stated_limit_at_most():
    document = asked(model=OLD, reasoning_effort="high", max_tokens=5000)

    assert (document["thinking"]["budget_tokens"], document["max_tokens"]) == (2500, 5000)
    assert "leaves no room" in why(model=OLD, reasoning_effort="low", max_tokens=1000)


def test_thinking_that_the_caller_kept_goes_back_before_the_calls():
    block = {"type": "thinking", "thinking": "Hm", "signature": "s", "index": 0}
    document = asked(
        {"role": "user", "content": "x"},
        {
            "role": "assistant",
            "thinking_blocks": [block],
            "reasoning_content": "Hm",
            "tool_calls": [called()],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "y"},
        model=OLD,
        reasoning_effort="low",
    )

    assert document["messages"][1]["content"][0] == {"type": "thinking", "thinking": "Hm", "signature": "s"}
    assert document["thinking"]["type"] == "enabled"


def test_an_older_model_does_not_start_to_think_in_the_middle_of_a_turn():
    document = asked(
        {"role": "user", "content": "x"},
        {"role": "assistant", "tool_calls": [called()]},
        {"role": "tool", "tool_call_id": "call_1", "content": "y"},
        model=OLD,
        reasoning_effort="low",
    )

    assert "thinking" not in document


def test_marks_of_the_cache_are_kept():
    document = asked(
        {
            "role": "system",
            "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        },
        {
            "role": "user",
            "content": [{"type": "text", "text": "b", "prompt_cache_breakpoint": {"mode": "explicit"}}],
        },
    )

    assert document["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert document["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["x"]}, "messages.0"),
        ({"messages": [{"content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.tool_call_id"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages.0.content"),
        (chat(stop=3), "stop"),
        (chat(max_tokens="5"), "max_tokens"),
        (chat(max_tokens=1.5), "max_tokens"),
        (chat(temperature=True), "temperature"),
        (chat(stream="yes"), "stream"),
        (chat(tools=[{"type": "custom", "custom": {"name": "a"}}]), "tools.0"),
        (chat(tool_choice="any"), "tool_choice"),
        (chat(response_format={"type": "xml"}), "response_format"),
    ],
)
def test_a_request_that_is_none_is_refused_where_it_is_wrong(document: dict[str, Any], field: str):
    assert refusal(from_chat("anthropic"), document).field == field
