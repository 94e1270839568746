"""Configuring, and what holds for all spans of a block."""

from __future__ import annotations

import os
from typing import Literal

from lynex._internal.config import BeforeSend, Redact, resolve
from lynex._internal.context import Ambient, Scope
from lynex._internal.line import Stats
from lynex._internal.report import forget_warnings, handle_internal_errors
from lynex._internal.runtime import active, install, runtime_for


def configure(
    *,
    ingest_url: str | None = None,
    api_key: str | None = None,
    project_id: str | None = None,
    hmac_secret: str | None = None,
    environment: str | None = None,
    release: str | None = None,
    service: str | None = None,
    enabled: bool | None = None,
    sample_rate: float | None = None,
    capture_content: bool | None = None,
    local_cost: bool | None = None,
    before_send: BeforeSend | None = None,
    redact: Redact | str | None = None,
    enforce: Literal["off", "warn", "enforce", "project"] | None = None,
    fail: Literal["open", "closed"] | None = None,
    gateway_url: str | None = None,
    max_content_bytes: int | None = None,
    max_buffered_events: int | None = None,
    max_buffered_bytes: int | None = None,
    max_batch_events: int | None = None,
    max_batch_bytes: int | None = None,
    flush_interval_s: float | None = None,
    request_timeout_s: float | None = None,
    max_retry_s: float | None = None,
    exit_timeout_s: float | None = None,
) -> None:
    """Say where spans go. Call it once, early; without it the environment decides (`LYNEX_URL`, …).

    ingest_url: address of the Lynex server, with or without `/v1/events` (`LYNEX_INGEST_URL`, `LYNEX_URL`).
    api_key: a project's key, sent as a bearer token (`LYNEX_API_KEY`).
    hmac_secret, project_id: sign each request with the key instead of sending it; the project is needed
        when the secret does not name its key (`LYNEX_HMAC_SECRET`, `LYNEX_PROJECT_ID`).
    environment, release, service: put on every span.
    enabled: False records nothing.
    sample_rate: share of traces kept, 0 to 1; decided from the trace id, so a trace is kept whole.
    capture_content: False sends no inputs, outputs or tool definitions.
    local_cost: True prices calls in the process, for `Span.cost_usd` (needs `lynex[prices]`).
    before_send: called with each event (a dict) on a background thread; gives it back, changed or as it
        is, or None to drop it. An event on which it fails is not sent.
    redact: "server" applies the project's redaction rules before anything is sent, on a background
        thread; they are fetched and kept fresh, and nothing is sent without them (`LYNEX_REDACT`). Or a
        function that is given each text of an event and gives back what may be sent.
    enforce: `"enforce"` raises `BudgetExceeded` or `KillSwitchActive` instead of making a call that a budget
        or a kill switch stops; `"warn"` only logs it; `"off"` does not look (the default). `"project"` does
        whichever of the three the project says in Lynex, and follows it within a second.
    fail: `"open"` lets calls through while Lynex cannot be reached, `"closed"` raises `LynexUnreachable`.
    gateway_url: address of the gateway, where it is not the server's own. Calls that a watched client makes
        through it are counted there, and are a step around the gateway's span here.
    max_content_bytes: longest input or output; the rest is cut and the cut noted.
    max_buffered_events, max_buffered_bytes: what may wait; more is dropped and counted in `stats`.
    max_batch_events, max_batch_bytes, flush_interval_s: when a batch leaves.
    request_timeout_s, max_retry_s: how long a request may take, and a batch be retried.
    exit_timeout_s: how long the end of the process may be held up by what is left.

    An argument wins over the environment. A second call takes the place of the first: what was captured
    before is delivered under the old configuration. Raises `ValueError` for a value out of range.

        >>> import lynex
        >>> lynex.configure(ingest_url="http://127.0.0.1:8000", api_key="lx_...", environment="staging")
        >>> lynex.configure(enabled=False)
    """
    config = resolve(locals(), os.environ)
    forget_warnings()
    before = install(runtime_for(config))
    if before is not None:
        before.sink.close(before.config.exit_timeout_s)
        if before.gate is not None:
            before.gate.stop()


@handle_internal_errors("flushing", False)
def flush(timeout_s: float = 5.0) -> bool:
    """Send now what was captured so far, and wait until it is delivered or dropped (see `stats`).

    False when that took longer than `timeout_s` seconds; what is left is still sent later. Call it where a
    process may be frozen or killed without notice, such as at the end of a serverless request.

        >>> import lynex
        >>> lynex.flush(timeout_s=1.0)
        True
    """
    return active().sink.flush(timeout_s)


@handle_internal_errors("shutting down", False)
def shutdown(timeout_s: float = 5.0) -> bool:
    """Flush, then stop the background threads. Done for you at the end of the process.

    False when not everything was settled within `timeout_s` seconds; the rest is dropped and counted.
    A span recorded afterwards starts them again.

        >>> import lynex
        >>> lynex.shutdown(timeout_s=1.0)
        True
    """
    return active().sink.close(timeout_s)


@handle_internal_errors("counting", Stats())
def stats() -> Stats:
    """What became of the events of this process so far: sent, waiting, rejected, dropped.

    >>> import lynex
    >>> lynex.stats().dropped
    0
    """
    return active().sink.stats()


def session(session_id: str) -> Scope:
    """A `with` block (plain or async) whose spans belong to a session, such as one conversation.

    >>> import lynex
    >>> with lynex.session("chat-42"), lynex.span("answer"):
    ...     pass
    """
    return Scope(Ambient(session_id=str(session_id)))


def user(end_user_id: str) -> Scope:
    """A `with` block (plain or async) whose spans are on behalf of one of your users.

    >>> import lynex
    >>> with lynex.user("user-7"), lynex.span("answer"):
    ...     pass
    """
    return Scope(Ambient(end_user_id=str(end_user_id)))


def tags(*names: str, **metadata: object) -> Scope:
    """A `with` block (plain or async) whose spans bear these tags, and these metadata by name.

    >>> import lynex
    >>> with lynex.tags("checkout", "beta", tenant="acme"), lynex.span("answer"):
    ...     pass
    """
    return Scope(Ambient(tags=tuple(str(name) for name in names), metadata=tuple(metadata.items())))
