"""What the SDK sends is what the server takes: its own decoder and its own check of signatures judge it."""

from __future__ import annotations

import doctest
import gzip
import importlib
import json
import pkgutil
from typing import Any

import anthropic
import openai
import pytest
from receiver import Receiver

import lynex
from lynex.testing import FixedClock, SequentialIds, capture
from lynex_server.identity.credentials import SignedCredential, credential_in
from lynex_server.ingest.events import decode_events
from lynex_server.spans.public import USAGE_UNITS

FULL: dict[str, Any] = {
    "kind": "llm",
    "provider": "openai",
    "model": "gpt-4o",
    "route": "/chat",
    "input": [{"role": "user", "content": "Why?"}],
    "tags": ["beta"],
    "metadata": {"tenant": "acme", "tries": 2},
}


def test_the_server_reads_every_field_of_a_span() -> None:
    clock = FixedClock()
    with (
        capture(clock=clock, ids=SequentialIds(), environment="prod", release="1", service="shop") as spans,
        lynex.session("s"),
        lynex.user("u"),
        lynex.span("outer"),
        lynex.span("ask", **FULL) as span,
    ):
        clock.advance(ms=10)
        span.mark_first_token()
        clock.advance(ms=30)
        span.set_usage(10, 5, cache_read_tokens=4, web_searches=1, estimated=True)
        span.set_cost("0.000001")
        span.set_model("gpt-4o-2024", tier="flex")
        span.set_prompt("greeting", "7")
        span.set_output("Because.")
        span.set_attribute("lynex.tool_calls", ["search"])

    decoded = decode_events(json.dumps(spans.events).encode())

    assert decoded.rejections == []
    event = decoded.spans[0]
    assert (event.trace_id, event.span_id, event.parent_span_id) == (
        "00000000000000000000000000000001",
        "0000000000000002",
        "0000000000000001",
    )
    assert event.start_time_us == 1_767_614_400_000_000
    assert (event.duration_ms, event.time_to_first_token_ms) == (40.0, 10.0)
    assert (event.kind, event.name, event.status, event.source) == ("llm", "ask", "ok", "sdk")
    assert (event.environment, event.release, event.service) == ("prod", "1", "shop")
    assert (event.session_id, event.end_user_id, event.route) == ("s", "u", "/chat")
    assert (event.model, event.model_requested, event.service_tier) == ("gpt-4o-2024", "gpt-4o", "flex")
    assert event.usage == {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 4, "web_searches": 1}
    assert (event.usage_convention, event.usage_estimated) == ("inclusive", True)
    assert event.cost_nanousd == 1_000
    assert (event.prompt_name, event.prompt_version) == ("greeting", "7")
    assert (json.loads(event.input), event.output) == (FULL["input"], "Because.")
    assert (event.tags, event.metadata) == (["beta"], {"tenant": "acme", "tries": "2"})
    assert event.attributes["lynex.tool_calls"] == ["search"]


def test_the_server_takes_what_watched_clients_send(model_url: str) -> None:
    lynex.instrument()
    with capture() as spans:
        openai_client = openai.OpenAI(base_url=f"{model_url}/v1", api_key="test")
        openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        openai_client.responses.create(model="m", input="Hi")
        openai_client.embeddings.create(model="m", input="Hi")
        anthropic.Anthropic(base_url=model_url, api_key="test").messages.create(
            model="m", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
        )

    decoded = decode_events(json.dumps(spans.events).encode())

    assert decoded.rejections == []
    assert [event.usage_convention for event in decoded.spans] == ["inclusive"] * 3 + ["exclusive"]
    assert all(set(event.usage) <= set(USAGE_UNITS) for event in decoded.spans)


def test_the_server_accepts_the_signature_of_a_sent_batch(receiver: Receiver) -> None:
    lynex.configure(ingest_url=receiver.url, hmac_secret="s3cret", project_id="shop", enabled=True)
    with lynex.span("signed"):
        pass
    assert lynex.flush()

    [request] = receiver.requests
    credential = credential_in(request.headers)
    assert isinstance(credential, SignedCredential)
    assert credential.signer == "shop"
    assert credential.is_of("s3cret", request.body)
    assert not credential.is_of("s3cret", gzip.compress(b"[]"))


@pytest.mark.parametrize(
    "module",
    ["lynex", *(found.name for found in pkgutil.walk_packages(lynex.__path__, "lynex."))],
)
def test_the_examples_in_docstrings_are_true(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(module))

    assert outcome.failed == 0
