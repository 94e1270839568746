"""A provider to measure against: speaks OpenAI's chat completions over HTTP/1.1 with as little work as Python
allows, and counts what it was asked for.

    python -m benchmarks.model_upstream PORT

The model's name says how it answers: `instant` at once, `stream-N-M` with N pieces M ms apart when asked to
stream. `GET /count` gives the numbers of calls, of whole answers, and the tokens of those, and how many
connections are open besides the one that asks. `GET /calls` gives the output tokens of each call by the
span id of its `traceparent`: null where the answer was not told to its end.
"""

import asyncio
import json
import sys
from typing import Any

import httptools
import uvloop

INPUT_TOKENS = 25
OUTPUT_TOKENS = 12
ID = b"chatcmpl-%014d" % 0
"""Stands for the id of an answer, of which each has its own."""
_ANSWER = json.dumps(
    {
        "id": ID.decode(),
        "object": "chat.completion",
        "created": 1767614400,
        "model": "gpt-4.1-mini-2025-04-14",
        "service_tier": "default",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Your parcel left Rotterdam this morning."},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    }
).encode()
_WHOLE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
    + str(len(_ANSWER)).encode()
    + b"\r\n\r\n"
    + _ANSWER
)
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _event(choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> bytes:
    document: dict[str, Any] = {
        "id": ID.decode(),
        "object": "chat.completion.chunk",
        "created": 1767614400,
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": choices,
    }
    if usage is not None:
        document["usage"] = usage
    return b"data: " + json.dumps(document).encode() + b"\n\n"


_PIECE = _event([{"index": 0, "delta": {"content": "parcel "}, "finish_reason": None}])
_LAST = _event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
_DONE = b"data: [DONE]\n\n"


def _id_of(call: int) -> bytes:
    return b"chatcmpl-%014d" % call


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Counted:
    """What was asked for, and what was answered to its end."""

    calls = 0
    finished = 0
    input_tokens = 0
    output_tokens = 0
    connections = 0
    by_span: dict[str, int | None] = {}  # noqa: RUF012  # one for the process


class Upstream(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._path = b""
        self._span_id = ""
        self._streaming: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        Counted.connections += 1

    def connection_lost(self, _error: Exception | None) -> None:
        Counted.connections -= 1
        if self._streaming is not None:
            self._streaming.cancel()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url

    def on_message_begin(self) -> None:
        self._body = []
        self._span_id = ""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name == b"traceparent":
            self._span_id = value.split(b"-")[2].decode()

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        if self._path == b"/count":
            names = ("calls", "finished", "input_tokens", "output_tokens", "connections")
            told = {name: getattr(Counted, name) for name in names}
            self._tell({**told, "connections": Counted.connections - 1})
            return
        if self._path == b"/calls":
            self._tell(Counted.by_span)
            return
        Counted.calls += 1
        if self._span_id:
            Counted.by_span.setdefault(self._span_id, None)
        body = b"".join(self._body)
        if b'"stream":true' in body or b'"stream": true' in body:
            asked = json.loads(body)
            self._streaming = asyncio.get_running_loop().create_task(self._stream(asked))
            return
        self._count(OUTPUT_TOKENS)
        self._transport.write(_WHOLE.replace(ID, _id_of(Counted.calls)))

    def _tell(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (len(body), body)
        )

    def _count(self, output_tokens: int) -> None:
        Counted.finished += 1
        Counted.input_tokens += INPUT_TOKENS
        Counted.output_tokens += output_tokens
        if self._span_id:
            Counted.by_span[self._span_id] = output_tokens

    async def _stream(self, asked: dict[str, Any]) -> None:
        _, pieces, pause_ms = f"{asked['model']}-10-0".split("-")[:3]
        answer_id = _id_of(Counted.calls)
        piece = _chunk(_PIECE.replace(ID, answer_id))
        self._transport.write(_STREAM_HEAD)
        for _ in range(int(pieces)):
            self._transport.write(piece)
            if int(pause_ms):
                await asyncio.sleep(int(pause_ms) / 1000)
        usage = {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": int(pieces),
            "total_tokens": INPUT_TOKENS + int(pieces),
        }
        tail = _LAST
        if (asked.get("stream_options") or {}).get("include_usage"):
            tail += _event([], usage)
        self._count(int(pieces))
        self._transport.write(_chunk(tail.replace(ID, answer_id) + _DONE) + b"0\r\n\r\n")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
