"""An answer's head leaves together with the first part of its body."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from lynex_server.app.answer_writes import HeadsWithBodies

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
HEAD = b"HTTP/1.1 200 OK\r\n"


class Wire(asyncio.Transport):
    """The end of a connection: what is written to it, write by write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def ask(wire: Wire, tell: Callable[[Send], Coroutine[Any, Any, None]], fields: str = "") -> None:
    """Ask an application that answers with `tell`, and wait for its end."""

    async def application(_scope, _receive, send) -> None:
        await tell(send)

    config = uvicorn.Config(application, lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    connection = HeadsWithBodies(config, state, {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    connection.data_received(f"GET / HTTP/1.1\r\nhost: here\r\n{fields}\r\n".encode())
    await asyncio.gather(*state.tasks)
    await asyncio.sleep(0)


async def begin(send: Send, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})


async def body(send: Send, part: bytes, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": more})


def test_a_whole_answer_is_one_write():
    async def tell(send: Send) -> None:
        await begin(send, (b"content-length", b"5"))
        await body(send, b"hello")

    wire = Wire()
    asyncio.run(ask(wire, tell))

    (written,) = wire.writes
    assert written.startswith(HEAD)
    assert written.endswith(b"\r\n\r\nhello")


def test_the_pieces_of_a_stream_go_out_as_they_come():
    async def tell(send: Send) -> None:
        await begin(send)
        await body(send, b"one", more=True)
        await body(send, b"two", more=True)
        await body(send, b"")

    wire = Wire()
    asyncio.run(ask(wire, tell))

    first, second, last = wire.writes
    assert first.startswith(HEAD)
    assert first.endswith(b"3\r\none\r\n")
    assert (second, last) == (b"3\r\ntwo\r\n", b"0\r\n\r\n")


def test_a_head_does_not_wait_for_a_body_that_takes_its_time():
    wire = Wire()
    seen: list[bytes] = []

    async def tell(send: Send) -> None:
        await begin(send)
        for _ in range(2):
            await asyncio.sleep(0)
        seen.extend(wire.writes)
        await body(send, b"late")

    asyncio.run(ask(wire, tell))

    assert len(seen) == 1
    assert seen[0].startswith(HEAD)
    assert wire.writes[1:] == [b"4\r\nlate\r\n0\r\n\r\n"]


@pytest.mark.parametrize("fields", ["", "connection: close\r\n"])
def test_an_answer_without_a_body_is_told_before_its_connection_closes(fields: str):
    async def tell(send: Send) -> None:
        await begin(send, (b"content-length", b"0"))
        await body(send, b"")

    wire = Wire()
    asyncio.run(ask(wire, tell, fields))

    assert b"".join(wire.writes).startswith(HEAD)
    assert wire.closed == bool(fields)
