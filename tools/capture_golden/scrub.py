"""Frees a recorded export of what belongs to one run or one machine, and changes nothing else.

Ids become running numbers in order of appearance, times become a fixed start plus ten milliseconds per
distinct instant (so order and nesting stay, durations do not), the local endpoint's port becomes 8080, and
paths, host names, process and thread numbers and random UUIDs go. `refuse_leaks` checks the outcome.
"""

import json
import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

BASE_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
STEP_NS = 10_000_000
STABLE_PORT = "8080"
DROPPED_RESOURCE_PREFIXES = ("host.", "process.", "os.", "service.instance.id")
ID_WIDTHS = {"trace": 32, "span": 16}

_ISO_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_HEX_ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{16})(?![0-9a-f])")
_LOCAL_PORT = re.compile(r"(127\.0\.0\.1|localhost):\d+")
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]+")


def message_for(path: str) -> Message:
    """The empty request message of an OTLP path (`…/v1/traces`, `…/v1/logs`, `…/v1/metrics`)."""
    kinds: dict[str, Callable[[], Message]] = {
        "traces": ExportTraceServiceRequest,
        "logs": ExportLogsServiceRequest,
        "metrics": ExportMetricsServiceRequest,
    }
    return kinds[path.rpartition("/")[2]]()


def scrub(body: bytes, path: str, content_type: str, ports: Iterable[str]) -> bytes:
    """The same export without run and machine. `ports` are those of the local servers of this run."""
    if "json" in content_type:
        document = json.loads(body)
        cleaner = _Cleaner(_json_times(document), ports)
        return json.dumps(_clean_json(document, cleaner), ensure_ascii=False).encode()
    message = message_for(path)
    message.ParseFromString(body)
    cleaner = _Cleaner(_message_times(message), ports)
    _clean_message(message, cleaner)
    return message.SerializeToString(deterministic=True)


def refuse_leaks(text: str, name: str) -> None:
    """Raise ValueError if `text` still names this machine, its paths or a local port."""
    marks = (socket.gethostname(), str(Path.home()), str(_repository()), "/tmp/", sys.base_prefix)  # noqa: S108 - looked for, not written to
    found = [mark for mark in marks if mark in text]
    found += [port for port in _LOCAL_PORT.findall(text) if f"{port}:{STABLE_PORT}" not in text]
    if found:
        raise ValueError(f"{name} still contains {found}")


def _repository() -> Path:
    return Path(__file__).resolve().parents[2]


class _Cleaner:
    """Remembers what was renamed, so that one thing keeps one name throughout a payload."""

    def __init__(self, times_ns: Iterable[int], ports: Iterable[str]) -> None:
        ordered = sorted(set(times_ns))
        self._times = {at: BASE_NS + index * STEP_NS for index, at in enumerate(ordered)}
        self._ports = set(ports)
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def time_ns(self, at: int) -> int:
        return self._times.get(at, at)

    def identifier(self, value: str, kind: str) -> str:
        if not value.strip("0"):
            return value
        return self._renamed(value, kind, lambda number: f"{number:0{ID_WIDTHS[kind]}x}")

    def integer(self, key: str, value: int) -> int:
        if key in ("thread.id", "process.pid"):
            return 1
        return int(STABLE_PORT) if str(value) in self._ports else value

    def text(self, value: str) -> str:
        for place, stands_for in (
            (str(_repository() / ".tools" / "golden"), "/app"),
            (str(_repository()), "/app"),
            (sys.base_prefix, "/usr"),
            (str(Path.home()), "/home/app"),
            (socket.gethostname(), "host"),
        ):
            value = value.replace(place, stands_for)
        value = _LOCAL_PORT.sub(rf"\1:{STABLE_PORT}", value)
        value = _ADDRESS.sub("at 0x0", value)
        value = _ISO_TIME.sub(lambda match: self._iso(match.group()), value)
        value = _UUID.sub(lambda match: self._uuid(match.group()), value)
        return _HEX_ID.sub(lambda match: self._names.get(match.group(), match.group()), value)

    def _iso(self, text: str) -> str:
        moved = self._times.get(_nanoseconds(text))
        if moved is None:
            return text
        return datetime.fromtimestamp(moved / 1e9, UTC).isoformat().replace("+00:00", "Z")

    def _uuid(self, value: str) -> str:
        return self._renamed(value, "uuid", lambda number: f"00000000-0000-4000-8000-{number:012x}")

    def _renamed(self, value: str, kind: str, name: Callable[[int], str]) -> str:
        if value not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[value] = name(self._counts[kind])
        return self._names[value]


