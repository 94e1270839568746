"""A provider in the test's own event loop that behaves as each call asks it to, well or badly.

A call says so in its body: `behaviour` is the name of one, and `uses` the tokens it takes in and gives out.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

MODEL = "gpt-4o"
BEHAVIOURS = ("answers", "is_mute_of_usage", "fails", "limits", "cuts", "talks_garbage", "is_silent")


@contextlib.asynccontextmanager
async def wayward_provider() -> AsyncIterator[str]:
    """The base URL of a running one."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while await _answer(await _question(reader), reader, writer):
            await writer.drain()
    writer.close()


async def _question(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return json.loads(await reader.readexactly(length))


async def _answer(asked: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the connection may be used again."""
    behaviour = asked["behaviour"]
    if behaviour == "fails":
        writer.write(_whole(500, {"error": {"message": "it broke", "type": "server_error"}}))
    elif behaviour == "limits":
        writer.write(_whole(429, {"error": {"message": "slow down", "type": "rate_limit_error"}}))
    elif behaviour == "talks_garbage":
        writer.write(b"this is no HTTP\r\n\r\n\x00\xff")
        return False
    elif behaviour == "is_silent":
        await reader.read()  # until the gateway has had enough
        return False
    elif asked.get("stream"):
        return await _stream(asked, writer)
    elif behaviour == "cuts":
        writer.write(_whole(200, _completion(asked))[:-20])
        return False
    else:
        writer.write(_whole(200, _completion(asked)))
    return True


async def _stream(asked: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(5):
        writer.write(_event([{"index": 0, "delta": {"content": "parcel "}, "finish_reason": None}]))
        await writer.drain()
        await asyncio.sleep(asked["pause_s"])
        if asked["behaviour"] == "cuts":
            return False
    writer.write(_event([{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    if asked["behaviour"] != "is_mute_of_usage":
        writer.write(_event([], _usage(asked)))
    writer.write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    return True


def _completion(asked: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Your parcel left Rotterdam."}
    said = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    return said if asked["behaviour"] == "is_mute_of_usage" else {**said, "usage": _usage(asked)}


def _usage(asked: dict[str, Any]) -> dict[str, int]:
    tokens_in, tokens_out = asked["uses"]
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }


def _event(choices: list[Any], usage: dict[str, int] | None = None) -> bytes:
    event = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": MODEL, "choices": choices}
    return _chunk(b"data: " + json.dumps({**event, "usage": usage}).encode() + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _whole(status: int, document: dict[str, Any]) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} said\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body
