"""What `lynex.instrument()` sees of the real Anthropic client, talking to the examples' model server."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

import lynex
from lynex.testing import CapturedSpans, capture

QUESTION: Any = [{"role": "user", "content": "What is the weather in Oslo?"}]
CALL: Any = {"model": "claude-sonnet-5", "max_tokens": 100, "system": "Be brief.", "messages": QUESTION}
TOOLS: Any = [
    {
        "name": "get_weather",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
]
ANSWER = "You asked: What is the weather in Oslo?"
USAGE = {
    "input_tokens": 6,
    "output_tokens": 8,
    "cache_read_tokens": 2,
    "cache_write_5m_tokens": 0,
    "cache_write_1h_tokens": 0,
}


@pytest.fixture
def client(model_url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=model_url, api_key="test", max_retries=0)


@pytest.fixture
def async_client(model_url: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=model_url, api_key="test", max_retries=0)


def only(spans: CapturedSpans) -> dict[str, Any]:
    [event] = spans.events
    return event


def test_records_a_message_with_separate_cache_counts(client: anthropic.Anthropic) -> None:
    """Anthropic's input excludes the cache, and says so on the wire (langfuse#12306, litellm#40006)."""
    lynex.instrument("anthropic")
    with capture() as spans:
        answer = client.messages.create(**CALL)

    event = only(spans)
    assert answer.content[0].text == ANSWER
    assert event["name"] == "anthropic.messages"
    assert event["provider"] == "anthropic"
    assert event["model"] == event["model_requested"] == "claude-sonnet-5"
    assert event["usage"] == USAGE
    assert event["usage_convention"] == "exclusive"
    assert event["service_tier"] == "standard"
    assert event["finish_reason"] == "end_turn"
    assert event["input"] == [{"role": "system", "content": "Be brief."}, *QUESTION]
    assert event["output"][0]["content"][0]["text"] == ANSWER
    assert event["attributes"] == {"gen_ai.request.max_tokens": 100, "gen_ai.response.id": answer.id}


def test_a_stream_and_a_plain_answer_are_recorded_alike(client: anthropic.Anthropic) -> None:
    """bifrost#3451: streaming and not streaming must price the same."""
    lynex.instrument()
    with capture() as spans:
        client.messages.create(**CALL)
        raw = client.messages.create(**CALL, stream=True)
        list(raw)
        with client.messages.stream(**CALL) as stream:
            text = "".join(stream.text_stream)

    plain, *streamed = spans.events
    assert text == ANSWER
    assert isinstance(raw, anthropic.Stream)
    assert len(streamed) == 2
    for event in streamed:
        for field in ("usage", "usage_convention", "finish_reason", "model", "input", "service_tier"):
            assert event[field] == plain[field], field
        assert event["output"][0]["content"] == [{"type": "text", "text": ANSWER}]
        assert 0 < event["time_to_first_token_ms"] < event["duration_ms"]


def test_an_aborted_stream_keeps_the_input_and_claims_no_output_count(client: anthropic.Anthropic) -> None:
    """The output count of the first event is a placeholder (litellm#35958, #37992)."""
    lynex.instrument()
    with capture() as spans, client.messages.stream(**CALL) as stream:
        for _ in stream.text_stream:
            break

    event = only(spans)
    assert event["status"] == "cancelled"
    assert event["usage"]["input_tokens"] == 6
    assert "output_tokens" not in event["usage"]
    assert event["output"][0]["content"] == [{"type": "text", "text": "You "}]


def test_tool_use_is_recorded_plain_and_streamed(client: anthropic.Anthropic) -> None:
    lynex.instrument()
    with capture() as spans:
        client.messages.create(**CALL, tools=TOOLS)
        with client.messages.stream(**CALL, tools=TOOLS) as stream:
            final = stream.get_final_message()

    assert final.stop_reason == "tool_use"
    for event in spans.events:
        assert event["attributes"]["lynex.tool_calls"] == ["get_weather"]
        assert event["finish_reason"] == "tool_use"
        use = event["output"][0]["content"][1]
        assert (use["name"], use["input"]) == ("get_weather", {"city": "Oslo"})


def test_an_error_is_recorded_and_raised_on(client: anthropic.Anthropic) -> None:
    lynex.instrument()
    with capture() as spans, pytest.raises(anthropic.BadRequestError):
        client.messages.create(**{**CALL, "model": "broken"})

    assert only(spans)["status"] == "error"
    assert only(spans)["error_type"] == "anthropic.BadRequestError"


def test_raw_responses_work_and_are_read(client: anthropic.Anthropic) -> None:
    lynex.instrument()
    with capture() as spans:
        raw = client.messages.with_raw_response.create(**CALL)
        with client.messages.with_streaming_response.create(**CALL) as response:
            response.parse()

    assert raw.parse().content[0].text == ANSWER
    assert [event["usage"] for event in spans.events] == [USAGE, USAGE]


async def test_async_calls_and_streams_are_recorded(async_client: anthropic.AsyncAnthropic) -> None:
    lynex.instrument()
    with capture() as spans:
        await async_client.messages.create(**CALL)
        stream = await async_client.messages.create(**CALL, stream=True)
        pieces = [piece async for piece in stream]
        async with async_client.messages.stream(**CALL) as helper:
            final = await helper.get_final_message()

    assert pieces
    assert final.content[0].text == ANSWER
    assert [event["usage"] for event in spans.events] == [USAGE] * 3


async def test_an_async_stream_left_early_is_cancelled(async_client: anthropic.AsyncAnthropic) -> None:
    lynex.instrument()
    with capture() as spans:
        async with async_client.messages.stream(**CALL) as stream:
            async for _ in stream.text_stream:
                break

    assert only(spans)["status"] == "cancelled"


def test_beta_messages_are_recorded_and_token_counting_is_not(client: anthropic.Anthropic) -> None:
    lynex.instrument()
    with capture() as spans:
        client.beta.messages.create(**CALL)
        with pytest.raises(anthropic.NotFoundError):
            client.messages.count_tokens(model="m", messages=QUESTION)

    assert only(spans)["usage"] == USAGE
