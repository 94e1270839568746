"""Log records that tell of model calls, tools, messages and evaluations, to spans.

A record of GenAI content usually belongs to a span that is sent besides. It then becomes a child of that span
and carries no usage: the span has it, and a sum must count it once. Only a record outside of any span stands
for the call itself.
"""

import hashlib
from typing import Any, Final

import msgspec

from lynex_server.ingest.decoded import RejectedItem
from lynex_server.ingest.mapping import Mapped
from lynex_server.ingest.otlp.agent_events import AGENTS, FIELDS, NAMED_BY, Agent
from lynex_server.ingest.otlp.content import CHOICE_EVENT, DETAILS_EVENT, MESSAGE_ROLES, message_of
from lynex_server.ingest.otlp.neutral import Origin, OtlpLog, OtlpSpan
from lynex_server.ingest.otlp.spans import SpanReader, read_resource, status_of_error
from lynex_server.ingest.values import count_from, json_text, nanousd_from, number_from, text_from
from lynex_server.spans.public import Kind, SpanEvent

EVALUATION_EVENT: Final = "gen_ai.evaluation.result"
_PREFIXES: Final = ("gen_ai.", *(agent.prefix for agent in AGENTS))
_MAX_DURATION_MS: Final = 366 * 86_400_000.0
_encoder = msgspec.msgpack.Encoder()


class LogReader:
    """Turns the log records of one request into spans."""

    def __init__(self) -> None:
        self._spans = SpanReader()
        self._origin: Origin | None = None
        self._resource = Mapped()
        self._index = 0

    def read(self, log: OtlpLog) -> SpanEvent:
        """The record as a span. Raises `RejectedItem` when it tells of nothing that is kept here."""
        self._index += 1
        if not log.time_ns:
            raise RejectedItem("time_unix_nano: missing")
        name = _event_name(log)
        if log.origin is not self._origin:
            self._origin, self._resource = log.origin, read_resource(log.origin)
        for agent in AGENTS:
            if name.startswith(agent.prefix):
                return self._agent_event(log, name.removeprefix(agent.prefix), agent)
        return self._genai_event(log, name)

    def _genai_event(self, log: OtlpLog, name: str) -> SpanEvent:
        """Read as a span of no length; what is said in the body counts as said in attributes."""
        attributes = dict(log.attributes)
        if name in MESSAGE_ROLES or name == CHOICE_EVENT:
            field = "gen_ai.output.messages" if name == CHOICE_EVENT else "gen_ai.input.messages"
            body = log.body if isinstance(log.body, dict) else {"content": log.body}
            attributes[field] = [message_of(name, body)]
        else:
            attributes = _told_by(log, name)
        inside = bool(log.trace_id.strip("0") and log.span_id.strip("0"))
        own_id = self._own_id(log)
        span = self._spans.read(
            OtlpSpan(
                origin=log.origin,
                trace_id=log.trace_id if log.trace_id.strip("0") else own_id,
                span_id=own_id[:16],
                parent_span_id=log.span_id if inside else "",
                name=name,
                start_ns=log.time_ns,
                end_ns=log.time_ns,
                attributes=attributes,
            )
        )
        span.duration_ms = None
        if name == EVALUATION_EVENT:
            span.kind, span.name = "evaluator", text_from(attributes.get("gen_ai.evaluation.name")) or name
            span.output = span.output or _evaluation_text(attributes)
        elif inside or name != DETAILS_EVENT:
            span.kind = "other"
        if span.kind != "llm":
            _move_usage_to_attributes(span)
        return span

    def _agent_event(self, log: OtlpLog, name: str, agent: Agent) -> SpanEvent:
        said = _told_by(log, agent.prefix + name)
        trace_id = _trace_of(log, said, agent)
        usage = _take_usage(said, agent)
        cost_nanousd = nanousd_from(said.pop("cost_usd", None))
        duration_ms = number_from(said.pop("duration_ms", None))
        if duration_ms is not None and not 0 <= duration_ms <= _MAX_DURATION_MS:
            raise RejectedItem("duration_ms: from 0 to one year expected")
        own_id = self._own_id(log)
        kind: Kind = "llm" if usage else agent.kinds.get(name, "other")
        resource = self._resource
        span = SpanEvent(
            trace_id=trace_id or own_id,
            span_id=own_id[:16],
            parent_span_id=log.span_id if log.span_id.strip("0") else "",
            # The record is written when the work is done.
            start_time_us=log.time_ns // 1000 - round((duration_ms or 0) * 1000),
            duration_ms=duration_ms,
            kind=kind,
            name=_name_of(said, agent.prefix + name),
            service=resource.text("service"),
            environment=resource.text("environment"),
            provider=agent.provider if kind == "llm" else "",
            service_tier="fast" if said.get("speed") == "fast" else "",  # Claude Code's dearer mode
            usage=usage,
            usage_convention=agent.convention if usage else "unknown",
            cost_nanousd=cost_nanousd,
            metadata=dict(resource.metadata),
            source=agent.source,
        )
        _put_texts(span, said)
        span.model_requested = span.model
        span.release = span.release or resource.text("release")
        _put_outcome(span, said, name)
        span.attributes = {**said, **resource.attributes}
        return span

    def _own_id(self, log: OtlpLog) -> str:
        """A record has no id of its own: it is made of what it says and where, so a retry repeats it."""
        told = (self._index, log.time_ns, log.trace_id, log.span_id, log.event_name, log.body, log.attributes)
        return hashlib.blake2b(_encoder.encode(told), digest_size=16, person=b"log").hexdigest()


