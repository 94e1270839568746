"""Reading and passing on a request's body within its bound."""

from collections.abc import AsyncIterator, Callable

from starlette.types import Receive

from lynex_server.gateway.errors import Refused

UPLOAD_SETTING = "LYNEX_GATEWAY_MAX_UPLOAD_BYTES"


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
            raise too_large(max_bytes, setting)
        if part:
            yield part
        if not message.get("more_body", False):
            return


def too_large(max_bytes: int, setting: str) -> Refused:
    """What a body over its bound gets."""
    return Refused(413, "too_large", f"The body has over {max_bytes} bytes ({setting}).")


class Upload:
    """A body that is passed on as it comes in, at most `max_bytes` of it. `whole` is told once all has come.

    `failed` is why it ended before that, where it did: whoever sends it on knows only that it stopped.
    """

    def __init__(
        self, receive: Receive, stated_bytes: int, max_bytes: int, whole: Callable[[], None]
    ) -> None:
        """`stated_bytes` is what the client says that it has, 0 where it does not say. Raises `Refused`."""
        if stated_bytes > max_bytes:
            raise too_large(max_bytes, UPLOAD_SETTING)
        self._receive = receive
        self._max_bytes = max_bytes
        self._whole = whole
        self.failed: Refused | ClientGone | None = None

    async def parts(self) -> AsyncIterator[bytes]:
        """The body. Raises as `read_body` does."""
        try:
            async for part in body_parts(self._receive, self._max_bytes, UPLOAD_SETTING):
                yield part
        except (Refused, ClientGone) as error:
            self.failed = error
            raise
        self._whole()
