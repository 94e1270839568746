"""Watching the clients that the Stainless generator makes: those of OpenAI and Anthropic.

Every call of such a client (`create`, `parse`, `stream`, with raw response or not, of any resource) passes
one method, `request(cast_to, options, stream=…, stream_cls=…)` of its base client, which also does the
client's own retries. Watching that one method sees each call once, on clients made before and after.

What the host gets back is always the client's own object. Streams get a watcher inside; a raw response
gets one on its `parse` and `close`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lynex._internal.admission import admit_client_call, admit_client_call_async, gate_of
from lynex._internal.context import current
from lynex._internal.decorator import snapshot
from lynex._internal.dialects.dialect import Dialect
from lynex._internal.integrations.through_gateway import hand_over
from lynex._internal.reading import RawBody
from lynex._internal.report import internal_error
from lynex._internal.span import Span
from lynex._internal.streams import is_provider_stream, watch_closing, watch_provider_stream

_COROUTINE_FLAG = 0x80
_NOT_GIVEN = ("Omit", "NotGiven")


class Route(NamedTuple):
    """What is known of one path of a provider's API: its span name and its dialect."""

    name: str
    dialect: Dialect


Routes = Mapping[str, Route]
ProviderOf = Callable[[Any], str]


def watch_requests(
    sync_client: type[Any], async_client: type[Any], routes: Routes, provider_of: ProviderOf
) -> Callable[[], None]:
    """Watch both base clients; gives back what undoes it."""
    undo_sync = _replace_request(sync_client, _watched_sync, routes, provider_of)
    undo_async = _replace_request(async_client, _watched_async, routes, provider_of)

    def undo() -> None:
        undo_sync()
        undo_async()

    return undo


def _replace_request(
    client: type[Any], watched: Callable[..., Any], routes: Routes, provider_of: ProviderOf
) -> Callable[[], None]:
    original = client.request
    replacement = watched(original, routes, provider_of)
    client.request = replacement

    def undo() -> None:
        # Another tool may have wrapped ours since; taking it out from under it would break that tool.
        if client.request is replacement:
            client.request = original

    return undo


def _watched_sync(
    original: Callable[..., Any], routes: Routes, provider_of: ProviderOf
) -> Callable[..., Any]:
    @functools.wraps(original)
    def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        span = _begin(self, args, kwargs, routes, provider_of)
        if span is None:
            return original(self, *args, **kwargs)
        gate = gate_of(span)
        if gate is not None:
            _use_instead(args, kwargs, admit_client_call(gate, span))
        outer = current.get()
        current.set(span)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as error:
            _failed(span, error)
            raise
        finally:
            current.set(outer)
        _answered(span, result)
        return result

    return request


def _watched_async(
    original: Callable[..., Any], routes: Routes, provider_of: ProviderOf
) -> Callable[..., Any]:
    @functools.wraps(original)
    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        span = _begin(self, args, kwargs, routes, provider_of)
        if span is None:
            return await original(self, *args, **kwargs)
        gate = gate_of(span)
        if gate is not None:
            _use_instead(args, kwargs, await admit_client_call_async(gate, span))
        outer = current.get()
        current.set(span)
        try:
            result = await original(self, *args, **kwargs)
        except BaseException as error:
            _failed(span, error)
            raise
        finally:
            current.set(outer)
        _answered(span, result)
        return result

    return request


