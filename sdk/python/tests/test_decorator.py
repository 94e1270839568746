"""`@trace_llm` on every kind of function: it records, and changes nothing."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any

import pytest

import lynex
from lynex.testing import CapturedSpans, FixedClock, capture

OPENAI_ANSWER = {
    "object": "chat.completion",
    "id": "c1",
    "model": "gpt-served",
    "choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
}


def only(spans: CapturedSpans) -> dict[str, Any]:
    [event] = spans.events
    return event


def test_records_arguments_result_and_time() -> None:
    clock = FixedClock()

    @lynex.trace_llm(provider="ollama", model="llama3", route="/ask")
    def ask(question: str, *, polite: bool = False) -> str:
        clock.advance(ms=40)
        return "42"

    with capture(clock=clock) as spans:
        assert ask("Why?", polite=True) == "42"

    event = only(spans)
    assert event["kind"] == "llm"
    assert event["name"].endswith("ask")
    assert (event["provider"], event["model_requested"], event["route"]) == ("ollama", "llama3", "/ask")
    assert event["input"] == {"question": "Why?", "polite": True}
    assert event["output"] == "42"
    assert event["duration_ms"] == 40.0


def test_works_without_arguments_and_keeps_what_the_function_is() -> None:
    @lynex.trace_llm
    def plain() -> None:
        """A docstring."""

    @lynex.trace_llm
    async def coroutine() -> None: ...

    @lynex.trace_llm
    def generator() -> Iterator[int]:
        yield 1

    @lynex.trace_llm
    async def async_generator() -> AsyncIterator[int]:
        yield 1

    assert (plain.__name__, plain.__doc__) == ("plain", "A docstring.")
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)


def test_reads_usage_from_an_openai_answer() -> None:
    @lynex.trace_llm(provider="openai", model="gpt")
    def ask() -> dict[str, Any]:
        return OPENAI_ANSWER

    with capture() as spans:
        assert ask() is OPENAI_ANSWER

    event = only(spans)
    assert event["usage"] == {"input_tokens": 10, "output_tokens": 3, "cache_read_tokens": 4}
    assert event["usage_convention"] == "inclusive"
    assert event["model"] == "gpt-served"
    assert event["output"] == [{"role": "assistant", "content": "hi"}]


@pytest.mark.parametrize(
    ("provider", "usage", "convention"),
    [
        ("anthropic", {"input_tokens": 5, "output_tokens": 1}, "exclusive"),
        ("", {"input_tokens": 5, "output_tokens": 1, "cache_read_input_tokens": 9}, "exclusive"),
        ("openai", {"input_tokens": 5, "output_tokens": 1}, "inclusive"),
        ("", {"prompt_tokens": 5, "completion_tokens": 1}, "inclusive"),
        ("somebody", {"input_tokens": 5, "output_tokens": 1}, "unknown"),
    ],
)
def test_tells_the_convention_of_an_unmarked_usage(provider: str, usage: Any, convention: str) -> None:
    """The rule goes by provider (langfuse#10592, phoenix#10036)."""

    @lynex.trace_llm(provider=provider)
    def ask() -> dict[str, Any]:
        return {"usage": usage}

    with capture() as spans:
        ask()

    event = only(spans)
    assert (event["usage"]["input_tokens"], event["usage"]["output_tokens"]) == (5, 1)
    assert event["usage_convention"] == convention


def test_never_derives_a_count_from_a_total() -> None:
    """phoenix#10783."""

    @lynex.trace_llm(provider="openai")
    def ask() -> dict[str, Any]:
        return {"usage": {"prompt_tokens": 442, "total_tokens": 9151}}

    with capture() as spans:
        ask()

    assert only(spans)["usage"] == {"input_tokens": 442}


def test_an_explicit_zero_stays_zero() -> None:
    """litellm#37992: zero was said, and is not replaced."""

    @lynex.trace_llm(provider="openai")
    def ask() -> dict[str, Any]:
        return {"usage": {"prompt_tokens": 0, "completion_tokens": 0}}

    with capture() as spans:
        ask()

    assert only(spans)["usage"] == {"input_tokens": 0, "output_tokens": 0}


def test_what_the_function_says_itself_wins_over_its_result() -> None:
    @lynex.trace_llm(provider="openai")
    def ask() -> dict[str, Any]:
        span = lynex.current_span()
        assert span is not None
        span.set_usage(1, 2)
        span.set_output("mine")
        return OPENAI_ANSWER

    with capture() as spans:
        ask()

    assert only(spans)["usage"] == {"input_tokens": 1, "output_tokens": 2}
    assert only(spans)["output"] == "mine"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no"), "error"),
        (TimeoutError("slow"), "timeout"),
        (asyncio.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "cancelled"),
    ],
)
def test_errors_are_noted_and_raised_on(error: BaseException, status: str) -> None:
    @lynex.trace_llm
    def ask() -> None:
        raise error

    with capture() as spans, pytest.raises(type(error)) as raised:
        ask()

    assert raised.value is error
    assert only(spans)["status"] == status
    assert only(spans)["error_type"].endswith(type(error).__name__)


async def test_async_functions_are_recorded_each_in_its_own_context() -> None:
    @lynex.trace_llm
    async def ask(number: int) -> int:
        await asyncio.sleep(0.001)
        with lynex.span(f"inner {number}"):
            await asyncio.sleep(0.001)
        return number

    with capture() as spans:
        assert await asyncio.gather(ask(1), ask(2)) == [1, 2]

    for number in (1, 2):
        [inner] = spans.named(f"inner {number}")
        [outer] = [event for event in spans.events if event.get("input") == {"number": number}]
        assert inner["parent_span_id"] == outer["span_id"]
    assert lynex.current_span() is None


