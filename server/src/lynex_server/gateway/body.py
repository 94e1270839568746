"""Reading and passing on a request's body within its bound."""

from collections.abc import AsyncIterator

from starlette.types import Receive

from lynex_server.gateway.errors import Refused


class ClientGone(Exception):
    """The client closed its connection before its request was whole."""


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """The whole body. Raises `Refused` (413) as soon as it is too large, `ClientGone`."""
    parts = [part async for part in body_parts(receive, max_bytes, "LYNEX_GATEWAY_MAX_BODY_BYTES")]
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def body_parts(receive: Receive, max_bytes: int, setting: str) -> AsyncIterator[bytes]:
    """The body as it comes in. Raises as `read_body` does."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > max_bytes:
            raise Refused(413, "too_large", f"The body has over {max_bytes} bytes ({setting}).")
        if part:
            yield part
        if not message.get("more_body", False):
            return
