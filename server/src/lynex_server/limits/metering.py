"""Counts each request's body as it comes in, and stops what is too large, whoever reads it.

A body is bounded before anybody is known (by the largest of all plans) and, once its sender was admitted, by
the sender's plan. The meter is found in the ASGI scope; `RequestLimits.admit` sets it.
"""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lynex_server.kernel.errors import TooLarge

METER = "lynex.meter"

Charge = Callable[[int], Awaitable[None]]


class Meter:
    """One request's body so far, and what its answer is to carry.

    `declared_bytes` is None where the client did not say how long the body is: it is then charged for at its
    end, by `charge`.
    """

    __slots__ = (
        "admitted",
        "charge",
        "declared_bytes",
        "fields",
        "max_body_bytes",
        "received_bytes",
        "whole",
    )

    def __init__(self, declared_bytes: int | None, max_body_bytes: int) -> None:
        self.declared_bytes = declared_bytes
        self.max_body_bytes = max_body_bytes
        self.received_bytes = 0
        self.whole = False
        self.admitted = False
        self.charge: Charge | None = None
        self.fields: list[tuple[bytes, bytes]] = []

    async def note(self, message: Message) -> None:
        """A part of the body came. Raises what refuses it."""
        self.received_bytes += len(message.get("body", b""))
        if self.received_bytes > self.max_body_bytes:
            raise self.too_large()
        if not message.get("more_body", False):
            self.whole = True
            if self.charge is not None:
                charge, self.charge = self.charge, None
                await charge(self.received_bytes)

    def too_large(self) -> Exception:
        """What to raise for a body beyond the bound."""
        text = f"body: over {self.max_body_bytes} bytes as sent"
        if self.admitted:
            return TooLarge(f"{text} (LYNEX_MAX_BODY_BYTES, or max_body_bytes of the project's plan)")
        # A body that is parsed before its sender is known: the parser lets only this kind of error through.
        return HTTPException(413, f"{text} (LYNEX_MAX_BODY_BYTES)")


class Metered:
    """ASGI middleware that gives every request a `Meter`."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        """`max_body_bytes` bounds a body whose sender is not known yet."""
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        meter = Meter(_declared_bytes(scope), self._max_body_bytes)
        scope[METER] = meter

        async def receive_metered() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                await meter.note(message)
            return message

        async def send_told(message: Message) -> None:
            if meter.fields and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *meter.fields]
            await send(message)

        await self._app(scope, receive_metered, send_told)


def body_bound(scope: Scope, otherwise: int) -> int:
    """How many bytes the request's body may have; `otherwise` where nothing meters."""
    meter: Meter | None = scope.get(METER)
    return otherwise if meter is None else meter.max_body_bytes


def _declared_bytes(scope: Scope) -> int | None:
    """What the client says of its body; 0 without one, None where it sends it in chunks of any number."""
    declared: int | None = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            declared = int(value) if value.isdigit() else None
    return declared
