"""`lynex.instrument()`: one line that watches every client that is installed."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable

from lynex._internal.report import internal_error

CLIENTS = ("openai", "anthropic")
"""Clients that can be watched: each has a file here, with a `watch` that gives back its own undoing."""

_lock = threading.Lock()
_undoing: dict[str, Callable[[], None]] = {}


def instrument(*clients: str) -> tuple[str, ...]:
    """Record every call of the installed OpenAI and Anthropic clients, those already made included.

    Without arguments all that are installed, else only those named (`"openai"`, `"anthropic"`). Sync and
    async calls, streams, tools, structured output and raw responses are seen; what they return and raise
    stays as it is, and nothing is asked of the provider that you did not ask. Calling it again is
    harmless. Gives back the names of the clients now watched.

    Raises `ValueError` for a client that it does not know.

        >>> import lynex
        >>> sorted(lynex.instrument())
        ['anthropic', 'openai']
        >>> lynex.uninstrument()
    """
    for client in clients:
        if client not in CLIENTS:
            raise ValueError(f"cannot instrument {client!r}; known clients: {', '.join(CLIENTS)}")
    with _lock:
        for client in clients or CLIENTS:
            if client not in _undoing:
                _watch(client)
        return tuple(sorted(_undoing))


def uninstrument() -> None:
    """Undo `instrument`. Streams that are open are recorded to their end.

    >>> import lynex
    >>> lynex.uninstrument()
    """
    with _lock:
        for undo in _undoing.values():
            undo()
        _undoing.clear()


def _watch(client: str) -> None:
    try:
        integration = importlib.import_module(f"lynex._internal.integrations.{client}")
        _undoing[client] = integration.watch()
    except ImportError:
        return  # not installed
    except Exception:
        internal_error(f"instrumenting {client}")
