"""Clients that lead to the gateway: the call is counted there, once."""

from __future__ import annotations

from typing import Any

import openai
import pytest

import lynex
from lynex._internal.config import Config
from lynex._internal.integrations.through_gateway import leads_to_gateway
from lynex.testing import capture

QUESTION: Any = [{"role": "user", "content": "Where is my parcel?"}]


class _Seen:
    """The headers of the requests that a client sends."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []

    def note(self, request: Any) -> None:
        self.headers.append(dict(request.headers))


def _client(base_url: str, seen: _Seen) -> openai.OpenAI:
    http = openai.DefaultHttpxClient(event_hooks={"request": [seen.note]})
    return openai.OpenAI(base_url=base_url, api_key="test", max_retries=0, http_client=http)


def test_a_call_through_the_gateway_is_a_step_around_the_gateways_own_span(
    model_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lynex.instrument("openai")
    seen = _Seen()

    with capture(gateway_url=model_url) as spans:
        _client(f"{model_url}/v1", seen).chat.completions.create(model="m", messages=QUESTION)

    [event] = spans.events
    assert event["kind"] == "chain"
    assert seen.headers[0]["traceparent"] == f"00-{event['trace_id']}-{event['span_id']}-01"


def test_a_call_to_a_provider_is_counted_here_and_told_to_nobody(model_url: str) -> None:
    lynex.instrument("openai")
    seen = _Seen()

    with capture(gateway_url="http://127.0.0.1:1") as spans:
        _client(f"{model_url}/v1", seen).chat.completions.create(model="m", messages=QUESTION)

    [event] = spans.events
    assert event["kind"] == "llm"
    assert "traceparent" not in seen.headers[0]


@pytest.mark.parametrize(
    ("base_url", "leads"),
    [
        ("http://lynex:8000/v1/", True),
        ("http://LYNEX:8000/gateway/groq/v1", True),
        ("http://gateway:8100/v1", True),
        ("http://lynex:9000/v1", False),
        ("https://lynex:8000/v1", False),
        ("https://api.openai.com/v1", False),
        ("", False),
    ],
)
def test_a_client_is_known_by_where_it_leads(base_url: str, leads: bool) -> None:
    config = Config(ingest_url="http://lynex:8000", gateway_url="http://gateway:8100/")

    assert leads_to_gateway(base_url, config) is leads


def test_without_an_address_nothing_leads_to_the_gateway() -> None:
    assert not leads_to_gateway("http://lynex:8000/v1", Config())
