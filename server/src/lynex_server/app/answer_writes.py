"""An answer's head leaves together with the first part of its body."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD = b"HTTP/1."


class HeadsWithBodies(HttpToolsProtocol):
    """uvicorn's protocol, which writes a head and a body one after the other: two packets, two calls of the
    system, and two times that the client wakes up."""

    def connection_made(self, transport: Any) -> None:
        """Begin with a transport that keeps heads back."""
        super().connection_made(_HeadsKeptBack(transport))


class _HeadsKeptBack(asyncio.Transport):
    """A transport. A head waits for what is written next, at most until the event loop goes on."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._head = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head + data)
        elif data[: len(_HEAD)] == _HEAD:
            self._head = bytes(data)
            asyncio.get_running_loop().call_soon(self._let_go)
        else:
            self._transport.write(data)

    def _let_go(self) -> None:
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self._let_go()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)
