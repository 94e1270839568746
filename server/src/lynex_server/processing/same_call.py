"""One call that several spans tell of: the gateway's own span, and those of the application that called.

A client that is instrumented and leads to the gateway tells of its call by itself, usage and all. Both spans
are stored, and one of them counts: the gateway's, which knows the price, the key and what was set aside. The
other becomes a `chain`, as the span of a client does that hands over to the gateway by itself: its usage is
kept as `repeated_…`, and its attribute `lynex.counted_by` says who counts the call.

They are known by what the application says (`through_gateway`), or by the id of the provider's answer, which
both of them have. An answer is counted by the first span that tells of it and of its usage; within a batch,
that is the gateway's. So where an application's span is stored before the gateway's comes, that one counts.

Pure: which answers were counted before is handed in by `counted_answers.py`.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Set
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from lynex_server.processing.rows import COUNTED_BY
from lynex_server.spans.public import SpanEvent

GATEWAY: Final = "gateway"
APPLICATION: Final = "application"
RESPONSE_ID: Final = "gen_ai.response.id"
_OF_SPAN: Final = "lynex.through_gateway"
_OF_RESOURCE: Final = f"resource.{_OF_SPAN}"
_YES: Final = (True, "true", "True", "1")
_TELLING_ID: Final = re.compile(r"(?=.*\d)[\w.:=+/-]{14,200}", re.ASCII)
"""Ollama numbers its answers `chatcmpl-0` to `chatcmpl-998`, over and over: a short id tells nothing. Nor
does one without a digit, such as a mark that redaction left in its place."""


class Teller(msgspec.Struct, frozen=True, gc=False):
    """A span that tells of an answer, by a checksum of its ids, and whether it is the gateway's."""

    span: int
    by_gateway: bool


class Telling(msgspec.Struct, frozen=True):
    """What a span tells: `answer` is a digest of the answer's id. `claims`: it says what was used, so that
    the answer may be counted by it."""

    event: SpanEvent
    answer: int
    teller: Teller
    claims: bool


def through_gateway(event: SpanEvent, addresses: Set[str]) -> bool:
    """Whether an application's span says by itself that its call went through the gateway: by an attribute,
    its resource's or its own, or by an address that is one of `addresses` (in lower case, with a port or
    without)."""
    attributes = event.attributes
    said = attributes.get(_OF_RESOURCE) or attributes.get(_OF_SPAN)
    if said and said in _YES:
        return True
    return bool(addresses) and not addresses.isdisjoint(addresses_in(attributes))


def addresses_in(attributes: Mapping[str, Any]) -> set[str]:
    """Where a call went, as `host` and `host:port`: OpenTelemetry's attributes, or OpenLLMetry's base URL."""
    host, port = attributes.get("server.address"), attributes.get("server.port")
    base_url = attributes.get("gen_ai.openai.api_base")
    if not isinstance(host, str) and isinstance(base_url, str):
        host = base_url
    if not isinstance(host, str):
        return set()
    if "://" in host:
        try:
            parsed = urlsplit(host)
            host, port = parsed.hostname or "", parsed.port or {"https": 443, "http": 80}.get(parsed.scheme)
        except ValueError:
            return set()
    host = host.lower()
    return {host, f"{host}:{port}"} if host else set()


def tells_apart(event: SpanEvent) -> bool:
    """Whether it names an answer by an id that no other answer has."""
    response_id = event.attributes.get(RESPONSE_ID)
    return isinstance(response_id, str) and _TELLING_ID.fullmatch(response_id) is not None


def telling_of(project_id: str, event: SpanEvent) -> Telling:
    """What a call's span tells of the answer that it names."""
    by_gateway = event.source == GATEWAY
    return Telling(
        event,
        _answer_digest(project_id, event.attributes[RESPONSE_ID]),
        Teller(zlib.crc32(f"{event.trace_id} {event.span_id}".encode("utf-8", "surrogatepass")), by_gateway),
        by_gateway or bool(event.usage) or event.cost_nanousd is not None,
    )


def claimed_by(tellings: Iterable[Telling]) -> dict[int, Teller]:
    """Who counts each answer that nobody has counted before: the gateway's span, else the first."""
    claims: dict[int, Teller] = {}
    for telling in tellings:
        first = claims.get(telling.answer)
        if telling.claims and (first is None or (telling.teller.by_gateway and not first.by_gateway)):
            claims[telling.answer] = telling.teller
    return claims


def leave_uncounted(tellings: Iterable[Telling], counted: Mapping[int, Teller]) -> None:
    """Let those spans not count whose answer is counted by another.

    Every call of the gateway's counts beside other calls of the gateway's: an answer that it gives again
    from its cache has the id of the first, and costs nothing already.
    """
    for telling in tellings:
        teller = counted.get(telling.answer)
        if teller is None or teller.span == telling.teller.span:
            continue
        if not (teller.by_gateway and telling.teller.by_gateway):
            hand_over(telling.event, GATEWAY if teller.by_gateway else APPLICATION)


def hand_over(event: SpanEvent, counted_by: str) -> None:
    """Another span counts this one's call."""
    event.kind = "chain"
    event.attributes[COUNTED_BY] = counted_by


def _answer_digest(project_id: str, response_id: str) -> int:
    """64 bits as a signed integer: of a billion answers, one more has that of another by a chance of 1 to
    10^10. Among the spans of one answer the 32 bits of a checksum are enough."""
    digest = hashlib.sha256(f"{project_id} {response_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
