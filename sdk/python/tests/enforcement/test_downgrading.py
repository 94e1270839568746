"""A used up budget that has watched clients ask a cheaper model."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx
import openai
import pytest
from control_server import ControlServer, a_budget
from enforcing import QUESTION, enforce, events

import lynex


def asked_models(sent: list[httpx.Request]) -> list[str]:
    """The models that requests on their way to a provider name."""
    return [json.loads(request.content)["model"] for request in sent]


@pytest.mark.parametrize("downgrade_to", ["gpt-4o-mini", "openai/gpt-4o-mini"])
def test_a_used_up_budget_lets_a_watched_client_use_a_cheaper_model(
    control: ControlServer, model_url: str, downgrade_to: str
) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to=downgrade_to, model="gpt-4o"),))
    enforce(control)
    lynex.instrument("openai")
    sent: list[httpx.Request] = []
    http_client = httpx.Client(event_hooks={"request": [sent.append]})
    client = openai.OpenAI(base_url=f"{model_url}/v1", api_key="t", http_client=http_client)
    body: dict[str, Any] = {"model": "gpt-4o", "messages": QUESTION}

    for _ in range(2):
        client.chat.completions.create(**body)
    client.chat.completions.create(model="other", messages=QUESTION)

    assert asked_models(sent) == ["gpt-4o-mini", "gpt-4o-mini", "other"]
    first, _, other = events(control)
    assert first["model_requested"] == "gpt-4o"
    assert first["attributes"]["lynex.downgraded_to"] == "gpt-4o-mini"
    assert body["model"] == "gpt-4o"
    assert "lynex.downgraded_to" not in other.get("attributes", {})


async def test_an_async_client_uses_the_cheaper_model_too(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to="gpt-4o-mini"),))
    enforce(control)
    lynex.instrument("openai")
    sent: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    http_client = httpx.AsyncClient(event_hooks={"request": [note]})
    client = openai.AsyncOpenAI(base_url=f"{model_url}/v1", api_key="t", http_client=http_client)

    await client.chat.completions.create(model="gpt-4o", messages=QUESTION)

    assert asked_models(sent) == ["gpt-4o-mini"]


def test_an_anthropic_client_uses_the_cheaper_model_too(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to="anthropic/claude-haiku"),))
    enforce(control)
    lynex.instrument("anthropic")
    client = anthropic.Anthropic(base_url=model_url, api_key="t")

    raw = client.messages.with_raw_response.create(model="claude-opus", max_tokens=5, messages=QUESTION)

    assert json.loads(raw.http_response.request.content)["model"] == "claude-haiku"


def test_a_model_of_another_provider_is_not_asked_of_a_client(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to="anthropic/claude-haiku"),))
    enforce(control)
    lynex.instrument("openai")
    sent: list[httpx.Request] = []
    http_client = httpx.Client(event_hooks={"request": [sent.append]})
    client = openai.OpenAI(base_url=f"{model_url}/v1", api_key="t", http_client=http_client)

    client.chat.completions.create(model="gpt-4o", messages=QUESTION)

    assert asked_models(sent) == ["gpt-4o"]
