"""`GET /v1/models`: what callers may name, in the words of each surface."""

import asyncio
from typing import Any

import structlog

from lynex_server.gateway.documents import document_in
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.model import Dialect, ProjectGateway, Provider
from lynex_server.gateway.operations import Operation
from lynex_server.gateway.upstream.addressing import Outgoing, address_of, headers_for
from lynex_server.gateway.upstream.client import Upstream, UpstreamFailed
from lynex_server.kernel.patterns import matches_any

MAX_LIST_BYTES = 4_000_000
MAX_MODELS = 2_000
ASKED_FOR_S = 3.0
KEPT_S = 60.0
MAX_KEPT = 1_000
"""Lists of providers that a process keeps at most; at that it begins anew."""

log = structlog.get_logger(__name__)


class ModelList:
    """Asks providers for their models, at most once a minute each, and anew when one is set up otherwise.
    Lives in one event loop."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._kept: dict[Provider, tuple[float, list[str]]] = {}

    async def answer(
        self, gateway: ProjectGateway, operation: Operation, allowed: tuple[str, ...] | None
    ) -> dict[str, Any]:
        """Routes first, then what each provider offers, as it is to be named; or the one that the path names.
        `allowed` is what the key may name, where that is not everything. Raises `Refused` (404)."""
        providers = [provider for provider in gateway.providers.values() if provider.enabled]
        offered = await asyncio.gather(*(self._offered(gateway, provider) for provider in providers))
        names = [(route.name, "lynex") for route in gateway.routes.values() if route.enabled]
        for provider, models in zip(providers, offered, strict=True):
            for model in models:
                plain = matches_any(provider.models, model)
                names.append((model if plain else f"{provider.name}/{model}", provider.name))
        if allowed is not None:
            names = [each for each in names if matches_any(allowed, each[0])]
        listed = list(dict(names[:MAX_MODELS]).items())
        wanted = operation.path.partition("/models/")[2]
        if not wanted:
            return _listed(operation.dialect, listed)
        for name, owner in listed:
            if name == wanted:
                return _one(operation.dialect, name, owner)
        raise Refused(404, "model_not_found", f"There is no model {wanted!r}.", details={"field": "model"})

    async def _offered(self, gateway: ProjectGateway, provider: Provider) -> list[str]:
        now_s = asyncio.get_running_loop().time()
        kept = self._kept.get(provider)
        if kept is not None and now_s - kept[0] < KEPT_S:
            return kept[1]
        named = [pattern for pattern in provider.models if "*" not in pattern and "?" not in pattern]
        try:
            async with asyncio.timeout(ASKED_FOR_S):
                found = await self._ask(gateway, provider)
        except (UpstreamFailed, TimeoutError) as error:
            log.info("gateway.models_not_listed", provider=provider.name, reason=str(error))
            found = []
        models = list(dict.fromkeys([*named, *found]))[:MAX_MODELS]
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[provider] = (now_s, models)
        return models

    async def _ask(self, gateway: ProjectGateway, provider: Provider) -> list[str]:
        if provider.kind == "bedrock":
            return []
        key = next((each for each in provider.keys if each.enabled), None)
        if key is None and provider.kind not in ("ollama", "openai_compatible"):
            return []
        secret = "" if key is None else gateway.secrets.get(key.secret_id, "")
        status, body = await ask_for_models(self._upstream, provider, secret, ASKED_FOR_S)
        return (names_in(body) or []) if status == 200 else []


async def ask_for_models(
    upstream: Upstream, provider: Provider, secret: str, timeout_s: float
) -> tuple[int, bytes]:
    """Status and body of a provider's list of models. Raises `UpstreamFailed`. Bedrock has none."""
    path = "/v1beta/models" if provider.kind == "gemini" else "/v1/models"
    dialect: Dialect = "gemini" if provider.kind == "gemini" else "openai"
    query = {"gemini": "pageSize=1000", "anthropic": "limit=1000"}.get(provider.kind, "")
    url = address_of(provider, Operation(dialect, "models", "other", path), "", query)
    outgoing = Outgoing("GET", url, headers_for(provider, secret, [], passes_credentials=False), b"")
    answer = await upstream.send(outgoing, None, timeout_s, decompress=True)
    try:
        return answer.status, await answer.whole(MAX_LIST_BYTES)
    finally:
        answer.close()


def names_in(body: bytes) -> list[str] | None:
    """The models of a provider's list (`data` of OpenAI and Anthropic, `models` of Gemini); None when it is
    no such list."""
    document = document_in(body) or {}
    listed = document.get("data", document.get("models"))
    if not isinstance(listed, list):
        return None
    names = [each.get("id") or each.get("name") for each in listed if isinstance(each, dict)]
    return [name.removeprefix("models/") for name in names if isinstance(name, str)]


def _listed(dialect: Dialect, names: list[tuple[str, str]]) -> dict[str, Any]:
    items = [_one(dialect, name, owner) for name, owner in names]
    if dialect == "gemini":
        return {"models": items}
    if dialect == "anthropic":
        first, last = (names[0][0], names[-1][0]) if names else (None, None)
        return {"data": items, "has_more": False, "first_id": first, "last_id": last}
    return {"object": "list", "data": items}


def _one(dialect: Dialect, name: str, owner: str) -> dict[str, Any]:
    if dialect == "gemini":
        methods = ["generateContent", "countTokens"]
        return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods}
    if dialect == "anthropic":
        return {"type": "model", "id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"}
    return {"id": name, "object": "model", "created": 0, "owned_by": owner}
