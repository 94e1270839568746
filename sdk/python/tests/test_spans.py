"""Spans opened by hand: nesting, surroundings, what can be said of them, and what becomes of it."""

from __future__ import annotations

import ast
import inspect
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lynex
from lynex._internal.config import SETTINGS, Config
from lynex._internal.encode import to_bytes
from lynex.testing import CapturedSpans, FixedClock, SequentialIds, capture


def only(spans: CapturedSpans) -> dict[str, Any]:
    [event] = spans.events
    return event


def test_a_span_on_the_wire() -> None:
    clock = FixedClock()
    with (
        capture(clock=clock, ids=SequentialIds(), environment="prod", release="1.2", service="shop") as spans,
        lynex.span("ask", kind="llm", input="Why?", provider="openai", model="gpt-4o") as span,
    ):
        clock.advance(ms=12.5)
        span.mark_first_token()
        clock.advance(ms=100)
        span.set_output({"text": "Because."})
        span.set_usage(10, 5, cache_read_tokens=4, web_searches=1)
        span.set_cost("0.0125")
        span.set_model("gpt-4o-2024", tier="flex")
        span.set_prompt("greeting", "7")
        span.set_route("/ask")
        span.add_tag("beta")
        span.set_metadata({"tenant": "acme"}, retries=2)
        span.set_attribute("gen_ai.request.temperature", 0.5)

    assert only(spans) == {
        "trace_id": "00000000000000000000000000000001",
        "span_id": "0000000000000001",
        "kind": "llm",
        "name": "ask",
        "route": "/ask",
        "provider": "openai",
        "model": "gpt-4o-2024",
        "model_requested": "gpt-4o",
        "service_tier": "flex",
        "status": "ok",
        "prompt_name": "greeting",
        "prompt_version": "7",
        "start_time": "2026-01-05T12:00:00.000000Z",
        "source": "sdk",
        "duration_ms": 112.5,
        "time_to_first_token_ms": 12.5,
        "environment": "prod",
        "release": "1.2",
        "service": "shop",
        "cost_usd": "0.0125",
        "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 4, "web_searches": 1},
        "usage_convention": "inclusive",
        "tags": ["beta"],
        "metadata": {"tenant": "acme", "retries": "2"},
        "input": "Why?",
        "output": {"text": "Because."},
        "attributes": {"gen_ai.request.temperature": 0.5},
    }


def test_a_call_says_who_served_it_and_every_unit_that_it_used() -> None:
    with capture() as spans, lynex.span("ask", kind="llm", model="given") as span:
        span.set_model("served", provider="vllm", requested="asked")
        span.set_model(tier="flex")
        span.set_usage(
            1, 2, cache_read_tokens=3, cache_write_5m_tokens=4, cache_write_1h_tokens=5, reasoning_tokens=6,
            convention="exclusive", estimated=True, input_audio_tokens=None,
        )  # fmt: skip

    event = only(spans)
    assert [event[name] for name in ("model", "provider", "model_requested", "service_tier")] == [
        "served", "vllm", "asked", "flex",
    ]  # fmt: skip
    assert list(event["usage"].values()) == [1, 2, 3, 4, 5, 6]
    assert (event["usage_convention"], event["usage_estimated"]) == ("exclusive", True)


def test_the_children_of_a_span_are_found() -> None:
    with capture() as spans, lynex.span("outer"):
        with lynex.span("first"), lynex.span("grandchild"):
            pass
        with lynex.span("second"):
            pass

    [outer], [second] = spans.named("outer"), spans.named("second")
    assert [child["name"] for child in spans.children_of(outer)] == ["first", "second"]
    assert spans.children_of(second) == []


def test_spans_nest_and_bear_what_surrounds_them() -> None:
    with capture() as spans, lynex.session("s"), lynex.user("u"), lynex.tags("a", tenant="acme"):
        with lynex.span("outer"), lynex.tags("b", "a"), lynex.span("inner") as inner:
            inner.add_tag("c")
        with lynex.span("second"):
            pass

    inner_event, outer, second = spans.events
    assert inner_event["parent_span_id"] == outer["span_id"]
    assert "parent_span_id" not in outer
    assert second["trace_id"] != outer["trace_id"]
    assert inner_event["tags"] == ["a", "b", "c"]
    assert outer["tags"] == ["a"]
    assert {event["session_id"] for event in spans.events} == {"s"}
    assert {event["end_user_id"] for event in spans.events} == {"u"}
    assert inner_event["metadata"] == {"tenant": "acme"}


