"""`@trace_llm`: a span around a function that calls a model, whatever kind of function it is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from types import AsyncGeneratorType, CodeType, CoroutineType, GeneratorType
from typing import Any, TypeVar, cast, overload

from lynex._internal.admission import admit_function, admit_function_async, check, gate_of
from lynex._internal.context import current
from lynex._internal.enforcement.holds import offered
from lynex._internal.report import internal_error
from lynex._internal.span import Kind, Span
from lynex._internal.streams import (
    WatchedGenerator,
    is_provider_stream,
    watch_provider_stream,
    watched_async,
    watched_generator,
)

F = TypeVar("F", bound=Callable[..., Any])

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200
_RECEIVERS = ("self", "cls")


@overload
def trace_llm(function: F, /) -> F: ...


@overload
def trace_llm(
    *,
    provider: str = ...,
    model: str = ...,
    name: str = ...,
    kind: Kind = ...,
    route: str = ...,
    capture_input: bool = ...,
    capture_output: bool = ...,
) -> Callable[[F], F]: ...


def trace_llm(
    function: F | None = None,
    /,
    *,
    provider: str = "",
    model: str = "",
    name: str = "",
    kind: Kind = "llm",
    route: str = "",
    capture_input: bool = True,
    capture_output: bool = True,
) -> F | Callable[[F], F]:
    """Record every call of a function as a span: its time, errors, arguments, result and usage.

    Works on plain and async functions, on generators and async generators (their span ends with the last
    piece and knows the time to the first), and on functions that return a provider's stream. Usage, model
    and finish reason are read from the result when it is an answer of OpenAI or Anthropic, as object or
    dict; otherwise say them with `lynex.current_span().set_usage(...)`. Errors are noted and raised on.

    When a client patched by `lynex.instrument` is called inside, that call is recorded as a child and this
    span becomes a `chain`: tokens and calls are counted once.

        >>> import lynex
        >>> @lynex.trace_llm(provider="ollama", model="llama3")
        ... def ask(question: str) -> str:
        ...     lynex.current_span().set_usage(input_tokens=3, output_tokens=1)
        ...     return "42"
        >>> ask("What is it?")
        '42'
    """
    make = functools.partial(
        _Traced,
        provider=provider,
        model=model,
        name=name,
        kind=kind,
        route=route,
        capture_input=capture_input,
        capture_output=capture_output,
    )

    def decorate(decorated: F) -> F:
        return cast("F", make(decorated).wrapper())

    return decorate if function is None else decorate(function)


class _Traced:
    """One decorated function: what its spans start with, and the wrapper that fits its kind."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        provider: str,
        model: str,
        name: str,
        kind: Kind,
        route: str,
        capture_input: bool,
        capture_output: bool,
    ) -> None:
        self._function = function
        self._provider = provider
        self._model = model
        self._name = name or getattr(function, "__qualname__", "") or type(function).__name__
        self._kind = kind
        self._route = route
        self._capture_input = capture_input
        self._capture_output = capture_output
        code: CodeType | None = getattr(function, "__code__", None)
        self._flags = code.co_flags if code is not None else 0
        self._parameters = code.co_varnames[: code.co_argcount] if code is not None else ()

    def wrapper(self) -> Callable[..., Any]:
        if self._flags & _ASYNC_GENERATOR:
            return self._wrap_async_generator()
        if self._flags & _COROUTINE:
            return self._wrap_coroutine()
        if self._flags & _GENERATOR:
            return self._wrap_generator()
        return self._wrap_function()

    def _wrap_function(self) -> Callable[..., Any]:
        function, begin, returned = self._function, self._begin, self._returned

        @functools.wraps(function)
        def traced(*args: Any, **kwargs: Any) -> Any:
            span, outer, outer_hold = begin(args, kwargs), current.get(), offered.get()
            gate = gate_of(span)
            if gate is not None:
                offered.set(admit_function(gate, span) or outer_hold)
            current.set(span)
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                _failed(span, error)
                raise
            finally:
                current.set(outer)
                if gate is not None:
                    offered.set(outer_hold)
            return returned(span, result)

        return traced

    def _wrap_coroutine(self) -> Callable[..., Any]:
        function, begin, awaited = self._function, self._begin, self._awaited

        @functools.wraps(function)
        async def traced(*args: Any, **kwargs: Any) -> Any:
            span, outer_hold = begin(args, kwargs), offered.get()
            gate = gate_of(span)
            if gate is None:
                return await awaited(span, function(*args, **kwargs))
            offered.set(await admit_function_async(gate, span) or outer_hold)
            try:
                return await awaited(span, function(*args, **kwargs))
            finally:
                offered.set(outer_hold)

        return traced

    def _wrap_generator(self) -> Callable[..., Any]:
        function, begin = self._function, self._begin_checked

        @functools.wraps(function)
        def traced(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            span = begin(args, kwargs)
            return (yield from WatchedGenerator(function(*args, **kwargs), span))

        return traced

    def _wrap_async_generator(self) -> Callable[..., Any]:
        return functools.wraps(self._function)(watched_async(self._function, self._begin_checked))

    def _begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Span:
        span = Span(self._name, self._kind)
        try:
            span.provider = self._provider
            span.model_requested = self._model
            span.route = self._route
            span.drop_output = not self._capture_output
            if self._capture_input:
                span.input = self._arguments(args, kwargs)
            span.begin()
        except Exception:
            internal_error("beginning a span")
        return span

    def _begin_checked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Span:
        """For generators: checked against what is known. Money is set aside by the watched client inside."""
        span = self._begin(args, kwargs)
        gate = gate_of(span)
        if gate is not None:
            check(gate, span)
        return span

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        named = dict(zip(self._parameters, args, strict=False))
        if self._parameters and self._parameters[0] in _RECEIVERS:
            named.pop(self._parameters[0], None)
        extra = args[len(self._parameters) :]
        if extra:
            named["args"] = extra
        named.update(kwargs)
        messages = named.get("messages")
        return snapshot(messages if isinstance(messages, list) else named) if named else None

    def _returned(self, span: Span, result: Any) -> Any:
        """End the span with the result, or leave it open for the stream that the result is."""
        try:
            if isinstance(result, GeneratorType):
                return watched_generator(result, span)
            if isinstance(result, CoroutineType):
                return self._awaited(span, result)
            if isinstance(result, AsyncGeneratorType):
                return watched_async(lambda: result, lambda *_: span)()
            if is_provider_stream(result):
                watch_provider_stream(result, span)
                return result
            if result is not None and span.response is None:
                span.response = result
            span.end()
        except Exception:
            internal_error("ending a span")
        return result

    async def _awaited(self, span: Span, result: Any) -> Any:
        """What a plain function that returned a coroutine comes to."""
        outer = current.get()
        current.set(span)
        try:
            awaited = await result
        except BaseException as error:
            _failed(span, error)
            raise
        finally:
            current.set(outer)
        return self._returned(span, awaited)


def _failed(span: Span, error: BaseException) -> None:
    try:
        span.record_error(error)
        span.end()
    except Exception:
        internal_error("ending a span")


def snapshot(value: Any) -> Any:
    """A copy two levels deep, so that what the host appends or changes later is not taken for its input."""
    if type(value) is list:
        return [dict(item) if type(item) is dict else item for item in value]
    if type(value) is dict:
        return {key: snapshot(item) if type(item) is list else item for key, item in value.items()}
    return value
