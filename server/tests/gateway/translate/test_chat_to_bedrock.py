"""OpenAI chat for models of Bedrock, by its Converse."""

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from gateway.translate.wire import PNG, called, chat, from_chat, function_tool, refusal, whole

CONVERSE = botocore.session.get_session().get_service_model("bedrock-runtime").operation_model("Converse")
MODEL = "eu.anthropic.claude-sonnet-5-v1:0"


def valid(document: dict[str, Any], shape: Any) -> dict[str, Any]:
    report = ParamValidator().validate(document, shape)
    assert not report.has_errors(), report.generate_report()
    return document


def asked(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    document = from_chat("bedrock").request(chat(*messages, **fields), MODEL).document
    valid(document | {"modelId": MODEL}, CONVERSE.input_shape)
    return document


def test_goes_to_the_model_in_the_path():
    path = from_chat("bedrock").request(chat(), MODEL).path

    assert path == "/model/eu.anthropic.claude-sonnet-5-v1%3A0/converse"


def test_a_turn_with_tools_and_an_image():
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    document = asked(
        {
            "role": "system",
            "content": [{"type": "text", "text": "Be brief", "cache_control": {"type": "ephemeral"}}],
        },
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}, image]},
        {"role": "assistant", "tool_calls": [called("a.1"), called("b")]},
        {"role": "tool", "tool_call_id": "a.1", "content": "Sunny"},
        {"role": "tool", "tool_call_id": "b", "content": "Rainy"},
        tools=[function_tool()],
        tool_choice="required",
        max_tokens=5,
        stop="x",
        temperature=0.5,
    )

    assert document == {
        "system": [{"text": "Be brief"}, {"cachePoint": {"type": "default"}}],
        "messages": [
            {
                "role": "user",
                "content": [{"text": "Weather?"}, {"image": {"format": "png", "source": {"bytes": PNG}}}],
            },
            {
                "role": "assistant",
                "content": [
                    {"toolUse": {"toolUseId": "a_1", "name": "weather", "input": {"city": "Rome"}}},
                    {"toolUse": {"toolUseId": "b", "name": "weather", "input": {"city": "Rome"}}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "a_1", "content": [{"text": "Sunny"}]}},
                    {"toolResult": {"toolUseId": "b", "content": [{"text": "Rainy"}]}},
                ],
            },
        ],
        "inferenceConfig": {"maxTokens": 5, "stopSequences": ["x"], "temperature": 0.5},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "weather",
                        "description": "Tells.",
                        "inputSchema": {"json": function_tool()["function"]["parameters"]},
                    }
                }
            ],
            "toolChoice": {"any": {}},
        },
    }


def test_effort_schema_and_tier():
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    document = asked(reasoning_effort="high", response_format=form, service_tier="flex")

    assert document["outputConfig"]["effort"] == "high"
    assert document["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"] == '{"type":"object"}'
    assert document["serviceTier"] == {"type": "flex"}


def test_a_file_under_a_name_that_bedrock_takes():
    part = {
        "type": "file",
        "file": {"filename": "q1_report.pdf", "file_data": "data:application/pdf;base64,AA=="},
    }
    document = asked({"role": "user", "content": [{"type": "text", "text": "x"}, part]})

    assert document["messages"][0]["content"][1] == {
        "document": {"format": "pdf", "name": "q1 report", "source": {"bytes": "AA=="}}
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": True},
        {"tool_choice": "none", "tools": [function_tool()]},
        {"parallel_tool_calls": False, "tools": [function_tool()]},
        {"temperature": 1.5},
        {"response_format": {"type": "json_object"}},
        {"reasoning_effort": "none"},
        {"n": 2},
        {"seed": 1},
    ],
)
def test_what_bedrock_has_no_word_for_is_refused_by_its_name(fields: dict[str, Any]):
    assert refusal(from_chat("bedrock"), chat(**fields)).field.startswith(next(iter(fields)))


def test_an_image_that_bedrock_would_have_to_fetch_is_refused():
    part = {"type": "image_url", "image_url": {"url": "https://a/b.png"}}
    error = refusal(from_chat("bedrock"), chat({"role": "user", "content": [part]}))

    assert error.field == "messages.0.content.0.image_url.url"


def test_an_answer_with_everything():
    document = {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
                    {"text": "Hello"},
                    {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Rome"}}},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {
            "inputTokens": 10,
            "outputTokens": 7,
            "totalTokens": 117,
            "cacheReadInputTokens": 100,
            "cacheWriteInputTokens": 0,
        },
        "metrics": {"latencyMs": 5},
        "serviceTier": {"type": "flex"},
    }
    valid(document, CONVERSE.output_shape)
    translating = from_chat("bedrock")
    translating.request(chat(), MODEL)
    answer = whole(translating.answer(document))
    choice = answer["choices"][0]

    assert answer["id"].startswith("chatcmpl_")
    assert (answer["model"], answer["service_tier"], choice["finish_reason"]) == (MODEL, "flex", "tool_calls")
    assert (choice["message"]["content"], choice["message"]["reasoning_content"]) == ("Hello", "Hm")
    assert choice["message"]["tool_calls"][0]["function"] == {
        "name": "weather",
        "arguments": '{"city":"Rome"}',
    }
    assert answer["usage"] == {
        "prompt_tokens": 110,
        "completion_tokens": 7,
        "total_tokens": 117,
        "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 0},
    }
    kept = [
        {"role": "user", "content": "x"},
        choice["message"],
        {"role": "tool", "tool_call_id": "t1", "content": "y"},
    ]
    again = asked(*kept, tools=[function_tool()])

    assert again["messages"][1]["content"] == document["output"]["message"]["content"]


def test_errors():
    said = from_chat("bedrock").error(429, {"message": "Too many", "__type": "x#ThrottlingException"}, "")

    assert (said["error"]["message"], said["error"]["code"]) == ("Too many", "ThrottlingException")
