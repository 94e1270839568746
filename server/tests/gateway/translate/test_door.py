"""Which translations there are."""

from typing import Any

import pytest
from gateway.translate.wire import anthropic_message, function_tool, refusal, streamed
from google.genai.types import GenerateContentResponse

from lynex_server.gateway.translate import translator


@pytest.mark.parametrize(
    ("caller", "operation", "upstream", "path"),
    [
        ("openai", "chat", "anthropic", "/v1/messages"),
        ("openai", "chat", "gemini", "/v1beta/models/m:generateContent"),
        ("openai", "responses", "openai", "/v1/chat/completions"),
        ("openai", "responses", "anthropic", "/v1/messages"),
        ("openai", "responses", "gemini", "/v1beta/models/m:generateContent"),
        ("openai", "embeddings", "gemini", "/v1beta/models/m:batchEmbedContents"),
        ("anthropic", "messages", "openai", "/v1/chat/completions"),
        ("anthropic", "messages", "ollama", "/v1/chat/completions"),
        ("anthropic", "messages", "gemini", "/v1beta/models/m:generateContent"),
    ],
)
def test_there_is_a_translation(caller: Any, operation: str, upstream: Any, path: str):
    found = translator(caller, operation, upstream)
    assert found is not None
    document = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}

    assert (
        found.request({"input": "Hi"} if operation in ("responses", "embeddings") else document, "m").path
        == path
    )


@pytest.mark.parametrize(
    ("caller", "operation", "upstream"),
    [
        ("openai", "chat", "openai"),
        ("openai", "completion", "anthropic"),
        ("openai", "embeddings", "anthropic"),
        ("anthropic", "messages", "anthropic"),
        ("anthropic", "count_tokens", "openai"),
        ("gemini", "generate", "openai"),
    ],
)
def test_there_is_none(caller: Any, operation: str, upstream: Any):
    assert translator(caller, operation, upstream) is None


def test_two_translations_in_a_row():
    """Claude Code with a model of Gemini."""
    found = translator("anthropic", "messages", "gemini")
    assert found is not None
    tool = {"name": "weather", "input_schema": function_tool()["function"]["parameters"]}
    said = {"max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}], "tools": [tool], "stream": True}
    found.request(said, "gemini-3-pro")
    parts = [
        {"text": "Hm", "thought": True},
        {"text": "Hi"},
        {"functionCall": {"id": "f", "name": "weather", "args": {}}},
    ]
    answer = {
        "responseId": "r",
        "modelVersion": "g",
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4},
    }
    GenerateContentResponse.model_validate(answer)
    message = anthropic_message(streamed(found, answer))

    assert [block["type"] for block in message["content"]] == ["thinking", "text", "tool_use"]
    assert message["stop_reason"] == "tool_use"
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (3, 4)
    assert found.answer(answer)["content"] == message["content"]
    assert found.error(429, {"error": {"message": "No"}}, "")["error"] == {
        "type": "rate_limit_error",
        "message": "No",
    }


def test_what_only_the_second_refuses_is_told_in_words_of_chat():
    found = translator("openai", "responses", "anthropic")
    assert found is not None

    assert str(refusal(found, {"input": "Hi", "temperature": 1.5})) == (
        "as OpenAI chat, temperature: Anthropic takes a temperature from 0 to 1"
    )