async def test_async_blocks_work_the_same() -> None:
    with capture() as spans:
        async with lynex.session("s"), lynex.span("outer"), lynex.span("inner"):
            pass

    inner, outer = spans.events
    assert inner["parent_span_id"] == outer["span_id"]
    assert inner["session_id"] == "s"


def test_a_thread_begins_its_own_trace() -> None:
    def work() -> None:
        with lynex.span("in a thread"):
            pass

    with capture() as spans, lynex.span("outside"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert "parent_span_id" not in spans.named("in a thread")[0]


def test_an_exception_is_noted_and_goes_on() -> None:
    with capture() as spans, pytest.raises(ZeroDivisionError), lynex.span("divide"):
        1 / 0  # noqa: B018 - the point is the error

    event = only(spans)
    assert (event["status"], event["error_type"]) == ("error", "ZeroDivisionError")
    assert event["error_message"] == "division by zero"


def test_an_exception_whose_text_fails_is_noted_all_the_same() -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with capture() as spans, pytest.raises(Nasty), lynex.span("work"):
        raise Nasty

    assert only(spans)["error_type"].endswith("Nasty")


def test_content_can_be_kept_at_home() -> None:
    with capture(capture_content=False) as spans, lynex.span("ask", input="secret") as span:
        span.set_output("secret too")
        span.set_attribute("gen_ai.tool.definitions", [{"name": "secret"}])
        span.set_usage(1, 1)

    assert "secret" not in to_bytes(only(spans)).decode()
    assert only(spans)["usage"] == {"input_tokens": 1, "output_tokens": 1}


def test_before_send_may_change_and_drop() -> None:
    def redact(event: lynex.Event) -> lynex.Event | None:
        if event["name"] == "private":
            return None
        return {**event, "input": "[removed]"}

    with capture(before_send=redact) as spans:
        with lynex.span("private", input="x"):
            pass
        with lynex.span("public", input="y"):
            pass

    assert only(spans)["input"] == "[removed]"


def test_long_content_is_cut_and_says_so() -> None:
    with capture(max_content_bytes=10) as spans, lynex.span("ask", input="é" * 20) as span:
        span.set_output(["a" * 30])

    event = only(spans)
    assert event["input"] == "é" * 5
    assert event["output"] == '["aaaaaaaa'
    assert event["attributes"] == {"lynex.input_cut_chars": 15, "lynex.output_cut_chars": 24}


def test_sampling_keeps_or_drops_whole_traces() -> None:
    with capture(sample_rate=0.5) as spans:
        for _ in range(200):
            with lynex.span("outer"), lynex.span("inner"):
                pass

    traces = {event["trace_id"] for event in spans.events}
    assert len(spans.events) == 2 * len(traces)
    assert 50 < len(traces) < 150


def test_trace_headers_carry_a_trace_across() -> None:
    headers: dict[str, str] = {"baggage": "theirs=1"}
    with capture() as spans:
        with lynex.session("chat 1"), lynex.user("ü"), lynex.span("client"):
            lynex.inject(headers)
        with lynex.extract({name.title(): value for name, value in headers.items()}), lynex.span("server"):
            pass
        with lynex.span("after"):
            pass

    client, server, after = spans.events
    assert headers["baggage"].startswith("theirs=1,session.id=chat%201,")
    assert server["trace_id"] == client["trace_id"]
    assert server["parent_span_id"] == client["span_id"]
    assert (server["session_id"], server["end_user_id"]) == ("chat 1", "ü")
    assert after["trace_id"] != client["trace_id"]
    assert "session_id" not in after


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c8031zz-b7ad6b7169203331-01",
    ],
)
def test_malformed_trace_headers_change_nothing(header: str) -> None:
    with capture() as spans, lynex.extract({"traceparent": header}), lynex.span("work"):
        pass

    assert "parent_span_id" not in only(spans)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_trace_headers_are_borne(traceparent: str, baggage: str) -> None:
    with capture() as spans, lynex.extract({"traceparent": traceparent, "baggage": baggage}), lynex.span("w"):
        pass

    assert len(only(spans)["trace_id"]) == 32


