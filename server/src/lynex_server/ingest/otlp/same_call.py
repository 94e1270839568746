"""One model call that arrives twice: traced by the client library itself and by what instruments it.

Anthropic's library traces its own calls since version 2, unless told not to. An app that instruments it as
well sends two spans per call, both with the whole usage; stored so, every call would cost double.
"""

from collections import defaultdict
from typing import Final

from lynex_server.spans.public import SpanEvent

_SCOPE: Final = "otel.scope.name"
_RESPONSE_ID: Final = "gen_ai.response.id"
SELF_TRACING_SCOPES: Final = ("com.anthropic.sdk.",)
"""Beginnings of the scopes of libraries that trace their own calls."""


def join_twice_told_calls(spans: list[SpanEvent]) -> None:
    """Let the instrumentation's span alone stand for a call that the library told of too.

    It keeps its content and takes the library's counts, which are nearer to the wire (they tell one-hour
    cache writes apart, and no stream is counted twice), and what it lacks of tier, times and reason. The
    library's span stays as `other`, its usage among its attributes. They are known by one being the other's
    parent, by the response's id, or, where a call failed and has none, by one enclosing the other under the
    same parent. Only spans of one request can be joined: nothing is remembered between requests.
    """
    own = [span for span in spans if span.kind == "llm" and _is_self_traced(span)]
    if not own:
        return
    others = [span for span in spans if span.kind == "llm" and not _is_self_traced(span)]
    by_id = {(span.trace_id, span.span_id): span for span in others}
    by_response = {
        (span.trace_id, span.attributes[_RESPONSE_ID]): span
        for span in others
        if isinstance(span.attributes.get(_RESPONSE_ID), str)
    }
    by_parent: dict[tuple[str, str], list[SpanEvent]] = defaultdict(list)
    for span in others:
        by_parent[span.trace_id, span.parent_span_id].append(span)
    for span in own:
        place = (span.trace_id, span.parent_span_id)
        response_id = span.attributes.get(_RESPONSE_ID)
        told = by_id.get(place)
        if told is None and isinstance(response_id, str):
            told = by_response.get((span.trace_id, response_id))
        elif told is None:
            told = next((other for other in by_parent[place] if _encloses(other, span)), None)
            if told is not None:
                by_parent[place].remove(told)
        if told is not None:
            _join(told, span)


def _is_self_traced(span: SpanEvent) -> bool:
    scope = span.attributes.get(_SCOPE)
    return isinstance(scope, str) and scope.startswith(SELF_TRACING_SCOPES)


def _encloses(outer: SpanEvent, inner: SpanEvent) -> bool:
    if outer.duration_ms is None or inner.duration_ms is None or _RESPONSE_ID in outer.attributes:
        return False
    lead_ms = (inner.start_time_us - outer.start_time_us) / 1000
    return (
        outer.model_requested == inner.model_requested
        and lead_ms >= 0
        and lead_ms + inner.duration_ms <= outer.duration_ms
    )


def _join(told: SpanEvent, own: SpanEvent) -> None:
    if own.usage:
        told.usage, told.usage_convention = own.usage, own.usage_convention
        own.attributes["usage"] = own.usage
        own.usage, own.usage_convention = {}, "unknown"
    told.model = told.model or own.model
    told.service_tier = told.service_tier or own.service_tier
    told.finish_reason = told.finish_reason or own.finish_reason
    if told.time_to_first_token_ms is None:
        told.time_to_first_token_ms = own.time_to_first_token_ms
    own.kind = "other"
