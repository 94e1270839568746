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
from lynex_server.spans.public import SpanEvent

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
        elif isinstance(log.body, dict):
            attributes = {**log.body, **attributes}
        elif log.body not in (None, "", name):
            attributes["body"] = log.body
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
            span.kind = "evaluator"
            span.output = span.output or _evaluation_text(attributes)
        elif inside or name != DETAILS_EVENT:
            span.kind = "other"
        if span.kind != "llm":
            _move_usage_to_attributes(span)
        return span

    def _agent_event(self, log: OtlpLog, name: str, agent: Agent) -> SpanEvent:
        said = dict(log.attributes)
        if isinstance(log.body, dict):
            said = {**log.body, **said}
        elif isinstance(log.body, str) and log.body not in (name, agent.prefix + name, ""):
            said["body"] = log.body
        usage, fields = _take_usage(said, agent), _take_texts(said)
        duration_ms = number_from(said.pop("duration_ms", None))
        if duration_ms is not None and not 0 <= duration_ms <= _MAX_DURATION_MS:
            raise RejectedItem("duration_ms: from 0 to one year expected")
        own_id = self._own_id(log)
        failed = bool(fields.get("error_message")) or said.get("success") in ("false", False)
        kind = "llm" if usage else agent.kinds.get(name, "other")
        span = SpanEvent(
            trace_id=_trace_of(log, said | log.attributes, agent) or own_id,
            span_id=own_id[:16],
            parent_span_id=log.span_id if log.span_id.strip("0") else "",
            start_time_us=log.time_ns // 1000 - int((duration_ms or 0) * 1000),
            duration_ms=duration_ms,
            kind=kind,
            name=_name_of(said, agent.prefix + name),
            service=self._resource.text("service"),
            environment=self._resource.text("environment"),
            provider=agent.provider if kind == "llm" else "",
            service_tier=_tier_of(said),
            usage=usage,
            usage_convention=agent.convention if usage else "unknown",
            cost_nanousd=nanousd_from(said.pop("cost_usd", None)),
            error_type=text_from(said.get("status_code", said.get("http.response.status_code")))
            if failed
            else "",
            metadata=dict(self._resource.metadata),
            attributes={**said, **self._resource.attributes},
            source=agent.source,
            **fields,
        )
        if failed or name == "api_error":
            span.status = status_of_error(f"{span.error_type} {span.error_message}")
        if not span.release:
            span.release = self._resource.text("release")
        return span

    def _own_id(self, log: OtlpLog) -> str:
        """A record has no id of its own: one is made of what it says and where it stands, so a retry repeats it."""
        told = (self._index, log.time_ns, log.trace_id, log.span_id, log.event_name, log.body, log.attributes)
        return hashlib.blake2b(_encoder.encode(told), digest_size=16, person=b"log").hexdigest()


def _event_name(log: OtlpLog) -> str:
    """The record's event name, wherever the sender put it. Raises `RejectedItem` for a record of other things."""
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


def _take_texts(said: dict[str, Any]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for key, field in FIELDS.items():
        if field not in fields and said.get(key) not in (None, ""):
            fields[field] = text_from(said.pop(key))
    if "model" in fields:
        fields["model_requested"] = fields["model"]
    return fields


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


def _tier_of(said: dict[str, Any]) -> str:
    """Claude Code names its dearer mode `speed: fast`."""
    return "fast" if said.get("speed") == "fast" else ""


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
