"""Watching an answer that comes in pieces, without becoming part of it.

A watcher sits on the iterator inside the host's stream and lets every piece, error and return value
through untouched. Its span ends with the stream: read to its end, failed, closed early, or thrown away.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from types import TracebackType
from typing import Any

from lynex._internal.context import current
from lynex._internal.dialects.dialect import Dialect, get
from lynex._internal.reading import dialect_of_piece
from lynex._internal.report import internal_error
from lynex._internal.span import Span

MAX_PIECES = 10_000
"""Most pieces of a stream of unknown kind that are kept as its output."""


class StreamRecorder:
    """Gathers the pieces for one span and ends it once."""

    __slots__ = ("_advancing", "_dialect", "_pieces", "_reader", "_span")

    def __init__(self, span: Span, dialect: Dialect | None = None) -> None:
        self._span: Span | None = span
        self._dialect = dialect
        self._reader = dialect.stream_reader() if dialect is not None else None
        self._pieces: list[Any] = []
        self._advancing = False

    def advancing(self, value: bool) -> None:
        """Say whether the stream itself is at work, so that its own closing is not taken for the host's."""
        self._advancing = value

    def saw(self, piece: Any) -> None:
        """Take one piece on its way to the host."""
        span = self._span
        if span is None:
            return
        try:
            reader = self._reader
            if reader is None and not self._pieces:
                reader = self._recognise(piece)
            if reader is None:
                span.mark_first_token()
                if len(self._pieces) < MAX_PIECES:
                    self._pieces.append(piece)
            elif reader.feed(piece) and span.time_to_first_token_ms is None:
                span.mark_first_token()
        except Exception:
            internal_error("watching a stream")

    def _recognise(self, piece: Any) -> Any:
        self._dialect = dialect_of_piece(piece)
        if self._dialect is not None:
            self._reader = self._dialect.stream_reader()
        return self._reader

    def finish(self, error: BaseException | None = None, *, cut: bool = False) -> None:
        """End the span. `cut`: the host stopped reading before the end."""
        span, self._span = self._span, None
        if span is None:
            return
        try:
            if error is not None:
                span.record_error(error)
            elif cut and not (self._reader is not None and self._reader.is_complete()):
                span.status = "cancelled"
            self._put_output(span)
            span.end()
        except Exception:
            internal_error("ending a stream")

    def _put_output(self, span: Span) -> None:
        if self._reader is not None:
            span.dialect = self._dialect
            span.response = self._reader.response()
            if span.usage is None and get(span.response, "usage") is None:
                # Absent is not zero: the provider was not asked for usage, or never came to say it.
                span.set_attribute("lynex.usage_absent", True)
        elif self._pieces and span.output is None:
            texts = all(isinstance(piece, str) for piece in self._pieces)
            span.output = "".join(self._pieces) if texts else self._pieces

    def closed_by_host(self) -> None:
        """The connection was closed; by the host, unless the stream is just reading its last piece."""
        if not self._advancing:
            self.finish(cut=True)

    def __del__(self) -> None:
        self.finish(cut=True)


