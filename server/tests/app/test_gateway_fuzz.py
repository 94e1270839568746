"""Whatever is sent as a call: never a failure of the gateway itself, always one span, and the connection goes
on."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from app.gateway_tenant import EverySurface
from app.real_lynex import DEADLINE_S, Tenant, eventually
from app.scripted_upstream import ScriptedUpstream
from app.speaking_upstream import speaking_upstream
from app.strange_calls import OBJECTS
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

SEED = 20261129
EXAMPLES = 25
PATHS = {
    "/v1/chat/completions": "gpt-4.1-mini",
    "/v1/responses": "gpt-4.1-mini",
    "/v1/embeddings": "text-embedding-3-small",
    "/v1/messages": "claude-sonnet-4-6",
    "/v1beta/models/gemini-2.5-flash:generateContent": "",
    "/v1beta/models/gemini-2.5-flash:streamGenerateContent": "",
    "/api/chat": "llama3.2",
    "/model/anthropic.claude-x/converse": "",
}
TRANSLATED = {
    "/v1/chat/completions": ("anthropic/claude-x", "gemini/gemini-x", "bedrock/nova"),
    "/v1/responses": ("anthropic/claude-x", "gemini/gemini-x"),
    "/v1/messages": ("openai/gpt-x", "gemini/gemini-x"),
}


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with speaking_upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(tenant: Tenant, running: ScriptedUpstream) -> EverySurface:
    return EverySurface(tenant, running)


class Caller:
    """Sends bodies over one connection, and remembers what became of them."""

    def __init__(self, gateway: EverySurface) -> None:
        self._tenant = gateway.tenant
        headers = {"Authorization": f"Bearer {gateway.tenant.api_key}", "Content-Type": "application/json"}
        self._client = httpx.Client(
            base_url=gateway.tenant.url, headers=headers, trust_env=False, timeout=DEADLINE_S
        )
        self.calls = 0

    def send(self, path: str, body: bytes) -> None:
        """Send it, and see that the gateway did not fail."""
        answer = self._client.post(path, content=body)
        self.calls += 1
        assert '"internal"' not in answer.text, (path, body, answer.text)
        assert answer.status_code < 500 or "upstream_" in answer.text, (path, body, answer.text)

    def has_one_span_for_each(self) -> None:
        """As many as there were calls."""
        rows = eventually(self._tenant.rows, lambda rows: len(rows) >= self.calls)
        assert len(rows) == self.calls


def written(document: dict[str, Any], model: str) -> bytes:
    return json.dumps({"model": model, **document} if model else document).encode()


@pytest.mark.parametrize("path", PATHS)
def test_any_json_is_answered_and_has_one_span(gateway, path):
    caller = Caller(gateway)

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(OBJECTS)
    def anything(document: dict[str, Any]) -> None:
        caller.send(path, written(document, PATHS[path]))

    anything()
    caller.has_one_span_for_each()


@pytest.mark.parametrize("path", TRANSLATED)
def test_any_json_is_translated_or_refused(gateway, path):
    caller = Caller(gateway)

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(OBJECTS, st.sampled_from(TRANSLATED[path]))
    def anything(document: dict[str, Any], model: str) -> None:
        caller.send(path, written(document, model))

    anything()
    caller.has_one_span_for_each()


@pytest.mark.parametrize("path", PATHS)
def test_what_is_hardly_json_is_answered_and_has_one_span(gateway, path):
    caller = Caller(gateway)
    named = b'"model": "%b", ' % (PATHS[path] or "x").encode()
    for rest in (
        b"",
        b'"messages": "\xff\xfe"}',
        b'"messages": "\\ud83d", "contents": "\\ud83d", "input": ["\\udc00"]}',
        b'"messages": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'"messages": ' + b'{"content":' * 500 + b"1" + b"}" * 500 + b"}",
        b'"messages": 1e999, "n": 1e400, "max_tokens": 99999999999999999999999999}',
        b'"messages": [{"role": "user", "content": "\\u0000"}]}',
        b'"user": "' + "\U0001f600".encode() * 300 + b'", "metadata": {"a": "' + b"x" * 5_000 + b'"}}',
    ):
        caller.send(path, b"{" + named + rest)
    for body in (b"", b"null", b"[]", b'"text"', b"7", b"{", b"\x00", b"\xef\xbb\xbf{}"):
        caller.send(path, body)

    caller.has_one_span_for_each()
