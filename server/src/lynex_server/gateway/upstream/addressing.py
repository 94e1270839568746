"""The request as a provider wants it: address and headers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from lynex_server.gateway.model import Provider
from lynex_server.gateway.operations import Operation

AZURE_API_VERSION = "2024-10-21"
ANTHROPIC_VERSION = "2023-06-01"

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade", "proxy-connection"}
)  # fmt: skip
_CREDENTIALS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})
_NOT_PASSED_ON = (
    _HOP_BY_HOP
    | _CREDENTIALS
    | {"host", "content-length", "accept-encoding", "cookie", "forwarded", "via", "origin", "referer",
       "expect", "traceparent", "tracestate", "baggage"}
)  # fmt: skip
_MAY_STAND_IN_A_PATH = "/:@!$&'()*+,;="
"""As RFC 3986 says. A `?` that a caller wrote as `%3F` must not begin a query for the upstream."""
_OURS = (
    *("x-lynex-", "helicone-", "x-litellm-", "x-openwebui-"),
    *("x-forwarded-", "x-real-ip", "sec-", "cf-"),
)
_ANSWERS_NOT_PASSED_ON = (
    _HOP_BY_HOP
    | {"content-length", "set-cookie", "alt-svc", "strict-transport-security", "server", "date"}
    # Whose account it is that the caller is let use, is not his to know.
    | {"openai-organization", "openai-project", "anthropic-organization-id"}
)
_NOT_THE_PROVIDERS_TO_SAY = ("x-lynex-", "access-control-")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request for an upstream."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes


def address_of(provider: Provider, operation: Operation, model: str, query: str) -> str:
    """The URL of an operation at a provider. `query` is the caller's; a key in it stays here."""
    base = provider.base_url.rstrip("/")
    left_out = ("key",) if operation.streams else ("key", "alt")  # `alt=sse` is Gemini's word for a stream
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in left_out]
    path = _path_with(operation, model)
    if provider.kind == "azure_openai" and not base.endswith("/v1"):
        if path.startswith("/v1/") and operation.is_read:
            path = f"/openai/deployments/{quote(model, safe='')}{path[3:]}"
        elif path.startswith("/v1/"):
            path = f"/openai{path[3:]}"
        if not any(name == "api-version" for name, _ in kept):
            kept.append(("api-version", AZURE_API_VERSION))
    return base + below(base, path) + (f"?{urlencode(kept)}" if kept else "")


def below(base: str, path: str) -> str:
    """`path` without what the base URL ends with already."""
    for version in ("/v1", "/v1beta"):
        if base.endswith(version) and path.startswith(f"{version}/"):
            return path[len(version) :]
    return path


def headers_for(
    provider: Provider, secret: str, caller: Collection[tuple[str, str]], passes_credentials: bool
) -> list[tuple[str, str]]:
    """The headers of a call: the caller's that mean something to the provider, its own, and its key.

    Without a key of ours the caller's own credentials go along when `passes_credentials`.
    """
    own = {name.lower() for name, _ in provider.headers}
    caller = _beyond_this_hop(caller)
    sent = [
        (name, value)
        for name, value in caller
        if name not in _NOT_PASSED_ON and not name.startswith(_OURS) and name not in own
    ]
    sent += provider.headers
    if secret:
        sent.append(_credential(provider, secret))
    elif passes_credentials:
        sent += [(name, value) for name, value in caller if name in _CREDENTIALS]
    names = {name.lower() for name, _ in sent}
    if provider.kind == "anthropic" and "anthropic-version" not in names:
        sent.append(("anthropic-version", ANTHROPIC_VERSION))
    return sent


def answer_headers(headers: Mapping[str, str], read: bool) -> list[tuple[bytes, bytes]]:
    """What of an upstream's headers its client gets. An answer that was read has been decompressed."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in _beyond_this_hop(headers.items())
        if (lower := name.lower()) not in _ANSWERS_NOT_PASSED_ON
        and not lower.startswith(_NOT_THE_PROVIDERS_TO_SAY)
        and not (read and lower == "content-encoding")
    ]


def _beyond_this_hop(fields: Collection[tuple[str, str]]) -> Collection[tuple[str, str]]:
    """The fields without those that `Connection` names: they end at this hop (RFC 9110, 7.6.1)."""
    said = [value for name, value in fields if name.lower() == "connection"]
    if not said:
        return fields
    ends_here = {word.strip().lower() for value in said for word in value.split(",")}
    return [(name, value) for name, value in fields if name.lower() not in ends_here]


def _credential(provider: Provider, secret: str) -> tuple[str, str]:
    if provider.kind == "anthropic":
        return "x-api-key", secret
    if provider.kind == "azure_openai":
        return "api-key", secret
    if provider.kind == "gemini":
        return "x-goog-api-key", secret
    return "authorization", f"Bearer {secret}"


def _path_with(operation: Operation, model: str) -> str:
    """The path, with the model in the place of the one that a Gemini or Bedrock call names there."""
    path = quote(operation.path, _MAY_STAND_IN_A_PATH)
    if not operation.model or operation.dialect not in ("gemini", "bedrock"):
        return path
    what = path.rpartition("/")[2]
    if operation.dialect == "bedrock":
        return f"/model/{quote(model, safe=':.')}/{what}"
    _, version, models, _ = path.split("/", 3)
    return f"/{version}/{models}/{quote(model, safe=':.')}:{what.rpartition(':')[2]}"
