"""Counting the tokens of a question here, for a model whose provider cannot be asked in the caller's dialect.

Claude Code counts before it sends, whoever serves the model. The count is the gateway's own (`estimate.py`).
"""

from typing import Any

from lynex_server.gateway.call.asked import Asked
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.upstream.routing import speaks

ESTIMATED = (b"x-lynex-estimated", b"tokens")


def is_counted_here(exchange: Exchange) -> bool:
    """Whether the call asks for a count, and the provider that would answer the question has none for it."""
    assert exchange.plan is not None  # noqa: S101  # the call has been routed
    first = exchange.plan.candidates[0].provider
    return exchange.operation.name == "count_tokens" and not speaks(first, exchange.operation.dialect)


def counted(asked: Asked) -> dict[str, Any]:
    """The count, as the surface writes it."""
    tokens = asked.input_tokens()
    return {"totalTokens": tokens} if asked.operation.dialect == "gemini" else {"input_tokens": tokens}