def _begin(
    client: Any, args: tuple[Any, ...], kwargs: dict[str, Any], routes: Routes, provider_of: ProviderOf
) -> Span | None:
    """The span of a call that is worth one, begun; None for any other path."""
    try:
        options = kwargs["options"] if "options" in kwargs else args[1]
        route = routes.get(options.url.partition("?")[0])
        if route is None or options.method.lower() != "post":
            return None
        body = options.json_data
        span = Span(route.name, route.dialect.kind)
        span.dialect = route.dialect
        span.provider = provider_of(client)
        if isinstance(body, dict):
            model = body.get("model")
            span.model_requested = model if isinstance(model, str) else ""
            # The clients mark arguments that were not passed with values of their own.
            span.request = {
                key: snapshot(value) for key, value in body.items() if type(value).__name__ not in _NOT_GIVEN
            }
        span.begin()
        if span.kind == "llm":
            span.mark_outer_spans()
        hand_over(client, options, span)
        return span
    except Exception:
        internal_error("beginning to watch a call")
        return None


def _use_instead(args: tuple[Any, ...], kwargs: dict[str, Any], model: str) -> None:
    """Let the request name another model, where a budget asks for that. The host's own body stays its own."""
    if not model:
        return
    try:
        options = kwargs["options"] if "options" in kwargs else args[1]
        options.json_data = {**options.json_data, "model": model}
    except Exception:
        internal_error("using a cheaper model")


def _failed(span: Span, error: BaseException) -> None:
    try:
        span.record_error(error)
        code = getattr(error, "status_code", None)
        if isinstance(code, int):
            span.set_attribute("http.response.status_code", code)
        span.end()
    except Exception:
        internal_error("ending to watch a call")


def _answered(span: Span, result: Any) -> None:
    try:
        if is_provider_stream(result):
            watch_provider_stream(result, span, span.dialect)
        elif hasattr(result, "http_response"):
            _watch_raw(span, result)
        else:
            span.response = result
            span.end()
    except Exception:
        internal_error("ending to watch a call")


def _watch_raw(span: Span, raw: Any) -> None:
    """A response that the host will read by itself: from bytes that are here, or as it is read."""
    response = raw.http_response
    content = _content(response)
    if content is not None:
        span.response = RawBody(content)
        span.end()
        return
    recorder = _RawRecorder(span, response)
    parse = raw.parse

    def watched_parse(*args: Any, **kwargs: Any) -> Any:
        parsed = parse(*args, **kwargs)
        recorder.parsed(parsed)
        return parsed

    async def watched_async_parse(*args: Any, **kwargs: Any) -> Any:
        parsed = await parse(*args, **kwargs)
        recorder.parsed(parsed)
        return parsed

    # A code flag, not `inspect`: that module alone would double the import time of this package.
    is_async = bool(type(raw).parse.__code__.co_flags & _COROUTINE_FLAG)
    raw.parse = watched_async_parse if is_async else watched_parse
    watch_closing(response, recorder.closed)


def _content(response: Any) -> bytes | None:
    """The body of an HTTP response, if it has been read."""
    content = getattr(response, "_content", None)
    return content if isinstance(content, bytes) else None


class _RawRecorder:
    """Ends the span of a raw response: with what was parsed, or else when its connection is closed."""

    __slots__ = ("_consumed", "_response", "_span")

    def __init__(self, span: Span, response: Any) -> None:
        self._span: Span | None = span
        self._response = response
        self._consumed = False

    def parsed(self, answer: Any) -> None:
        """The host asked for the answer as the client's own object."""
        span, self._span = self._span, None
        if span is not None:
            _answered(span, answer)

    def closed(self) -> None:
        """The connection was closed, by the host or by reading to the end."""
        response = self._response
        content = _content(response)
        if content is None and getattr(response, "is_stream_consumed", False) and not self._consumed:
            # Reading closes the connection before it stores what it read; the host's own close follows.
            self._consumed = True
            return
        self._end(content, cut=not self._consumed)

    def _end(self, content: bytes | None, *, cut: bool) -> None:
        span, self._span = self._span, None
        if span is None:
            return
        try:
            if content is not None:
                span.response = RawBody(content)
            elif cut:
                span.status = "cancelled"
            span.end()
        except Exception:
            internal_error("ending to watch a raw response")

    def __del__(self) -> None:
        self._end(_content(self._response), cut=not self._consumed)
