"""Calls that a watched client makes through Lynex's gateway.

The gateway writes the call's span, with its usage and cost, and holds it to budgets. The client's own span
stays as the step around it, so that nothing is counted, or set aside, twice.
"""

from __future__ import annotations

from typing import Any

from lynex._internal.config import Config
from lynex._internal.context import current
from lynex._internal.propagation import inject
from lynex._internal.span import Span, runtime_of


def hand_over(client: Any, options: Any, span: Span) -> None:
    """Where `client` leads to the gateway: the call's span becomes a step around the gateway's own, which is
    told of it by the trace headers."""
    runtime = runtime_of(span)
    if runtime is None or not leads_to_gateway(str(getattr(client, "base_url", "")), runtime.config):
        return
    span.kind = "chain"
    given = options.headers
    headers = dict(given) if isinstance(given, dict) else {}
    outer = current.get()
    current.set(span)
    try:
        inject(headers)
    finally:
        current.set(outer)
    options.headers = headers


def leads_to_gateway(base_url: str, config: Config) -> bool:
    """Whether a client with this base URL speaks to the gateway, by its scheme, host and port."""
    origin = _origin(base_url)
    return bool(origin) and origin in (_origin(config.gateway_url), _origin(config.ingest_url))


def _origin(url: str) -> str:
    scheme, separator, rest = url.strip().lower().partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if separator else ""