def _event_name(log: OtlpLog) -> str:
    """The record's event name, wherever the sender put it. Raises `RejectedItem` for other things."""
    named = text_from(log.attributes.get("event.name"))
    body = log.body if isinstance(log.body, str) and len(log.body) < 100 else ""
    for candidate in (log.event_name, named, body):
        if candidate.startswith(_PREFIXES):
            return candidate
    if "claude_code" in log.origin.scope_name and named:
        return f"claude_code.{named}"
    if any(key.startswith("gen_ai.") for key in log.attributes):
        return log.event_name or named or "log"
    kept = ", ".join(f"{prefix}*" for prefix in _PREFIXES)
    raise RejectedItem(f"log record: only events of {kept} are kept")


def _take_usage(said: dict[str, Any], agent: Agent) -> dict[str, int]:
    usage: dict[str, int] = {}
    for key, unit in agent.usage.items():
        count = count_from(said.get(key))
        if count is not None:
            usage[unit] = count
            del said[key]
    return usage


def _put_texts(span: SpanEvent, said: dict[str, Any]) -> None:
    """Move what has a field of its own there; the first attribute that says something wins."""
    for key, field in FIELDS.items():
        if said.get(key) not in (None, "") and not getattr(span, field):
            setattr(span, field, text_from(said.pop(key)))


def _put_outcome(span: SpanEvent, said: dict[str, Any], name: str) -> None:
    code = text_from(said.get("status_code", said.get("http.response.status_code")))
    refused = len(code) == 3 and code[0] in "45"
    if span.error_message or refused or name == "api_error" or said.get("success") in ("false", False):
        span.error_type = code
        span.status = status_of_error(f"{code} {span.error_message}")


def _told_by(log: OtlpLog, event_name: str) -> dict[str, Any]:
    """What a record says in its attributes and its body; a body that repeats the name says nothing."""
    if isinstance(log.body, dict):
        return {**log.body, **log.attributes}
    if log.body in (None, "", event_name, event_name.partition(".")[2]):
        return dict(log.attributes)
    return {"body": log.body, **log.attributes}


def _trace_of(log: OtlpLog, said: dict[str, Any], agent: Agent) -> str:
    """The record's own trace, else one per prompt of a session, where the agent says which."""
    if log.trace_id.strip("0"):
        return log.trace_id
    parts = [text_from(said.get(key)) for key in agent.trace_by]
    if not all(parts):
        return ""
    return hashlib.blake2b("\0".join([agent.source, *parts]).encode(), digest_size=16).hexdigest()


def _name_of(said: dict[str, Any], event_name: str) -> str:
    for key in NAMED_BY:
        if said.get(key):
            return text_from(said[key])
    return event_name


def _evaluation_text(attributes: dict[str, Any]) -> str:
    told = {key: value for key, value in attributes.items() if key.startswith("gen_ai.evaluation.")}
    return json_text({key.removeprefix("gen_ai.evaluation."): value for key, value in told.items()})


def _move_usage_to_attributes(span: SpanEvent) -> None:
    if span.usage:
        span.attributes["usage"] = span.usage
        span.usage = {}
        span.usage_convention = "unknown"
    if span.cost_nanousd is not None:
        span.attributes["cost_nanousd"] = span.cost_nanousd
        span.cost_nanousd = None
