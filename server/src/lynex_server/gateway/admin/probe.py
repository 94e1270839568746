"""Trying a provider: it is asked for the list of its models, with one of its keys.

Whatever goes wrong is an answer, never an error of ours, and the key is in no text.
"""

import random
import time
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from lynex_server.gateway.documents import document_in
from lynex_server.gateway.model import Provider, ProviderKey
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.client import Upstream, UpstreamFailed
from lynex_server.gateway.upstream.model_list import ask_for_models, names_in
from lynex_server.kernel.errors import LynexError
from lynex_server.safety.public import Vault

MODELS_SHOWN = 50
TRIED_FOR_S = 10.0
MAX_MESSAGE_CHARS = 300
_LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class Probe:
    """How it went. `status` is None where there was no answer."""

    ok: bool
    status: int | None
    latency_ms: float
    message: str
    models: tuple[str, ...] = ()


class Prober:
    """Tries providers, as calls would reach them. Each try has a client of its own."""

    def __init__(self, settings: GatewaySettings, vault: Vault) -> None:
        self._settings = settings
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
        upstream = Upstream(self._settings)
        try:
            key = _one_of(provider.keys)
            if key is not None:
                secret = await run_in_threadpool(self._vault.read, key.secret_id)
            start_s = time.perf_counter()
            status, body = await ask_for_models(upstream, provider, secret, TRIED_FOR_S)
            latency_ms = (time.perf_counter() - start_s) * 1000
        except (LynexError, UpstreamFailed) as error:
            return Probe(False, None, 0.0, _without(secret, str(error)))
        finally:
            await upstream.close()
        return _judged(provider, status, body, latency_ms, secret, model)


def _one_of(keys: tuple[ProviderKey, ...]) -> ProviderKey | None:
    usable = [key for key in keys if key.enabled and key.weight]
    return random.choice(usable) if usable else None  # noqa: S311  # spreads load, guards nothing


def _judged(
    provider: Provider, status: int, body: bytes, latency_ms: float, secret: str, model: str
) -> Probe:
    if status != 200:
        said = _error_in(body)
        message = f"It answered {status}" + (f": {said}" if said else ".")
        return Probe(False, status, latency_ms, _without(secret, message))
    models = names_in(body)
    if models is None:
        return Probe(False, 200, latency_ms, "Its answer is no list of models: is the base URL right?")
    shown = tuple(_without(secret, name) for name in models[:MODELS_SHOWN])
    if model and model not in models and f"{model}:latest" not in models and provider.kind != "azure_openai":
        return Probe(False, 200, latency_ms, _without(secret, f"It has no model {model}."), shown)
    message = f"It has {len(models)} model{'' if len(models) == 1 else 's'}."
    if model and provider.kind == "azure_openai":
        message += " Azure does not list deployments: the model is tried with the first call."
    return Probe(True, 200, latency_ms, message, shown)


def _error_in(body: bytes) -> str:
    """What an upstream says went wrong: `error.message`, `error` or `message`."""
    document = document_in(body) or {}
    error = document.get("error", document)
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else ""


def _without(secret: str, text: str) -> str:
    """One short line without the secret. Cut last: half a key is a secret too."""
    line = " ".join(text.split())
    if secret:
        line = line.replace(secret, _LEFT_OUT)
    return line if len(line) <= MAX_MESSAGE_CHARS else line[: MAX_MESSAGE_CHARS - 1] + _LEFT_OUT
