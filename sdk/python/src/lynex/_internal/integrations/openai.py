"""The `openai` client: chat completions, responses and embeddings, sync and async."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from lynex._internal.integrations.generated_client import Route, watch_requests
from lynex._internal.reading import OPENAI_CHAT, OPENAI_EMBEDDINGS, OPENAI_RESPONSES

ROUTES = {
    "/chat/completions": Route("openai.chat.completions", OPENAI_CHAT),
    "/responses": Route("openai.responses", OPENAI_RESPONSES),
    "/embeddings": Route("openai.embeddings", OPENAI_EMBEDDINGS),
}

_PROVIDERS_BY_HOST = (
    ("openrouter.ai", "openrouter"),
    ("api.deepseek.com", "deepseek"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral"),
    ("api.x.ai", "xai"),
    ("api.together.xyz", "together"),
    ("api.fireworks.ai", "fireworks"),
    ("api.perplexity.ai", "perplexity"),
    ("api.cerebras.ai", "cerebras"),
    ("generativelanguage.googleapis.com", "google"),
    ("openai.azure.com", "azure"),
)
"""Who answers at which host: many providers are reached with OpenAI's client."""


def watch() -> Callable[[], None]:
    """Watch the installed client; gives back what undoes it. Raises `ImportError` when there is none."""
    base: Any = importlib.import_module("openai._base_client")
    return watch_requests(base.SyncAPIClient, base.AsyncAPIClient, ROUTES, provider_of)


def provider_of(client: Any) -> str:
    """Whose prices apply, from the kind of client and the host that it talks to.

    A host that is not known (a proxy, a server of your own) speaks OpenAI's dialect and is called `openai`.
    """
    if "Azure" in type(client).__name__:
        return "azure"
    return _provider_at(str(getattr(client.base_url, "host", "")))


@functools.lru_cache(maxsize=64)
def _provider_at(host: str) -> str:
    for known, provider in _PROVIDERS_BY_HOST:
        if host == known or host.endswith("." + known):
            return provider
    return "openai"