class Odd:
    """An object that JSON does not know and whose repr fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def test_any_value_finds_a_json_form() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    values = [cycle, Odd(), {1: {2, 3}}, float("nan"), b"raw", "\ud83d", Decimal("1.5"), {"a": Odd()}, object]
    with capture() as spans:
        for value in values:
            with lynex.span("work", input=value) as span:
                span.set_metadata(value=value)

    assert len(spans.events) == len(values)


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(JSON_LIKE)
def test_content_survives_or_is_cleaned(value: Any) -> None:
    with capture() as spans, lynex.span("work", input=value):
        pass

    to_bytes(only(spans)).decode("utf-8")


def test_local_cost_covers_the_span_and_what_ran_inside() -> None:
    """Cached tokens are priced once, at their rate (litellm#6215, langfuse#12635)."""
    pytest.importorskip("genai_prices")
    with capture(local_cost=True) as spans, lynex.span("agent", kind="agent") as agent:
        with lynex.span("openai", kind="llm", provider="openai", model="gpt-4o") as openai_call:
            openai_call.set_usage(1_000_000, 0, cache_read_tokens=1_000_000)
        with lynex.span("anthropic", kind="llm", provider="anthropic", model="claude-sonnet-4-5") as call:
            call.set_usage(0, 0, cache_read_tokens=100_000, convention="exclusive")
        with lynex.span("unknown", kind="llm", provider="nobody", model="nothing") as unknown:
            unknown.set_usage(5, 5)

    assert openai_call.cost_usd == Decimal("1.25")
    assert call.cost_usd == Decimal("0.03")
    assert unknown.cost_usd is None
    assert agent.cost_usd == Decimal("1.28")
    assert all("cost_usd" not in event for event in spans.events), "an estimate is not a reported cost"


def test_unpriceable_costs_are_refused() -> None:
    with capture() as spans, lynex.span("work") as span:
        for wrong in ("much", float("nan"), -1):
            span.set_cost(wrong)

    assert "cost_usd" not in only(spans)


def test_the_public_names_are_these() -> None:
    assert lynex.__all__ == [
        "BudgetExceeded",
        "CallBlocked",
        "Event",
        "KillSwitchActive",
        "Kind",
        "LynexUnreachable",
        "Span",
        "Stats",
        "Status",
        "UsageConvention",
        "__version__",
        "configure",
        "current_span",
        "extract",
        "flush",
        "guard",
        "inject",
        "instrument",
        "session",
        "shutdown",
        "span",
        "stats",
        "tags",
        "trace_llm",
        "uninstrument",
        "user",
    ]
    assert all(hasattr(lynex, name) for name in lynex.__all__)


def test_everything_public_says_what_it_does() -> None:
    functions = [getattr(lynex, name) for name in lynex.__all__ if callable(getattr(lynex, name))]
    documented = [item for item in functions if getattr(item, "__module__", "").startswith("lynex")]
    methods = [
        method for name, method in vars(lynex.Span).items() if not name.startswith("_") and callable(method)
    ]
    assert len(documented) > 10
    for item in [*documented, *methods]:
        assert item.__doc__, item


def test_the_package_needs_nothing_but_python_3_10() -> None:
    sources = sorted((Path(lynex.__file__).parent).rglob("*.py"))
    for source in sources:
        ast.parse(source.read_text(), feature_version=(3, 10))
    assert len(sources) > 20


def test_the_readme_names_every_setting_with_its_default() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    for setting in SETTINGS:
        for variable in setting.env:
            assert f"`{variable}`" in readme, variable
    arguments = set(inspect.signature(lynex.configure).parameters)
    assert arguments == {setting.name for setting in SETTINGS} == set(Config._fields)