def _nanoseconds(iso: str) -> int:
    moment = datetime.fromisoformat(iso.replace("Z", "+00:00"))
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def _times_in(text: str) -> Iterator[int]:
    for match in _ISO_TIME.finditer(text):
        at = _nanoseconds(match.group())
        # A time the fixed answers or programs carry is part of the content, not of this run.
        if abs(at / 1e9 - datetime.now(UTC).timestamp()) < 86_400:
            yield at


def _message_times(message: Message) -> Iterator[int]:
    for descriptor, value in message.ListFields():
        for item in value if _repeated(value) else (value,):
            if isinstance(item, Message):
                yield from _message_times(item)
            elif descriptor.name.endswith("unix_nano"):
                yield item
            elif isinstance(item, str):
                yield from _times_in(item)


def _repeated(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | Message)


def _clean_message(message: Message, cleaner: _Cleaner) -> None:
    if message.DESCRIPTOR.name == "Resource":
        _drop_machine(message.attributes)  # type: ignore[attr-defined]  # a Resource has attributes
    # Ids first: texts below may repeat them.
    fields = sorted(message.ListFields(), key=lambda pair: not pair[0].name.endswith("_id"))
    for descriptor, value in fields:
        name = descriptor.name
        if name in ("trace_id", "span_id", "parent_span_id"):
            kind = "trace" if name == "trace_id" else "span"
            setattr(message, name, bytes.fromhex(cleaner.identifier(value.hex(), kind)))
        elif _repeated(value):
            for index, item in enumerate(value):
                if isinstance(item, Message):
                    _clean_message(item, cleaner)
                elif isinstance(item, str):
                    value[index] = cleaner.text(item)
        elif isinstance(value, Message):
            _clean_message(value, cleaner)
            if message.DESCRIPTOR.name == "KeyValue" and value.HasField("int_value"):
                value.int_value = cleaner.integer(message.key, value.int_value)  # type: ignore[attr-defined]  # so it has
        elif name.endswith("unix_nano"):
            setattr(message, name, cleaner.time_ns(value))
        elif isinstance(value, str):
            setattr(message, name, cleaner.text(value))


def _drop_machine(attributes: Any) -> None:
    """Of a repeated field, which protobuf gives no type that both its engines share."""
    kept = [item for item in attributes if not item.key.startswith(DROPPED_RESOURCE_PREFIXES)]
    del attributes[:]
    attributes.extend(kept)


def _json_times(node: object) -> Iterator[int]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key.endswith("UnixNano"):
                yield int(value)
            else:
                yield from _json_times(value)
    elif isinstance(node, list):
        for item in node:
            yield from _json_times(item)
    elif isinstance(node, str):
        yield from _times_in(node)


def _clean_json(node: object, cleaner: _Cleaner) -> object:
    if isinstance(node, list):
        return [_clean_json(item, cleaner) for item in node]
    if isinstance(node, str):
        return cleaner.text(node)
    if not isinstance(node, dict):
        return node
    out: dict[str, object] = {}
    for key, value in node.items():
        if key in ("traceId", "spanId", "parentSpanId"):
            out[key] = cleaner.identifier(value, "trace" if key == "traceId" else "span")
        elif key.endswith("UnixNano"):
            out[key] = type(value)(cleaner.time_ns(int(value)))
        elif key == "resource":
            kept = [
                a for a in value.get("attributes", []) if not a["key"].startswith(DROPPED_RESOURCE_PREFIXES)
            ]
            out[key] = _clean_json({**value, "attributes": kept}, cleaner)
        elif key == "intValue":
            out[key] = type(value)(cleaner.integer("", int(value)))
        else:
            out[key] = _clean_json(value, cleaner)
    return out
