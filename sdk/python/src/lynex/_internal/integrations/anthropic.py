"""The `anthropic` client: messages, plain and beta, sync and async, direct or through a cloud."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from lynex._internal.integrations.generated_client import Route, watch_requests
from lynex._internal.reading import ANTHROPIC_MESSAGES

ROUTES = {"/v1/messages": Route("anthropic.messages", ANTHROPIC_MESSAGES)}

_PROVIDERS_BY_CLIENT = (
    ("Bedrock", "bedrock"),
    ("AWS", "bedrock"),
    ("Vertex", "vertex"),
    ("Foundry", "azure"),
)


def watch() -> Callable[[], None]:
    """Watch the installed client; gives back what undoes it. Raises `ImportError` when there is none."""
    base: Any = importlib.import_module("anthropic._base_client")
    return watch_requests(base.SyncAPIClient, base.AsyncAPIClient, ROUTES, provider_of)


def provider_of(client: Any) -> str:
    """Whose prices apply, from the kind of client."""
    name = type(client).__name__
    return next((provider for part, provider in _PROVIDERS_BY_CLIENT if part in name), "anthropic")
