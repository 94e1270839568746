"""What the client gets: a whole answer, a stream, an error in the words of its surface."""

from typing import Any

from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.relay import Send
from lynex_server.gateway.documents import document_in
from lynex_server.gateway.errors import Refused, error_event, error_response
from lynex_server.kernel.money import usd_from_nanousd

Field = tuple[bytes, bytes]

JSON: Field = (b"content-type", b"application/json")
EVENT_STREAM: tuple[Field, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)


def told(exchange: Exchange, cost_nanousd: int | None = None) -> list[Field]:
    """The headers that every answer has: which trace it is in, who answered, what it cost."""
    fields = [
        (b"x-lynex-trace-id", exchange.said.trace_id.encode()),
        (b"x-lynex-span-id", exchange.span_id.encode()),
    ]
    if exchange.provider is not None:
        fields.append((b"x-lynex-provider", exchange.provider.name.encode("latin-1", "replace")))
        fields.append((b"x-lynex-model", _in_a_header(exchange.served_model)))
    if exchange.cache:
        fields.append((b"x-lynex-cache", exchange.cache.encode()))
    if cost_nanousd is not None:
        fields.append((b"x-lynex-cost-usd", f"{usd_from_nanousd(cost_nanousd):.9f}".encode()))
    if exchange.budget_left:
        fields.append((b"x-lynex-budget-left", exchange.budget_left.encode("latin-1", "replace")))
    return fields


def _in_a_header(said: str) -> bytes:
    """What a provider calls its model: no end of a line may come out of it."""
    shown = said if said.isprintable() else "".join(each if each.isprintable() else "?" for each in said)
    return shown.encode("latin-1", "replace")


async def begin(exchange: Exchange, send: Send, status: int, fields: list[Field]) -> None:
    """The head of an answer."""
    await send({"type": "http.response.start", "status": status, "headers": fields})
    exchange.head_sent = True


async def end(exchange: Exchange, send: Send, part: bytes = b"") -> None:
    """The last part of an answer."""
    exchange.answered = True
    await send({"type": "http.response.body", "body": part, "more_body": False})


async def send_whole(exchange: Exchange, send: Send, status: int, fields: list[Field], body: bytes) -> None:
    """A whole answer."""
    headers = [field for field in fields if field[0] != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    await begin(exchange, send, status, headers)
    await end(exchange, send, body)


async def send_pieces(exchange: Exchange, send: Send, fields: list[Field], pieces: list[bytes]) -> None:
    """A stream that is known already."""
    await begin(exchange, send, 200, fields)
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await end(exchange, send)


async def refuse(exchange: Exchange, send: Send, refused: Refused) -> None:
    """An error of ours: as the answer, or as the last event of one that has begun. Who has a whole answer is
    told nothing more."""
    dialect = exchange.operation.dialect
    if exchange.answered:
        return
    if exchange.head_sent:
        await end(exchange, send, error_event(dialect, refused))
        return
    fields, body = error_response(dialect, refused)
    await send_whole(exchange, send, refused.status, fields + told(exchange), body)


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; empty when it is none."""
    return document_in(body) or {}
