"""Whether a call may be answered from the cache, and under which key its answer is. Pure.

A key stands for everything that the answer depends on: project, route, dialect, the model that is really
asked, and the whole request with what is said beside its body. Left out is only what cannot change an answer:
whether it is streamed, and whose it is.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from lynex_server.gateway.model import CachePolicy, Dialect
from lynex_server.gateway.texts import question_of, with_question

Document = dict[str, Any]

LEFT_OUT: Final = frozenset(
    {
        "model",  # stands beside, as it was resolved
        "stream",
        "stream_options",
        "user",
        "metadata",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_retention",
    }
)
"""Fields of a request that do not change its answer, in any dialect."""
_ELSEWHERE: Final = ("conversation", "background")
"""Fields by which an answer depends on what the request does not hold, or is not in the answer."""
_HEADERS_OF_A_QUESTION: Final = frozenset({b"anthropic-beta", b"anthropic-version", b"openai-beta"})
_NO_PART_OF_A_QUESTION: Final = frozenset({b"key", b"alt"})
"""What Google's clients say in a query: whose the call is, and that it is streamed."""
_KEPT_OPERATIONS: Final = frozenset(
    {
        *(
            "chat",
            "responses",
            "completion",
            "embeddings",
            "messages",
            "generate",
            "embed_content",
            "converse",
        ),
        *("ollama_chat", "ollama_generate", "ollama_embed"),
    }
)


@dataclass(frozen=True, slots=True)
class Directives:
    """What a call may do with the cache."""

    read: bool
    write: bool


NOTHING: Final = Directives(read=False, write=False)
REFRESH: Final = Directives(read=False, write=True)


def directives(headers: Mapping[str, str], policy: CachePolicy) -> Directives:
    """What a caller's headers (names in lower case) leave of what the route allows.

    `Cache-Control: no-store`, `Helicone-Cache-Enabled: false` and `X-Lynex-Cache: off` keep a call away from
    the cache; `Cache-Control: no-cache` (or `max-age=0`) and `X-Lynex-Cache: refresh` ask anew and keep the
    answer. No header switches a cache on that the route does not have.
    """
    if policy.mode == "off":
        return NOTHING
    control = {word.strip().lower() for word in headers.get("cache-control", "").split(",")}
    ours = headers.get("x-lynex-cache", "").strip().lower()
    helicone = headers.get("helicone-cache-enabled", "").strip().lower()
    if "no-store" in control or ours == "off" or helicone == "false":
        return NOTHING
    if control & {"no-cache", "max-age=0"} or ours == "refresh":
        return REFRESH
    return Directives(read=True, write=True)


def is_repeatable(operation: str, document: Document) -> bool:
    """Whether the same request would have the same answer, as far as the request says."""
    return operation in _KEPT_OPERATIONS and not any(document.get(name) for name in _ELSEWHERE)


def said_beside(fields: Iterable[tuple[bytes, bytes]], query: bytes) -> list[tuple[bytes, bytes]]:
    """What a request says beside its body that may change its answer, such as Azure's `api-version`.

    `fields` are its headers, as ASGI has them."""
    return [
        *(field for field in fields if field[0] in _HEADERS_OF_A_QUESTION),
        *sorted(said for said in parse_qsl(query, True) if said[0] not in _NO_PART_OF_A_QUESTION),
    ]


def key_of(
    project_id: str,
    route_id: str,
    dialect: Dialect,
    operation: str,
    document: Document,
    model: str,
    beside: Sequence[tuple[bytes, bytes]],
) -> str:
    """Under which key the answer is, as hex SHA-256. `model` is the one that is really asked."""
    asked = {name: value for name, value in document.items() if name not in LEFT_OUT}
    return _digest(["exact", project_id, route_id, dialect, operation, model, beside, asked])


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared by meaning, and `group`: everything that must be the same besides."""

    text: str
    group: str


def question_in(
    project_id: str,
    route_id: str,
    dialect: Dialect,
    operation: str,
    document: Document,
    model: str,
    beside: Sequence[tuple[bytes, bytes]],
    policy: CachePolicy,
) -> Question | None:
    """The question to compare by meaning; None where the policy does not, or the request has none in
    words."""
    if policy.mode != "semantic" or not policy.embedding_model:
        return None
    text = question_of(document, dialect, operation)
    if not text.strip():
        return None
    around = with_question(document, dialect, operation, lambda _: "")
    asked = {name: value for name, value in around.items() if name not in LEFT_OUT}
    about = [project_id, route_id, dialect, operation, model, beside]
    group = _digest(["like", *about, policy.embedding_model, asked])
    return Question(text, group)


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()
