"""Trying a provider: it is asked for the list of its models, with one of its keys.

Whatever goes wrong is an answer, never an error of ours, and the key is in no text.
"""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi.concurrency import run_in_threadpool

from lynex_server.gateway.model import Provider, ProviderKey
from lynex_server.kernel.errors import LynexError
from lynex_server.safety.public import OutgoingClient, OutgoingResponse, Vault

MODELS_SHOWN = 50
MAX_MESSAGE_CHARS = 300
_LEFT_OUT = "…"
_AZURE_VERSION = "2024-10-21"
_ANTHROPIC_VERSION = "2023-06-01"


@dataclass(frozen=True, slots=True)
class Probe:
    """How it went. `status` is None where there was no answer."""

    ok: bool
    status: int | None
    latency_ms: float
    message: str
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Question:
    path: str
    headers: Mapping[str, str]


class Prober:
    """Tries providers."""

    def __init__(self, outgoing: OutgoingClient, vault: Vault) -> None:
        self._outgoing = outgoing
        self._vault = vault

    async def probe(self, provider: Provider, model: str = "") -> Probe:
        """Ask it for its models. With `model`, it must have that one."""
        if provider.kind == "bedrock":
            return Probe(
                True,
                None,
                0.0,
                "Bedrock has no list that its keys may read: it is tried with the first call.",
            )
        secret = ""
        try:
            key = _one_of(provider.keys)
            if key is not None:
                secret = await run_in_threadpool(self._vault.read, key.secret_id)
            question = _question(provider, secret)
            headers = {**dict(provider.headers), **question.headers}
            start_s = time.perf_counter()
            answer = await self._outgoing.request("GET", provider.base_url + question.path, headers=headers)
            latency_ms = (time.perf_counter() - start_s) * 1000
        except LynexError as error:
            return Probe(False, None, 0.0, _without(secret, str(error)))
        return _judged(provider, answer, latency_ms, secret, model)


def _one_of(keys: tuple[ProviderKey, ...]) -> ProviderKey | None:
    usable = [key for key in keys if key.enabled and key.weight]
    return random.choice(usable) if usable else None  # noqa: S311  # spreads load, guards nothing


def _question(provider: Provider, secret: str) -> _Question:
    if provider.kind == "anthropic":
        headers = {"x-api-key": secret} if secret else {}
        return _Question("/v1/models?limit=1000", {**headers, "anthropic-version": _ANTHROPIC_VERSION})
    if provider.kind == "gemini":
        return _Question("/v1beta/models?pageSize=1000", {"x-goog-api-key": secret} if secret else {})
    if provider.kind == "azure_openai":
        path = f"/openai/models?api-version={_AZURE_VERSION}"
        return _Question(path, {"api-key": secret} if secret else {})
    path = "/api/tags" if provider.kind == "ollama" else "/models"
    return _Question(path, {"authorization": f"Bearer {secret}"} if secret else {})


def _judged(
    provider: Provider, answer: OutgoingResponse, latency_ms: float, secret: str, model: str
) -> Probe:
    document = _document(answer.body)
    if answer.status != 200:
        said = _error_in(document)
        message = f"It answered {answer.status}" + (f": {said}" if said else ".")
        return Probe(False, answer.status, latency_ms, _without(secret, message))
    models = _models_in(document)
    if models is None:
        return Probe(False, 200, latency_ms, "Its answer is no list of models: is the base URL right?")
    shown = tuple(_without(secret, name) for name in models[:MODELS_SHOWN])
    if model and model not in models and f"{model}:latest" not in models and provider.kind != "azure_openai":
        return Probe(False, 200, latency_ms, _without(secret, f"It has no model {model}."), shown)
    message = f"It has {len(models)} models."
    if model and provider.kind == "azure_openai":
        message += " Azure does not list deployments: the model is tried with the first call."
    return Probe(True, 200, latency_ms, message, shown)


def _document(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None


def _models_in(document: Any) -> list[str] | None:
    """Names of models: `data` of OpenAI's and Anthropic's lists, `models` of Gemini's and Ollama's."""
    if not isinstance(document, dict):
        return None
    listed = document.get("data", document.get("models"))
    if not isinstance(listed, list):
        return None
    found = [each.get("id") or each.get("name") for each in listed if isinstance(each, dict)]
    return [name.removeprefix("models/") for name in found if isinstance(name, str)]


def _error_in(document: Any) -> str:
    """What an upstream says went wrong: `error.message`, `error` or `message`."""
    if not isinstance(document, dict):
        return ""
    error = document.get("error", document)
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else ""


def _without(secret: str, text: str) -> str:
    """One short line without the secret. Cut last: half a key is a secret too."""
    line = " ".join(text.split())
    if secret:
        line = line.replace(secret, _LEFT_OUT)
    return line if len(line) <= MAX_MESSAGE_CHARS else line[: MAX_MESSAGE_CHARS - 1] + _LEFT_OUT
