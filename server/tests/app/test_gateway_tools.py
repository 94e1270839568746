"""Claude Code and Codex, by what they sent: it passes, whoever answers, and becomes one span each."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from app import spoken
from app.gateway_tenant import QUESTION, EverySurface
from app.real_lynex import HTTP

CASES = Path(__file__).resolve().parents[3] / "contract" / "gateway"
SESSION = "00000001-0000-7000-8000-000000000000"
DEVICE = "5f" * 32
CLAUDE_NANOUSD = 100 * 5_000 + 40 * 500 + 20 * 6_250 + 10 * 10_000 + 50 * 25_000


@pytest.fixture
def gateway(every_surface: EverySurface) -> EverySurface:
    return every_surface


def sent_again(gateway: EverySurface, name: str, **changes: Any) -> tuple[dict[str, Any], httpx.Response]:
    """What the tool sent, and what it gets."""
    case = json.loads((CASES / f"{name}.json").read_text())
    body = {**case["body"], **changes}
    answer = gateway.tenant.ask("POST", case["path"], json=body, headers=case["headers"])
    assert answer.status_code == 200, answer.text
    return {**case, "body": body}, answer


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]


def of_span(span: dict[str, Any]) -> tuple[Any, ...]:
    return span["provider"], span["status"], span["session_id"], span["end_user_id"]


# Claude Code


def test_claude_codes_turn_reaches_anthropic_as_it_is(gateway):
    case, answer = sent_again(gateway, "claude-code")

    assert events(answer)[-1]["type"] == "message_stop"
    [asked] = gateway.upstream.asked
    assert (asked.path, asked.document) == (case["path"], case["body"])
    assert asked.headers["anthropic-beta"] == case["headers"]["anthropic-beta"]
    assert asked.headers["x-api-key"] == "sk-anthropic"
    span = gateway.span()
    assert of_span(span) == ("anthropic", "ok", SESSION, DEVICE)
    assert (span["input_tokens"], span["output_tokens"]) == (170, 50)
    assert span["cost_nanousd"] == CLAUDE_NANOUSD


@pytest.mark.parametrize(
    ("model", "provider"), [("gpt-4.1-mini", "openai"), ("gpt-5.5", "openai"), ("gemini-2.5-flash", "google")]
)
@pytest.mark.parametrize("name", ["claude-code", "claude-code-title"])
def test_claude_code_works_with_models_of_others(gateway, name, model, provider):
    case, answer = sent_again(gateway, name, model=model)

    assert events(answer)[-1]["type"] == "message_stop"
    blocks = [event["content_block"] for event in events(answer) if event["type"] == "content_block_start"]
    assert [block["type"] for block in blocks] == ["tool_use" if case["body"]["tools"] else "text"]
    assert of_span(gateway.span()) == (provider, "ok", SESSION, DEVICE)


def test_a_model_that_cannot_reason_is_not_told_how_much_to(gateway):
    """Claude Code states an effort whatever the model; OpenAI refuses one for its older models."""
    sent_again(gateway, "claude-code", model="gpt-4.1-mini")
    sent_again(gateway, "claude-code", model="gpt-5.5")

    assert [asked.document.get("reasoning_effort") for asked in gateway.upstream.asked] == [None, "high"]


# Codex


def test_codexs_turn_reaches_openai_as_it_is(gateway):
    case, answer = sent_again(gateway, "codex")

    assert events(answer)[-1]["type"] == "response.completed"
    [asked] = gateway.upstream.asked
    assert (asked.path, asked.document) == (case["path"], case["body"])
    span = gateway.span()
    assert of_span(span) == ("openai", "ok", SESSION, "")
    assert span["cost_nanousd"] > 0


@pytest.mark.parametrize(
    ("model", "provider"), [("claude-sonnet-4-6", "anthropic"), ("gemini-2.5-flash", "google")]
)
def test_codex_works_with_models_of_others(gateway, model, provider):
    _, answer = sent_again(gateway, "codex", model=model)

    last = events(answer)[-1]
    assert last["type"] == "response.completed"
    assert last["response"]["output"][0]["content"][0]["text"] == spoken.TEXT
    assert of_span(gateway.span()) == (provider, "ok", SESSION, "")


# Who hangs up on the last event, as Codex does, has the whole answer


@pytest.mark.parametrize(
    ("path", "body", "last"),
    [
        ("/v1/responses", {"model": "gpt-4.1-lingers", "input": "Where is my parcel?"}, "response.completed"),
        ("/v1/messages", {"model": "claude-lingers", "max_tokens": 9, "messages": QUESTION}, "message_stop"),
        ("/v1/chat/completions", {"model": "gpt-4.1-lingers", "messages": QUESTION}, "[DONE]"),
        ("/api/chat", {"model": "llama-lingers", "messages": QUESTION}, '"done": true'),
    ],
)
def test_who_hangs_up_on_the_last_event_has_not_left(gateway, path, body, last):
    headers = {"Authorization": f"Bearer {gateway.tenant.api_key}"}
    url = gateway.tenant.url + path
    with HTTP.stream("POST", url, json={"stream": True, **body}, headers=headers) as response:
        next(line for line in response.iter_lines() if last in line and not line.startswith("event:"))

    span = gateway.span()
    assert span["status"] == "ok"
    assert "client_left" not in span["attributes"]
    assert span["output_tokens"] == 50


@pytest.mark.parametrize(
    ("path", "body", "last"),
    [
        ("/v1/responses", {"model": "gpt-4.1-lingers", "input": "Where is my parcel?"}, "response.completed"),
        ("/v1/responses", {"model": "claude-lingers", "input": "Where is my parcel?"}, "response.completed"),
        ("/v1/messages", {"model": "claude-lingers", "max_tokens": 9, "messages": QUESTION}, "message_stop"),
        ("/v1/messages", {"model": "gpt-4.1-lingers", "max_tokens": 9, "messages": QUESTION}, "message_stop"),
        ("/v1/messages", {"model": "gemini-lingers", "max_tokens": 9, "messages": QUESTION}, "message_stop"),
        ("/v1/chat/completions", {"model": "gpt-4.1-lingers", "messages": QUESTION}, "[DONE]"),
        ("/v1/chat/completions", {"model": "claude-lingers", "messages": QUESTION}, "[DONE]"),
        ("/v1/chat/completions", {"model": "gemini-lingers", "messages": QUESTION}, "[DONE]"),
        ("/v1beta/models/gemini-lingers:streamGenerateContent?alt=sse", {"contents": []}, "STOP"),
        ("/api/chat", {"model": "llama-lingers", "messages": QUESTION}, '"done": true'),
    ],
)
def test_a_stream_ends_with_its_last_event_though_the_provider_holds_the_connection(
    gateway, path, body, last
):
    gateway.upstream.gone.clear()

    answer = gateway.tenant.ask("POST", path, json={"stream": True, **body})

    assert gateway.upstream.gone == []  # it holds it still
    assert last in answer.text
    assert '"error":{' not in answer.text
    span = gateway.span()
    assert (span["status"], span["output_tokens"]) == ("ok", 70 if "gemini" in str((path, body)) else 50)
