"""What `lynex.instrument()` sees of the real OpenAI client, talking to the examples' model server."""

from __future__ import annotations

import gc
from typing import Any

import openai
import pytest

import lynex
from lynex._internal.integrations.openai import provider_of
from lynex.testing import CapturedSpans, capture

QUESTION = [
    {"role": "system", "content": "Answer in one short sentence."},
    {"role": "user", "content": "What is the weather in Oslo?"},
]
WEATHER_TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
USAGE = {
    "input_tokens": 11,
    "output_tokens": 8,
    "cache_read_tokens": 5,
    "input_audio_tokens": 0,
    "output_audio_tokens": 0,
    "reasoning_tokens": 0,
}
ANSWER = "You asked: What is the weather in Oslo?"


@pytest.fixture
def client(model_url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{model_url}/v1", api_key="test", max_retries=0)


@pytest.fixture
def async_client(model_url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{model_url}/v1", api_key="test", max_retries=0)


def only(spans: CapturedSpans) -> dict[str, Any]:
    [event] = spans.events
    return event


def test_records_a_chat_completion_with_what_it_used(client: openai.OpenAI) -> None:
    """Cached tokens are a part of the input, not on top of it (litellm#6215, langfuse#12635)."""
    lynex.instrument("openai")

    with capture() as spans:
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, temperature=0.2)

    event = only(spans)
    assert answer.choices[0].message.content == ANSWER
    assert event["kind"] == "llm"
    assert event["name"] == "openai.chat.completions"
    assert event["provider"] == "openai"
    assert event["model_requested"] == "gpt-4o-mini"
    assert event["model"] == "gpt-4o-mini-2024-07-18"
    assert event["service_tier"] == "default"
    assert event["usage"] == USAGE
    assert event["usage_convention"] == "inclusive"
    assert event["finish_reason"] == "stop"
    assert event["status"] == "ok"
    assert event["input"] == QUESTION
    assert event["output"] == [{"role": "assistant", "content": ANSWER}]
    assert event["attributes"] == {"gen_ai.request.temperature": 0.2, "gen_ai.response.id": answer.id}
    assert event["duration_ms"] > 0


def test_watches_clients_that_were_made_and_used_before(client: openai.OpenAI) -> None:
    client.chat.completions.create(model="m", messages=QUESTION)
    lynex.instrument()

    with capture() as spans:
        client.chat.completions.create(model="m", messages=QUESTION)

    assert len(spans.events) == 1


def test_a_stream_and_a_plain_answer_are_recorded_alike(client: openai.OpenAI) -> None:
    """bifrost#3451: streaming and not streaming must price the same."""
    lynex.instrument()
    with capture() as spans:
        client.chat.completions.create(model="m", messages=QUESTION)
        stream = client.chat.completions.create(
            model="m", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)

    plain, streamed = spans.events
    assert text == ANSWER
    assert isinstance(stream, openai.Stream)
    for field in ("usage", "usage_convention", "output", "input", "model", "finish_reason", "service_tier"):
        assert streamed[field] == plain[field], field
    assert 0 < streamed["time_to_first_token_ms"] < streamed["duration_ms"]


def test_asks_for_no_usage_that_the_host_did_not_ask_for(client: openai.OpenAI) -> None:
    """None is not zero (litellm#37992)."""
    lynex.instrument()
    with capture() as spans:
        chunks = list(client.chat.completions.create(model="m", messages=QUESTION, stream=True))

    event = only(spans)
    assert all(chunk.usage is None for chunk in chunks)
    assert "usage" not in event
    assert event["attributes"]["lynex.usage_absent"] is True
    assert event["status"] == "ok"


def test_an_abandoned_stream_is_cancelled_with_what_was_seen(client: openai.OpenAI) -> None:
    """litellm#14457: an aborted call is not lost."""
    lynex.instrument()
    with capture() as spans:
        stream = client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        for chunk in stream:
            if chunk.choices[0].delta.content == "asked: ":
                break
        stream.close()

    event = only(spans)
    assert event["status"] == "cancelled"
    assert event["output"] == [{"role": "assistant", "content": "You asked: "}]
    assert "usage" not in event


@pytest.mark.parametrize("pieces_read", [0, 2])
def test_a_stream_that_is_thrown_away_is_cancelled(client: openai.OpenAI, pieces_read: int) -> None:
    lynex.instrument()
    with capture() as spans:
        stream = client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        for _ in range(pieces_read):
            next(stream)
        del stream
        gc.collect()

    assert only(spans)["status"] == "cancelled"


def test_leaving_after_the_finish_reason_is_not_cancelling(client: openai.OpenAI) -> None:
    lynex.instrument()
    with (
        capture() as spans,
        client.chat.completions.create(model="m", messages=QUESTION, stream=True) as stream,
    ):
        for chunk in stream:
            if chunk.choices[0].finish_reason:
                break

    assert only(spans)["status"] == "ok"


def test_the_stream_helper_is_watched(client: openai.OpenAI) -> None:
    lynex.instrument()
    with (
        capture() as spans,
        client.chat.completions.stream(
            model="m", messages=QUESTION, stream_options={"include_usage": True}
        ) as stream,
    ):
        final = stream.get_final_completion()

    assert final.choices[0].message.content == ANSWER
    assert only(spans)["usage"] == USAGE


def test_the_stream_helper_left_early_is_cancelled(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        with client.chat.completions.stream(model="m", messages=QUESTION) as stream:
            next(iter(stream))
        assert only(spans)["status"] == "cancelled"


def test_tool_calls_are_recorded_plain_and_streamed(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        client.chat.completions.create(model="m", messages=QUESTION, tools=[WEATHER_TOOL])
        list(client.chat.completions.create(model="m", messages=QUESTION, tools=[WEATHER_TOOL], stream=True))

    plain, streamed = spans.events
    assert plain["attributes"]["lynex.tool_calls"] == ["get_weather"]
    assert plain["attributes"]["gen_ai.tool.definitions"] == [WEATHER_TOOL]
    assert plain["finish_reason"] == "tool_calls"
    [message] = plain["output"]
    assert message["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
    [streamed_message] = streamed["output"]
    assert streamed_message["tool_calls"][0]["function"] == message["tool_calls"][0]["function"]
    assert streamed["attributes"]["lynex.tool_calls"] == ["get_weather"]


def test_an_error_is_recorded_and_raised_on(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans, pytest.raises(openai.BadRequestError, match="is broken"):
        client.chat.completions.create(model="broken", messages=QUESTION)

    event = only(spans)
    assert event["status"] == "error"
    assert event["error_type"] == "openai.BadRequestError"
    assert "is broken" in event["error_message"]
    assert event["attributes"]["http.response.status_code"] == 400
    assert event["input"] == QUESTION


def test_a_raw_response_works_and_is_read(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        raw = client.chat.completions.with_raw_response.create(model="m", messages=QUESTION)
        parsed = raw.parse()

    assert raw.headers["content-type"] == "application/json"
    assert parsed.choices[0].message.content == ANSWER
    assert only(spans)["usage"] == USAGE


def test_a_raw_stream_is_recorded_when_it_is_parsed(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        raw = client.chat.completions.with_raw_response.create(model="m", messages=QUESTION, stream=True)
        pieces = list(raw.parse())

    assert pieces
    assert only(spans)["output"] == [{"role": "assistant", "content": ANSWER}]


def test_a_streaming_response_is_recorded_when_it_is_read(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        with client.chat.completions.with_streaming_response.create(model="m", messages=QUESTION) as raw:
            assert raw.json()["choices"][0]["message"]["content"] == ANSWER
        with client.chat.completions.with_streaming_response.create(model="m", messages=QUESTION) as raw:
            lines = list(raw.iter_lines())
        with client.chat.completions.with_streaming_response.create(model="m", messages=QUESTION):
            pass

    assert lines
    assert [event["status"] for event in spans.events] == ["ok", "ok", "cancelled"]
    assert spans.events[0]["usage"] == USAGE


def test_responses_are_recorded_plain_and_streamed(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        plain = client.responses.create(model="m", instructions="Be brief.", input="Why?")
        events = list(client.responses.create(model="m", instructions="Be brief.", input="Why?", stream=True))
        with client.responses.stream(model="m", instructions="Be brief.", input="Why?") as stream:
            final = stream.get_final_response()

    assert plain.output_text == final.output_text == "You asked: Why?"
    assert events[-1].type == "response.completed"
    for event in spans.events:
        assert event["name"] == "openai.responses"
        assert event["usage"]["input_tokens"] == 3
        assert event["usage"]["cache_read_tokens"] == 2
        assert event["usage"]["output_tokens"] == 3
        assert event["finish_reason"] == "completed"
        assert event["input"][0] == {"role": "system", "content": "Be brief."}
        assert event["output"][0]["content"][0]["text"] == "You asked: Why?"


def test_a_responses_stream_left_early_keeps_its_text(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans, client.responses.create(model="m", input="Why?", stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break

    recorded = only(spans)
    assert recorded["status"] == "cancelled"
    assert recorded["output"][0]["content"] == "You "
    assert recorded["model"] == "m"


def test_embeddings_are_recorded_without_their_vectors(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        client.embeddings.create(model="text-embedding-3-small", input=["one two", "three"])

    event = only(spans)
    assert event["kind"] == "embedding"
    assert event["usage"] == {"input_tokens": 3}
    assert event["attributes"]["lynex.embedding_count"] == 2
    assert "output" not in event


async def test_async_calls_and_streams_are_recorded(async_client: openai.AsyncOpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        await async_client.chat.completions.create(model="m", messages=QUESTION)
        stream = await async_client.chat.completions.create(
            model="m", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
        pieces = [chunk async for chunk in stream]
        raw = await async_client.chat.completions.with_raw_response.create(model="m", messages=QUESTION)
        async with async_client.chat.completions.with_streaming_response.create(
            model="m", messages=QUESTION
        ) as response:
            await response.parse()

    assert pieces
    assert raw.status_code == 200
    assert [event["usage"] for event in spans.events] == [USAGE] * 4


async def test_an_async_stream_left_early_is_cancelled(async_client: openai.AsyncOpenAI) -> None:
    lynex.instrument()
    with capture() as spans:
        stream = await async_client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        async for _ in stream:
            break
        await stream.close()
        async with async_client.chat.completions.stream(model="m", messages=QUESTION) as helper:
            async for _ in helper:
                break

    assert [event["status"] for event in spans.events] == ["cancelled", "cancelled"]


def test_a_call_is_the_child_of_the_open_span_and_bears_its_surroundings(client: openai.OpenAI) -> None:
    lynex.instrument()
    with capture() as spans, lynex.session("chat-1"), lynex.user("u-7"), lynex.span("agent", kind="agent"):
        client.chat.completions.create(model="m", messages=QUESTION)

    call, agent = spans.events
    assert call["parent_span_id"] == agent["span_id"]
    assert call["trace_id"] == agent["trace_id"]
    assert (call["session_id"], call["end_user_id"]) == ("chat-1", "u-7")


def test_a_decorated_function_around_a_watched_client_counts_once(client: openai.OpenAI) -> None:
    """langfuse-style double counting: the same tokens must not be said by parent and child."""
    lynex.instrument()

    @lynex.trace_llm(provider="openai", model="m")
    def ask() -> Any:
        return client.chat.completions.create(model="m", messages=QUESTION)

    @lynex.trace_llm(provider="openai", model="m")
    def ask_streamed() -> Any:
        return client.chat.completions.create(
            model="m", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )

    with capture() as spans:
        ask()
        list(ask_streamed())

    assert [event["kind"] for event in spans.events] == ["llm", "chain", "llm", "chain"]
    assert ["usage" in event for event in spans.events] == [True, False, True, False]


def test_later_changes_of_the_messages_are_not_taken_for_the_input(client: openai.OpenAI) -> None:
    lynex.instrument()
    messages: list[Any] = [{"role": "user", "content": "Hi"}]
    with capture() as spans:
        stream = client.chat.completions.create(model="m", messages=messages, stream=True)
        messages[0]["content"] = "changed"
        messages.append({"role": "assistant", "content": "later"})
        list(stream)

    assert only(spans)["input"] == [{"role": "user", "content": "Hi"}]


def test_uninstrument_leaves_the_client_as_it_was(client: openai.OpenAI) -> None:
    original = openai._base_client.SyncAPIClient.request
    lynex.instrument()
    lynex.instrument()
    lynex.uninstrument()

    with capture() as spans:
        client.chat.completions.create(model="m", messages=QUESTION)

    assert spans.events == []
    assert openai._base_client.SyncAPIClient.request is original


def test_a_fault_of_ours_changes_nothing_for_the_host(
    client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("ours")

    lynex.instrument()
    for place in ("Span.begin", "Span.end"):
        monkeypatch.setattr(f"lynex._internal.span.{place}", broken)

    answer = client.chat.completions.create(model="m", messages=QUESTION)
    pieces = list(client.chat.completions.create(model="m", messages=QUESTION, stream=True))

    assert answer.choices[0].message.content == ANSWER
    assert pieces


def test_refuses_a_client_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="openai, anthropic"):
        lynex.instrument("cohere")


@pytest.mark.parametrize(
    ("base_url", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://my-resource.openai.azure.com/openai/v1", "azure"),
        ("http://127.0.0.1:8000/v1", "openai"),
        ("https://notopenrouter.ai/v1", "openai"),
    ],
)
def test_the_host_tells_the_provider(base_url: str, provider: str) -> None:
    assert provider_of(openai.OpenAI(base_url=base_url, api_key="x")) == provider
