"""A provider, a gateway in front of it, and calls: what the gateway's benchmarks share."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httptools

from benchmarks.http_load import Connection
from benchmarks.stack import Lynex, free_port

INPUT_NANOUSD, OUTPUT_NANOUSD = 400, 1600
"""What a token costs here."""
MAX_TOKENS = 100
SETTLED_TIMEOUT_S = 60
_PRICE = {
    "terms": {
        "kind": "rates",
        "rates": [{"unit": "input_tokens", "usd": "0.40"}, {"unit": "output_tokens", "usd": "1.60"}],
    }
}
QUESTION = [
    {"role": "system", "content": "You answer for a parcel service, briefly and kindly."},
    {
        "role": "user",
        "content": "Where is my parcel 3S-8812-NL? It should have come on Tuesday, says the mail.",
    },
]


def call_body(model: str, stream: bool = False, **fields: Any) -> bytes:
    """A chat completion as the official clients send it."""
    body: dict[str, Any] = {"model": model, "messages": QUESTION, "max_tokens": MAX_TOKENS, **fields}
    if stream:
        body["stream"] = True
    return json.dumps(body).encode()


def request_of(path: str, key: str, body: bytes) -> bytes:
    """The bytes of a request."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\naccept: application/json\r\nuser-agent: OpenAI/Python 3.52.0\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextlib.contextmanager
def running_upstream() -> Iterator[int]:
    """The port of a provider in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.model_upstream", str(port)])
    try:
        for _ in range(500):
            with contextlib.suppress(OSError):
                counted(port)
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def counted(port: int) -> dict[str, int]:
    """What the provider counted."""
    return asyncio.run(_ask(port, "/count"))


def told_calls(port: int) -> dict[str, int | None]:
    """The provider's own account of each call, by the span id that came with it: the output tokens of its
    answer, None where that was not told to its end."""
    return asyncio.run(_ask(port, "/calls"))


async def _ask(port: int, path: str) -> dict[str, Any]:
    connection = Connection(port, "")
    try:
        _, said = await connection.ask("GET", path)
    finally:
        connection.close()
    counts: dict[str, Any] = said
    return counts


async def set_up(lynex: Lynex, upstream_port: int) -> None:
    """A provider, a price for its model, and a budget in dollars that covers every call."""
    connection = Connection(lynex.port, lynex.api_key)
    for path, wanted in (
        (
            "/v1/gateway/providers",
            {
                "name": "local",
                "kind": "openai_compatible",
                "base_url": f"http://127.0.0.1:{upstream_port}/v1",
                "price_as": "openai",
                "models": ["instant", "stream-*"],
                "api_key": "sk-upstream",
            },
        ),
        ("/v1/budgets", {"name": "all", "scope": {}, "limit": 1_000_000, "action": "stop"}),
        ("/v1/prices/overrides", {**_PRICE, "model": "instant"}),
        ("/v1/prices/overrides", {**_PRICE, "model": "stream-*"}),
        ("/v1/prices/overrides", {**_PRICE, "model": "gpt-4.1-mini-2025-04-14"}),
    ):
        status, said = await connection.ask("POST", path, wanted)
        if status not in (200, 201):
            raise RuntimeError(f"{path}: {status} {said}")
    connection.close()


async def until_settled(lynex: Lynex) -> dict[str, dict[str, Any]]:
    """Wait until no call is under way, each has its span, and nothing is set aside; the budgets then, by
    name. Gives up after a minute, with what there is."""
    connection = Connection(lynex.port, lynex.api_key)
    ends_s = time.monotonic() + SETTLED_TIMEOUT_S
    try:
        while True:
            _, budgets = await connection.ask("GET", "/v1/budgets")
            _, state = await connection.ask("GET", "/v1/status")
            gauges = lynex.gauges()
            busy = gauges["lynex_gateway_calls_under_way"] or gauges["lynex_gateway_spans_unsaved"]
            held = any(budget["held"] for budget in budgets["items"])
            if not (busy or held or state["queue"]["entries"]) or time.monotonic() > ends_s:
                return {budget["name"]: budget for budget in budgets["items"]}
            await asyncio.sleep(0.2)
    finally:
        connection.close()


class Caller(asyncio.Protocol):
    """One connection; a call at a time. `first_s` is when the first byte of the body came, `times_s` when
    each part of it did."""

    def __init__(self) -> None:
        self._done: asyncio.Future[None] | None = None
        self._transport: Any = None
        self.is_open = False
        self.status = 0
        self._parts: list[bytes] = []
        self.first_s = 0.0
        self.times_s: list[float] = []

    @property
    def body(self) -> bytes:
        """Of the last answer."""
        return b"".join(self._parts)

    async def call(self, request: bytes) -> None:
        """Send it and wait for the whole answer."""
        self._parser = httptools.HttpResponseParser(self)
        self.first_s, self.times_s, self._parts = 0.0, [], []
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._done

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.is_open = True

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if self._done is not None and not self._done.done():
            self._done.set_exception(ConnectionError(str(error)))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        now_s = time.perf_counter()
        self._parts.append(part)
        self.first_s = self.first_s or now_s
        self.times_s.append(now_s)

    def on_message_complete(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    def close(self) -> None:
        """Drop the connection."""
        self._transport.close()


async def connect(port: int) -> Caller:
    """A connection to a server on this machine."""
    _, caller = await asyncio.get_running_loop().create_connection(Caller, "127.0.0.1", port)
    return caller