class WatchedIterator:
    """Stands in for the iterator inside a provider's stream."""

    __slots__ = ("_inner", "_recorder")

    def __init__(self, inner: Iterator[Any], recorder: StreamRecorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def __iter__(self) -> WatchedIterator:
        return self

    def __next__(self) -> Any:
        recorder = self._recorder
        recorder.advancing(True)
        try:
            piece = next(self._inner)
        except StopIteration:
            recorder.finish()
            raise
        except BaseException as error:
            recorder.finish(error)
            raise
        finally:
            recorder.advancing(False)
        recorder.saw(piece)
        return piece


class WatchedAsyncIterator:
    """As `WatchedIterator`, for `async for`."""

    __slots__ = ("_inner", "_recorder")

    def __init__(self, inner: AsyncIterator[Any], recorder: StreamRecorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def __aiter__(self) -> WatchedAsyncIterator:
        return self

    async def __anext__(self) -> Any:
        recorder = self._recorder
        recorder.advancing(True)
        try:
            piece = await self._inner.__anext__()
        except StopAsyncIteration:
            recorder.finish()
            raise
        except BaseException as error:
            recorder.finish(error)
            raise
        finally:
            recorder.advancing(False)
        recorder.saw(piece)
        return piece


def is_provider_stream(value: Any) -> bool:
    """Whether this is a `Stream` or `AsyncStream` of the OpenAI or Anthropic client."""
    kind = type(value)
    return (
        kind.__module__.startswith(("openai", "anthropic"))
        and hasattr(value, "response")
        and (hasattr(kind, "__next__") or hasattr(kind, "__anext__"))
        and hasattr(value, "_iterator")
    )


def watch_provider_stream(stream: Any, span: Span, dialect: Dialect | None = None) -> None:
    """Put a watcher inside a provider's stream. The object that the host holds stays the same."""
    recorder = StreamRecorder(span, dialect)
    inner = stream._iterator
    watched = WatchedAsyncIterator if hasattr(inner, "__anext__") else WatchedIterator
    stream._iterator = watched(inner, recorder)
    watch_closing(stream.response, recorder.closed_by_host)


def watch_closing(response: Any, closed: Callable[[], None]) -> None:
    """Call `closed` when the host closes an HTTP response (some helpers close it past their stream)."""
    # Held strongly: while a dropped stream is collected, a weak reference is already dead when the stream
    # closes its connection, and the connection would stay open.
    plain, awaited = response.close, response.aclose

    def close(*args: Any, **kwargs: Any) -> Any:
        closed()
        return plain(*args, **kwargs)

    async def aclose(*args: Any, **kwargs: Any) -> Any:
        closed()
        return await awaited(*args, **kwargs)

    response.close, response.aclose = close, aclose


class WatchedGenerator(Generator[Any, Any, Any]):
    """Runs a generator with its span as the open one, for `yield from` in a decorated function."""

    def __init__(self, inner: Generator[Any, Any, Any], span: Span) -> None:
        self._inner = inner
        self._span = span
        self._recorder = StreamRecorder(span)

    def send(self, value: Any) -> Any:
        return self._step(lambda: self._inner.send(value))

    def throw(
        self,
        kind: Any,
        value: BaseException | object = None,
        trace: TracebackType | None = None,
    ) -> Any:
        error = (
            kind if isinstance(kind, BaseException) else value if isinstance(value, BaseException) else kind()
        )
        return self._step(lambda: self._inner.throw(error))

    def _step(self, advance: Callable[[], Any]) -> Any:
        outer = current.get()
        current.set(self._span)
        try:
            piece = advance()
        except StopIteration:
            self._recorder.finish()
            raise
        except GeneratorExit:
            self._recorder.finish(cut=True)
            raise
        except BaseException as error:
            self._recorder.finish(error)
            raise
        finally:
            current.set(outer)
        self._recorder.saw(piece)
        return piece


def watched_generator(inner: Generator[Any, Any, Any], span: Span) -> Generator[Any, Any, Any]:
    """A real generator around a watched one (a host may ask for its type)."""
    return (yield from WatchedGenerator(inner, span))


def watched_async(
    function: Callable[..., AsyncGenerator[Any, Any]],
    begin: Callable[[tuple[Any, ...], dict[str, Any]], Span],
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """As `WatchedGenerator`, for an async generator function.

    Values sent and errors thrown in reach the inner generator; a language with an async `yield from` would
    need none of this.
    """

    async def watched(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        span = begin(args, kwargs)
        recorder = StreamRecorder(span)
        inner = function(*args, **kwargs)
        advance: Any = inner.asend(None)
        try:
            while True:
                piece = await _with_current(span, advance)
                recorder.saw(piece)
                try:
                    sent = yield piece
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:
                    advance = inner.athrow(error)
                else:
                    advance = inner.asend(sent)
        except StopAsyncIteration:
            recorder.finish()
        except GeneratorExit:
            recorder.finish(cut=True)
            raise
        except BaseException as error:
            recorder.finish(error)
            raise

    return watched


async def _with_current(span: Span, step: Any) -> Any:
    outer = current.get()
    current.set(span)
    try:
        return await step
    finally:
        current.set(outer)
