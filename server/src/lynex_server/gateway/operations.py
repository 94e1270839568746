"""Which call a request is: the paths of every surface, as one table.

A call comes in at the path that its client knows (`/v1/chat/completions`, `/v1/messages` …), or below
`/gateway/{provider}/`, which names the provider and passes everything through, known or not.

OpenAI, Anthropic and Google all have paths below `/v1/`, some of them the same (`/v1/models`, `/v1/files`).
OpenAI's are listed here; what is new, or another's, is known by a header that their own clients always send.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from lynex_server.gateway.model import Dialect
from lynex_server.spans.public import Kind

Name = Literal[
    "chat",
    "responses",
    "completion",
    "embeddings",
    "messages",
    "count_tokens",
    "generate",
    "embed_content",
    "converse",
    "ollama_chat",
    "ollama_generate",
    "ollama_embed",
    "models",
    "other",
]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks for.

    `path` is where the upstream has it, below its base URL, without percent signs. `model` is the one that
    the path names, else empty. `streams` is set where the path alone says that the answer is a stream.
    `provider` is the one that the path names. Operations called `other` are passed through unread. `known` is
    unset where nobody here knows the path: what its body says of a model need not be what runs.
    """

    dialect: Dialect
    name: Name
    kind: Kind
    path: str
    model: str = ""
    streams: bool = False
    provider: str = ""
    known: bool = True

    @property
    def is_read(self) -> bool:
        """Whether the request's body is read: it says which model is meant."""
        return self.name not in ("other", "models")


_OPENAI_READ: dict[str, tuple[Name, Kind]] = {
    "/chat/completions": ("chat", "llm"),
    "/responses": ("responses", "llm"),
    "/completions": ("completion", "llm"),
    "/embeddings": ("embeddings", "embedding"),
}
_OPENAI_PASSED = re.compile(
    r"/(?:responses|chat/completions|images|audio|moderations|batches|files|uploads|fine_tuning|vector_stores"
    r"|conversations|containers|videos|evals|assistants|threads|skills|realtime|chatkit)(?:/.*)?"
)
_GEMINI = re.compile(r"/(v1beta|v1|v1alpha)/(?:models|tunedModels)/(.+):([A-Za-z]+)")
_GEMINI_PASSED = ("/v1beta/", "/v1alpha/", "/upload/v1beta/", "/upload/v1alpha/", "/upload/v1/")
_OPENAIS_CLIENT = re.compile(r"(?:Async)?(?:Azure)?OpenAI/")
_OF_ANTHROPIC = "anthropic-version"
_OF_GOOGLE = "x-goog-api-key"
_AZURE = re.compile(r"/openai/deployments/([^/]+)(/.*)")
_BEDROCK = re.compile(r"/model/(.+)/(converse|converse-stream|invoke|invoke-with-response-stream)")
"""The name of an inference profile has a slash in it."""
_OLLAMA: dict[str, tuple[Name, Kind]] = {
    "/api/chat": ("ollama_chat", "llm"),
    "/api/generate": ("ollama_generate", "llm"),
    "/api/embed": ("ollama_embed", "embedding"),
    "/api/embeddings": ("ollama_embed", "embedding"),
}
_OLLAMA_PASSED = frozenset({"/api/tags", "/api/show", "/api/ps", "/api/version"})
_GEMINI_NAMES: dict[str, tuple[Name, Kind]] = {
    "generateContent": ("generate", "llm"),
    "streamGenerateContent": ("generate", "llm"),
    "embedContent": ("embed_content", "embedding"),
    "batchEmbedContents": ("embed_content", "embedding"),
    "countTokens": ("count_tokens", "other"),
}
PROVIDER_PREFIX = "/gateway/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""TRACE is none of them: a server that knows it sends back the request, and with it the provider's key."""


def operation_of(method: str, path: str, headers: dict[str, str]) -> Operation | None:
    """The operation of a request, or None where it is not the gateway's. `path` is without percent signs, as
    ASGI has it; `headers` have lower-case names."""
    if method not in _METHODS or climbs(path):
        return None
    if path.startswith(PROVIDER_PREFIX):
        provider, slash, rest = path[len(PROVIDER_PREFIX) :].partition("/")
        if not provider or not slash:
            return None
        return _below_provider(method, provider, "/" + rest)
    for read in _READERS:
        found = read(method, path, headers)
        if found is not None:
            return found
    return None


