"""Carrying a trace across processes: W3C Trace Context and Baggage headers.

Format: https://www.w3.org/TR/trace-context/ (version 00) and https://www.w3.org/TR/baggage/.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, MutableMapping
from typing import Any

from lynex._internal.context import NOTHING, Ambient, RemoteParent, Scope, ambient, current
from lynex._internal.report import handle_internal_errors, internal_error

_HEX = frozenset("0123456789abcdef")
_SESSION_KEY = "session.id"
_USER_KEY = "user.id"
_MAX_BAGGAGE_CHARS = 8192


@handle_internal_errors("writing trace headers", None)
def inject(headers: MutableMapping[str, str]) -> None:
    """Add `traceparent` (and `baggage`, for the session and user) of the open span to `headers`.

    Does nothing when no span is open and no session or user is set. Baggage that is there already stays.

        >>> import lynex
        >>> headers = {}
        >>> with lynex.span("call the other service"):
        ...     lynex.inject(headers)
        >>> sorted(headers)
        ['traceparent']
    """
    span = current.get()
    if span is not None:
        sampled = getattr(span, "sampled", True)
        headers["traceparent"] = f"00-{span.trace_id}-{span.span_id}-{'01' if sampled else '00'}"
    around = ambient.get()
    pairs = [
        f"{key}={_url_text().quote(value, safe='')}"
        for key, value in ((_SESSION_KEY, around.session_id), (_USER_KEY, around.end_user_id))
        if value
    ]
    if pairs:
        there = _header(headers, "baggage")
        headers["baggage"] = ",".join([there, *pairs] if there else pairs)


def extract(headers: Mapping[str, str]) -> Scope:
    """A `with` block (plain or async) whose spans continue the trace that `headers` speak of.

    Reads `traceparent` and, for the session and user, `baggage`; header names may be in any case. Headers
    that are absent or malformed give a block that changes nothing.

        >>> import lynex
        >>> parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        >>> with lynex.extract({"traceparent": parent}), lynex.span("handle") as span:
        ...     span.trace_id
        '0af7651916cd43dd8448eb211c80319c'
    """
    try:
        return Scope(
            _read_baggage(_header(headers, "baggage")), _read_parent(_header(headers, "traceparent"))
        )
    except Exception:
        internal_error("reading trace headers")
        return Scope(NOTHING)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if value is None:
        value = next((headers[key] for key in headers if key.lower() == name), "")
    return value


def _read_parent(value: str) -> RemoteParent | None:
    version, _, rest = value.strip().lower().partition("-")
    trace_id, _, rest = rest.partition("-")
    span_id, _, _flags = rest.partition("-")
    well_formed = (
        len(version) == 2
        and version != "ff"
        and len(trace_id) == 32
        and len(span_id) == 16
        and _HEX.issuperset(version + trace_id + span_id)
        and trace_id.strip("0")
        and span_id.strip("0")
    )
    return RemoteParent(trace_id, span_id) if well_formed else None


def _read_baggage(value: str) -> Ambient:
    if not value or len(value) > _MAX_BAGGAGE_CHARS:
        return NOTHING
    unquote = _url_text().unquote
    members = {
        key.strip(): unquote(rest.partition(";")[0].strip())
        for key, _, rest in (member.partition("=") for member in value.split(","))
    }
    return Ambient(members.get(_SESSION_KEY, ""), members.get(_USER_KEY, ""))


def _url_text() -> Any:
    """Percent-encoding, loaded when baggage is written or read: it costs a tenth of `import lynex`."""
    return importlib.import_module("urllib.parse")
