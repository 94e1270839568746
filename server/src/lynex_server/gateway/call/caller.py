"""Who calls, and what the call says of itself in its headers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, unquote

import msgspec

from lynex_server.gateway.documents import document_in, text_at
from lynex_server.kernel.ids import random_hex

LYNEX_KEY_HEADERS = ("x-lynex-api-key", "helicone-auth")
"""Headers for the key of Lynex alone: whoever uses one may send a provider's key in the usual place."""
MAX_VALUE_CHARS = 128
MAX_TAGS = 20
MAX_METADATA = 32
MAX_METADATA_CHARS = 1024

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_SESSION_HEADERS = (
    "x-lynex-session",
    "helicone-session-id",
    "x-claude-code-session-id",
    "x-openwebui-chat-id",
    "session-id",  # Codex
    "session_id",  # Codex until 2025
)
_USER_HEADERS = ("x-lynex-user", "helicone-user-id", "x-openwebui-user-id")
_CLAUDE_CODE_USER = re.compile(r"user_([0-9a-f]{64})_account_(.*)_session_(.+)")
"""Until 2025; since then it is JSON."""
_METADATA_PREFIXES = ("x-lynex-metadata-", "helicone-property-")


@dataclass(frozen=True, slots=True)
class Said:
    """What a call says of itself: whose it is, what it belongs to, and what it is part of."""

    trace_id: str
    parent_span_id: str = ""
    session_id: str = ""
    end_user_id: str = ""
    route: str = ""
    environment: str = ""
    release: str = ""
    tags: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credential:
    """The key of Lynex in a request, as a header for `identity`. `own_header`: it came in one of its own."""

    name: bytes
    value: bytes
    own_header: bool


def credential_of(headers: Mapping[str, str], query: bytes) -> Credential | None:
    """Where each client puts its key: `Authorization` (OpenAI), `x-api-key` (Anthropic), `api-key` (Azure),
    `x-goog-api-key` or `?key=` (Gemini). None: perhaps a person's session."""
    for name in LYNEX_KEY_HEADERS:
        if headers.get(name):
            return _bearer(headers[name].removeprefix("Bearer ").strip(), own_header=True)
    if headers.get("authorization"):
        return Credential(b"authorization", headers["authorization"].encode("latin-1"), own_header=False)
    for name in ("x-api-key", "api-key", "x-goog-api-key"):
        if headers.get(name):
            return _bearer(headers[name], own_header=False)
    if b"key=" in query:
        key = parse_qs(query.decode("latin-1")).get("key")
        if key:
            return _bearer(key[0], own_header=False)
    return None


def said_in(headers: Mapping[str, str]) -> Said:
    """What the headers say: `X-Lynex-*`, `Helicone-*`, `traceparent`, `baggage`, `x-litellm-tags`."""
    trace_id, parent_span_id = _trace_of(headers)
    baggage = _baggage(headers["baggage"]) if "baggage" in headers else {}
    named = headers.get
    metadata = {
        name[len(prefix) :]: value[:MAX_METADATA_CHARS]
        for name, value in headers.items()
        if name.startswith(_METADATA_PREFIXES)
        for prefix in _METADATA_PREFIXES
        if name.startswith(prefix) and len(name) > len(prefix)
    }
    return Said(
        trace_id=trace_id,
        parent_span_id=parent_span_id,
        session_id=_first(*(named(name) for name in _SESSION_HEADERS), baggage.get("session.id")),
        end_user_id=_first(*(named(name) for name in _USER_HEADERS), baggage.get("user.id")),
        route=_first(named("x-lynex-route"), named("helicone-session-path"), baggage.get("lynex.route")),
        environment=_first(named("x-lynex-environment"), baggage.get("deployment.environment.name")),
        release=_first(named("x-lynex-release"), baggage.get("service.version")),
        tags=_tags((named("x-lynex-tags") or named("x-litellm-tags") or "").split(",")),
        metadata=dict(list(metadata.items())[:MAX_METADATA]),
    )


def with_body(said: Said, document: Mapping[str, object]) -> Said:
    """What the body's own `user`, `safety_identifier` and `metadata` say, where the headers say nothing."""
    if not any(name in document for name in ("user", "safety_identifier", "metadata")):
        return said
    metadata = document.get("metadata")
    told = metadata if isinstance(metadata, dict) else {}
    listed = told.get("tags")
    texts = {
        str(name)[:MAX_VALUE_CHARS]: _as_text(value)[:MAX_METADATA_CHARS]
        for name, value in told.items()
        if name != "tags"
    }
    user_id, session_id = _user_and_session(_text(told.get("user_id")))
    return replace(
        said,
        session_id=said.session_id or _first(texts.get("session_id"), session_id),
        end_user_id=said.end_user_id
        or _first(_text(document.get("user")), user_id, _text(document.get("safety_identifier"))),
        # LiteLLM's place for tags.
        tags=_tags([*said.tags, *(listed if isinstance(listed, list) else ())]),
        metadata=dict(list({**texts, **said.metadata}.items())[:MAX_METADATA]),
    )


def _user_and_session(user_id: str) -> tuple[str, str]:
    """Claude Code says in `metadata.user_id` who calls, from which device and in which session."""
    if user_id.startswith("{"):
        told = document_in(user_id.encode()) or {}
        if "device_id" in told:
            user = text_at(told, "account_uuid") or text_at(told, "device_id")
            return user, text_at(told, "session_id")
    found = _CLAUDE_CODE_USER.fullmatch(user_id)
    return (found[2] or found[1], found[3]) if found else (user_id, "")


def _bearer(secret: str, own_header: bool) -> Credential:
    return Credential(b"authorization", f"Bearer {secret}".encode("latin-1", "replace"), own_header)


def _trace_of(headers: Mapping[str, str]) -> tuple[str, str]:
    found = _TRACEPARENT.fullmatch(headers.get("traceparent", "").strip())
    if found is None or not found[1].strip("0") or not found[2].strip("0"):
        return random_hex(32), ""
    return found[1], found[2]


def _baggage(line: str) -> dict[str, str]:
    """W3C baggage: `name=value;property, …`."""
    found = {}
    for item in line[:8192].split(","):
        name, equals, value = item.partition(";")[0].partition("=")
        if equals:
            found[name.strip()] = unquote(value.strip())
    return found


def _tags(listed: Iterable[object]) -> tuple[str, ...]:
    tags = (tag.strip()[:MAX_VALUE_CHARS] for tag in listed if isinstance(tag, str))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _first(*values: str | None) -> str:
    return next((value[:MAX_VALUE_CHARS] for value in values if value), "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