def climbs(path: str) -> bool:
    """Whether a step of a path means another one: it would end elsewhere than what was looked at here."""
    return "." in path and any(step in (".", "..") for step in path.split("/"))


def _below_provider(method: str, provider: str, path: str) -> Operation:
    for read in _READERS:
        found = read(method, path, {})
        if found is not None and found.name != "models":
            return _named(found, provider)
    stripped = _openai(method, "/v1" + path, {})  # a base URL that ends before `/v1`
    if stripped is not None and stripped.name != "models":
        return _named(stripped, provider)
    return Operation("openai", "other", "other", path, provider=provider, known=False)


def _named(operation: Operation, provider: str) -> Operation:
    return replace(operation, provider=provider)


def _openai(method: str, path: str, headers: dict[str, str]) -> Operation | None:
    if not path.startswith("/v1/") or _OF_GOOGLE in headers:
        return None
    below = path[3:]
    if method == "POST" and below in _OPENAI_READ:
        name, kind = _OPENAI_READ[below]
        return Operation("openai", name, kind, path)
    if below == "/models" or below.startswith("/models/"):
        dialect: Dialect = "anthropic" if _OF_ANTHROPIC in headers else "openai"
        return Operation(dialect, "models", "other", path) if method == "GET" else None
    if _OPENAI_PASSED.fullmatch(below) and _OF_ANTHROPIC not in headers:
        return Operation("openai", "other", "other", path)
    return None


def _anthropic(method: str, path: str, headers: dict[str, str]) -> Operation | None:
    if method == "POST" and path == "/v1/messages":
        return Operation("anthropic", "messages", "llm", path)
    if method == "POST" and path == "/v1/messages/count_tokens":
        return Operation("anthropic", "count_tokens", "other", path)
    if path.startswith("/v1/messages/"):
        return Operation("anthropic", "other", "other", path)
    if path.startswith("/v1/") and _OF_ANTHROPIC in headers:
        return Operation("anthropic", "other", "other", path, known=False)
    return None


def _gemini(method: str, path: str, headers: dict[str, str]) -> Operation | None:
    found = _GEMINI.fullmatch(path)
    if found is not None and method == "POST" and found[3] in _GEMINI_NAMES:
        name, kind = _GEMINI_NAMES[found[3]]
        return Operation("gemini", name, kind, path, found[2], found[3].startswith("stream"))
    by_google = path.startswith("/v1/") and _OF_GOOGLE in headers
    if method == "GET" and (path == "/v1beta/models" or (by_google and path == "/v1/models")):
        return Operation("gemini", "models", "other", path)
    if found is not None:
        return Operation("gemini", "other", "other", path, found[2])
    if path.startswith(_GEMINI_PASSED) or by_google:
        return Operation("gemini", "other", "other", path, known=False)
    return None


def _azure(method: str, path: str, _headers: dict[str, str]) -> Operation | None:
    if path.startswith("/openai/v1/"):
        return _openai(method, path[len("/openai") :], {})
    found = _AZURE.fullmatch(path)
    if found is None:
        return None
    if method == "POST" and found[2] in _OPENAI_READ:
        name, kind = _OPENAI_READ[found[2]]
        return Operation("openai", name, kind, "/v1" + found[2], found[1])
    return Operation("openai", "other", "other", path, found[1])


def _bedrock(method: str, path: str, _headers: dict[str, str]) -> Operation | None:
    found = _BEDROCK.fullmatch(path)
    if found is None or method != "POST":
        return None
    return Operation("bedrock", "converse", "llm", path, found[1], found[2].endswith("-stream"))


def _ollama(method: str, path: str, _headers: dict[str, str]) -> Operation | None:
    if method == "POST" and path in _OLLAMA:
        name, kind = _OLLAMA[path]
        return Operation("ollama", name, kind, path)
    return Operation("ollama", "other", "other", path) if path in _OLLAMA_PASSED else None


def _by_openais_client(_method: str, path: str, headers: dict[str, str]) -> Operation | None:
    """What is new below `/v1/` and nobody here has heard of yet."""
    if path.startswith("/v1/") and _OPENAIS_CLIENT.match(headers.get("user-agent", "")):
        return Operation("openai", "other", "other", path, known=False)
    return None


_READERS: tuple[Callable[[str, str, dict[str, str]], Operation | None], ...] = (
    _openai,
    _anthropic,
    _gemini,
    _azure,
    _bedrock,
    _ollama,
    _by_openais_client,
)