async def test_a_plain_function_that_returns_a_coroutine_is_recorded_to_its_end() -> None:
    async def inner() -> str:
        await asyncio.sleep(0)
        with lynex.span("inside"):
            return "later"

    @lynex.trace_llm
    def ask() -> Any:
        return inner()

    with capture() as spans:
        assert await ask() == "later"

    inside, outer = spans.events
    assert inside["parent_span_id"] == outer["span_id"]
    assert outer["output"] == "later"


def test_a_generator_ends_its_span_with_the_last_piece() -> None:
    clock = FixedClock()

    @lynex.trace_llm
    def stream() -> Iterator[str]:
        clock.advance(ms=30)
        yield "Hel"
        with lynex.span("inside"):
            clock.advance(ms=20)
        yield "lo"

    with capture(clock=clock) as spans:
        seen = []
        for piece in stream():
            assert lynex.current_span() is None, "the consumer is outside of the span"
            clock.advance(ms=5)
            seen.append(piece)

    inside, outer = spans.events
    assert seen == ["Hel", "lo"]
    assert inside["parent_span_id"] == outer["span_id"]
    assert outer["output"] == "Hello"
    assert outer["time_to_first_token_ms"] == 30.0
    assert outer["duration_ms"] == 60.0


def test_a_generator_still_takes_values_and_errors_and_returns() -> None:
    @lynex.trace_llm
    def talk() -> Generator[str, str, str]:
        said = yield "first"
        try:
            yield said.upper()
        except ValueError:
            yield "caught"
        return "done"

    with capture() as spans:
        generator = talk()
        assert next(generator) == "first"
        assert generator.send("loud") == "LOUD"
        assert generator.throw(ValueError) == "caught"
        with pytest.raises(StopIteration) as stop:
            next(generator)

    assert stop.value.value == "done"
    assert only(spans)["output"] == "firstLOUDcaught"


def test_an_async_generator_still_takes_values_and_errors() -> None:
    closed = []

    @lynex.trace_llm
    async def talk() -> AsyncGenerator[str, str]:
        try:
            said = yield "first"
            try:
                yield said.upper()
            except ValueError:
                yield "caught"
        finally:
            closed.append(True)

    async def run() -> None:
        generator = talk()
        assert await anext(generator) == "first"
        assert await generator.asend("loud") == "LOUD"
        assert await generator.athrow(ValueError()) == "caught"
        await generator.aclose()

    with capture() as spans:
        asyncio.run(run())

    assert closed == [True]
    assert only(spans)["output"] == "firstLOUDcaught"
    assert only(spans)["status"] == "cancelled"


def test_a_generator_left_early_is_cancelled_with_what_was_seen() -> None:
    @lynex.trace_llm
    def stream() -> Iterator[str]:
        yield from ["a", "b", "c"]

    with capture() as spans:
        for _ in stream():
            break
        gc.collect()

    assert only(spans)["status"] == "cancelled"
    assert only(spans)["output"] == "a"


def test_a_stream_that_fails_is_an_error() -> None:
    @lynex.trace_llm
    async def stream() -> AsyncIterator[str]:
        yield "a"
        raise ConnectionError("cut")

    async def run() -> list[str]:
        return [piece async for piece in stream()]

    with capture() as spans, pytest.raises(ConnectionError):
        asyncio.run(run())

    assert only(spans)["status"] == "error"
    assert only(spans)["output"] == "a"


def test_functions_that_return_generators_are_watched_to_their_end() -> None:
    @lynex.trace_llm
    def stream() -> Iterator[str]:
        return (piece for piece in ["a", "b"])

    @lynex.trace_llm
    def async_stream() -> AsyncIterator[str]:
        async def pieces() -> AsyncIterator[str]:
            yield "c"
            yield "d"

        return pieces()

    async def run() -> list[str]:
        return [piece async for piece in async_stream()]

    with capture() as spans:
        returned = stream()
        assert inspect.isgenerator(returned)
        assert list(returned) == ["a", "b"]
        assert asyncio.run(run()) == ["c", "d"]

    assert [event["output"] for event in spans.events] == ["ab", "cd"]


def test_provider_pieces_are_put_together() -> None:
    chunks = [
        {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]}
        for text in ("Hel", "lo")
    ]
    last = {
        "object": "chat.completion.chunk",
        "choices": [],
        "usage": {"prompt_tokens": 4, "completion_tokens": 2},
    }

    @lynex.trace_llm(provider="openai")
    def stream() -> Iterator[Any]:
        yield from [*chunks, last]

    with capture() as spans:
        list(stream())

    assert only(spans)["output"] == [{"role": "assistant", "content": "Hello"}]
    assert only(spans)["usage"] == {"input_tokens": 4, "output_tokens": 2}


def test_methods_leave_self_out_and_messages_stand_alone() -> None:
    class Bot:
        @lynex.trace_llm
        def ask(self, messages: list[dict[str, str]], depth: int = 1) -> str:
            return "ok"

        @lynex.trace_llm(capture_input=False, capture_output=False)
        def secret(self, word: str) -> dict[str, Any]:
            return OPENAI_ANSWER

    with capture() as spans:
        Bot().ask([{"role": "user", "content": "Hi"}])
        Bot().secret("swordfish")

    asked, secret = spans.events
    assert asked["input"] == [{"role": "user", "content": "Hi"}]
    assert "input" not in secret
    assert "output" not in secret
    assert secret["usage"]["input_tokens"] == 10
