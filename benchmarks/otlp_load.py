"""OTLP requests that can be sent thousands of times: built once, with new ids written in before each send."""

import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from benchmarks.text import TextSource

INPUT_CHARACTERS = 1600
OUTPUT_CHARACTERS = 900
MODELS = (
    ("openai", "gpt-4o-2024-08-06"),
    ("openai", "gpt-4o-mini-2024-07-18"),
    ("anthropic", "claude-sonnet-4-5-20250929"),
    ("google", "gemini-2.5-flash"),
)
_MARK = bytes.fromhex("c0ffee5eedf00d")  # begins every id of a template, and nothing else


@dataclass(slots=True)
class Template:
    """One request body and where its ids are."""

    body: bytearray
    trace_id_offsets: list[int]
    span_id_offsets: list[int]

    @property
    def spans(self) -> int:
        return len(self.span_id_offsets)

    def stamped(self, number: int) -> bytes:
        """The body with ids of its own: every span gets a trace id and a span id made of `number`."""
        body = self.body
        for index, offset in enumerate(self.trace_id_offsets):
            body[offset + 7 : offset + 16] = (number << 16 | index).to_bytes(9, "big")
        for index, offset in enumerate(self.span_id_offsets):
            body[offset : offset + 8] = (number << 16 | index).to_bytes(8, "big")
        return bytes(body)


def trace_id(number: int, index: int) -> str:
    """The trace id of span `index` of the request stamped with `number`."""
    return (_MARK + (number << 16 | index).to_bytes(9, "big")).hex()


def templates(
    count: int,
    spans: int,
    seed: int,
    input_characters: int = INPUT_CHARACTERS,
    output_characters: int = OUTPUT_CHARACTERS,
) -> list[Template]:
    """`count` different requests of `spans` spans; with the default text a span is about 3.2 KB."""
    text = TextSource(seed)
    rng = random.Random(seed)
    return [
        _template(rng, spans, lambda: (text.take(input_characters), text.take(output_characters)))
        for _ in range(count)
    ]


def endless(built: list[Template]) -> Iterator[tuple[int, Template]]:
    """The templates in turn, each with a number never used before in this process."""
    return zip(itertools.count(1), itertools.cycle(built), strict=False)


def _template(rng: random.Random, spans: int, write: Callable[[], tuple[str, str]]) -> Template:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    _put(resource_spans.resource.attributes, "service.name", "bench")
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "opentelemetry.instrumentation.openai_v2"
    now_ns = time.time_ns()
    for index in range(spans):
        provider, model = rng.choice(MODELS)
        span = scope_spans.spans.add()
        span.trace_id = _MARK + index.to_bytes(9, "big")
        span.span_id = _MARK + bytes([index % 256])
        span.name = f"chat {model}"
        span.start_time_unix_nano = now_ns - rng.randrange(10**9)
        span.end_time_unix_nano = span.start_time_unix_nano + int(rng.lognormvariate(0, 1) * 10**9)
        for key, value in _attributes(rng, write(), provider, model).items():
            _put(span.attributes, key, value)
    body = bytearray(request.SerializeToString())
    return Template(body, _offsets(body, b"\x0a\x10"), _offsets(body, b"\x12\x08"))


def _attributes(
    rng: random.Random, texts: tuple[str, str], provider: str, model: str
) -> dict[str, str | int | float]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.response.id": f"chatcmpl-{rng.getrandbits(96):024x}",
        "gen_ai.request.temperature": 0.7,
        "gen_ai.request.max_tokens": 1024,
        "gen_ai.usage.input_tokens": rng.randrange(200, 4000),
        "gen_ai.usage.output_tokens": rng.randrange(20, 800),
        "gen_ai.usage.cache_read.input_tokens": rng.randrange(0, 200),
        "gen_ai.conversation.id": f"session-{rng.randrange(5000)}",
        "user.id": f"user-{rng.randrange(2000)}",
        "server.address": "api.example.com",
        "gen_ai.input.messages": _messages("user", texts[0]),
        "gen_ai.output.messages": _messages("assistant", texts[1]),
    }


def _messages(role: str, content: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": content}]}])


def _put(attributes: RepeatedCompositeFieldContainer[KeyValue], key: str, value: str | int | float) -> None:
    attribute = attributes.add()
    attribute.key = key
    if isinstance(value, str):
        attribute.value.string_value = value
    elif isinstance(value, int):
        attribute.value.int_value = value
    else:
        attribute.value.double_value = value


def _offsets(body: bytearray, field_header: bytes) -> list[int]:
    """Where the ids begin: the field's tag and length, then the mark."""
    found: list[int] = []
    position = body.find(field_header + _MARK)
    while position >= 0:
        found.append(position + len(field_header))
        position = body.find(field_header + _MARK, position + 1)
    return found
