"""The span that the host holds: open it with `with`, say what happened, leave."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import TracebackType
from typing import Literal

from lynex._internal.context import RemoteParent, ambient, current
from lynex._internal.enforcement.errors import CallBlocked
from lynex._internal.prices import price
from lynex._internal.reading import settle
from lynex._internal.record import SpanRecord
from lynex._internal.report import handle_internal_errors, internal_error
from lynex._internal.runtime import Runtime, active

Kind = Literal["llm", "embedding", "tool", "retrieval", "agent", "chain", "guardrail", "evaluator", "other"]
Status = Literal["ok", "error", "timeout", "cancelled", "blocked"]
UsageConvention = Literal["inclusive", "exclusive", "unknown"]

_MAX_MESSAGE_CHARS = 8_000
_CANCELLED = ("CancelledError", "GeneratorExit", "KeyboardInterrupt")


class Span(SpanRecord):
    """One unit of work, made by `lynex.span`. It begins on `with` and ends, and is sent, on leaving it.

    Everything said after the end is ignored. No method raises; a fault inside is told once in the log.
    """

    __slots__ = ("_began_ns", "_outer", "_runtime", "_state")

    def __init__(self, name: str, kind: str = "other") -> None:
        super().__init__(name, kind)
        self._runtime: Runtime | None = None
        self._outer: SpanRecord | RemoteParent | None = None
        self._began_ns = 0
        self._state = 0  # 0 made, 1 open, 2 ended

    # Beginning and ending

    def __enter__(self) -> Span:
        try:
            self.begin()
            current.set(self)
        except Exception:
            internal_error("beginning a span")
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            current.set(self._outer)
            if error is not None:
                self.record_error(error)
            self.end()
        except Exception:
            internal_error("ending a span")

    async def __aenter__(self) -> Span:
        return self.__enter__()

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(error_type, error, trace)

    def begin(self) -> None:
        """Start the clock, without becoming the parent of what follows (`with` does both)."""
        runtime = self._runtime = active()
        parent = self._outer = current.get()
        ids = runtime.ids
        if parent is None:
            self.trace_id = ids.trace_id()
            self.sampled = runtime.keeps(self.trace_id)
        else:
            self.trace_id = parent.trace_id
            self.parent_span_id = parent.span_id
            self.sampled = (
                parent.sampled if isinstance(parent, SpanRecord) else runtime.keeps(parent.trace_id)
            )
        self.span_id = ids.span_id()
        self.ambient = ambient.get()
        self._state = 1
        self.start_ns = runtime.clock.now_ns()
        self._began_ns = runtime.clock.elapsed_ns()

    def end(self) -> None:
        """Stop the clock and hand the span over. A second call does nothing."""
        runtime = self._runtime
        if self._state != 1 or runtime is None:
            return
        self._state = 2
        self.duration_ms = (runtime.clock.elapsed_ns() - self._began_ns) / 1e6
        parent, self._outer = self._outer, None
        if self.client_inside and self.kind == "llm" and self.usage is None:
            # The patched client inside has told the usage. Said again here it would be counted twice.
            self.kind = "chain"
            self.usage = {}
        if runtime.config.local_cost:
            self._add_local_cost(parent)
        if self.sampled:
            runtime.sink.put(self)

    def mark_first_token(self) -> None:
        """Note that output begins now: the time to first token is measured from the span's begin.

        >>> import lynex
        >>> with lynex.span("stream", kind="llm") as span:
        ...     for piece in ["Hel", "lo"]:
        ...         span.mark_first_token()
        """
        if self.time_to_first_token_ms is None and self._runtime is not None:
            self.time_to_first_token_ms = (self._runtime.clock.elapsed_ns() - self._began_ns) / 1e6

    def mark_outer_spans(self) -> None:
        """Tell the spans around this one that a watched client tells the usage of this call."""
        outer = self._outer
        while isinstance(outer, SpanRecord) and not outer.client_inside:
            outer.client_inside = True
            outer = outer._outer if isinstance(outer, Span) else None

    def _add_local_cost(self, parent: SpanRecord | RemoteParent | None) -> None:
        settle(self)
        own = self.cost if self.cost is not None else price(self)
        if own is not None:
            self.inner_cost = own + (self.inner_cost or 0)
        if self.inner_cost is not None and isinstance(parent, SpanRecord):
            parent.inner_cost = self.inner_cost + (parent.inner_cost or 0)

    # What happened

    @property
    def cost_usd(self) -> Decimal | None:
        """US dollars of this span and of all that ran inside it, or None when nothing had a price.

        Known after the end and with `configure(local_cost=True)`; before that, only what `set_cost` said.
        It is an estimate from the installed list prices: the server prices each call by itself.

            >>> import lynex
            >>> with lynex.span("call", kind="llm") as span:
            ...     span.set_cost(0.0125)
            >>> span.cost_usd
            Decimal('0.0125')
        """
        return self.inner_cost if self.inner_cost is not None else self.cost

    def set_input(self, value: object) -> None:
        """What went in: text, or anything that has a JSON form."""
        self.input = value

    def set_output(self, value: object) -> None:
        """What came out: text, or anything that has a JSON form."""
        self.output = value

    def set_model(self, model: str = "", *, provider: str = "", requested: str = "", tier: str = "") -> None:
        """Which model served (`model`), which was asked for, by whom, on which service tier. "" leaves it."""
        self.model = model or self.model
        self.provider = provider or self.provider
        self.model_requested = requested or self.model_requested
        self.service_tier = tier or self.service_tier

    def set_usage(
        self,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        *,
        cache_read_tokens: int | None = None,
        cache_write_5m_tokens: int | None = None,
        cache_write_1h_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        convention: UsageConvention = "inclusive",
        estimated: bool = False,
        **other_units: int | None,
    ) -> None:
        """What the call used. None means not said, which is not zero.

        `convention` says how to read the counts: *inclusive*, input holds the cached tokens and output the
        reasoning (OpenAI, OpenTelemetry); *exclusive*, they come on top (Anthropic, Bedrock). Any other
        unit may be named: `input_audio_tokens=…`, `web_searches=…`.

            >>> import lynex
            >>> with lynex.span("call", kind="llm") as span:
            ...     span.set_usage(1200, 80, cache_read_tokens=1000)
        """
        said = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cache_read_tokens": cache_read_tokens,
            "cache_write_5m_tokens": cache_write_5m_tokens,
            "cache_write_1h_tokens": cache_write_1h_tokens,
            "reasoning_tokens": reasoning_tokens,
            **other_units,
        }
        self.usage = {unit: count for unit, count in said.items() if count is not None}
        self.usage_convention = convention
        self.usage_estimated = estimated

    def set_cost(self, usd: Decimal | float | str) -> None:
        """What the call cost in US dollars, when the provider said so; it then stands above any price."""
        try:
            amount = Decimal(str(usd))
        except InvalidOperation:
            return
        if amount.is_finite() and amount >= 0:
            self.cost = amount

    @handle_internal_errors("reading a model's answer", None)
    def set_response(self, response: object) -> None:
        """A provider's whole answer, object or dict: model, usage, finish reason and output are read from it.

        >>> import lynex
        >>> answer = {"object": "chat.completion", "model": "m", "choices": [],
        ...           "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
        >>> with lynex.span("call", kind="llm") as span:
        ...     span.set_response(answer)
        """
        self.response = response

    def set_prompt(self, name: str, version: str = "") -> None:
        """Which stored prompt, and which version of it, was used."""
        self.prompt_name, self.prompt_version = name, version

    def set_route(self, route: str) -> None:
        """The feature or endpoint of your app on whose behalf this ran."""
        self.route = route

    def set_status(self, status: Status, message: str = "") -> None:
        """How it ended; `ok` unless said otherwise or an exception left the block."""
        self.status = status
        self.error_message = message or self.error_message

    @handle_internal_errors("noting an error", None)
    def record_error(self, error: BaseException) -> None:
        """Note an exception that you handled yourself. One that leaves the block is noted for you."""
        kind = type(error)
        self.status = _status_of(error)
        self.error_type = (
            kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        )
        try:
            self.error_message = str(error)[:_MAX_MESSAGE_CHARS]
        except Exception:
            self.error_message = ""

    def add_tag(self, *tags: str) -> None:
        """Labels to find this span by."""
        if self.tags is None:
            self.tags = []
        self.tags.extend(tags)

    def set_metadata(self, values: Mapping[str, object] | None = None, /, **more: object) -> None:
        """Facts of yours about this span, by name; values that are not text are sent in their JSON form."""
        self.metadata = {**(self.metadata or {}), **(values or {}), **more}

    def set_attribute(self, key: str, value: object) -> None:
        """A technical fact, under an OpenTelemetry attribute name where there is one."""
        if self.attributes is None:
            self.attributes = {}
        self.attributes[key] = value


def _status_of(error: BaseException) -> str:
    if isinstance(error, CallBlocked):
        return "blocked"
    names = [kind.__name__ for kind in type(error).__mro__]
    if any(name in _CANCELLED for name in names):
        return "cancelled"
    if any(name.endswith(("TimeoutError", "Timeout")) for name in names):
        return "timeout"
    return "error"


def runtime_of(span: Span) -> Runtime | None:
    """The configuration that a span was begun under."""
    return span._runtime


def nearest_route(span: SpanRecord | RemoteParent | None) -> str:
    """The route of a span, or of the nearest one around it that has one."""
    while isinstance(span, Span):
        if span.route:
            return span.route
        span = span._outer
    return ""


def has_around(span: Span, attribute: str) -> bool:
    """Whether one of the spans around this one has the attribute."""
    outer = span._outer
    while isinstance(outer, Span):
        if outer.attributes is not None and attribute in outer.attributes:
            return True
        outer = outer._outer
    return False


def span(
    name: str,
    *,
    kind: Kind = "other",
    input: object = None,
    provider: str = "",
    model: str = "",
    route: str = "",
    tags: tuple[str, ...] | list[str] = (),
    metadata: Mapping[str, object] | None = None,
) -> Span:
    """A span to open with `with` or `async with`. Spans opened inside it become its children.

    >>> import lynex
    >>> with lynex.span("answer a question", kind="agent", input="Why?") as agent:
    ...     with lynex.span("search", kind="tool") as tool:
    ...         tool.set_output(["a page"])
    ...     agent.set_output("Because.")
    """
    made = Span(name, kind)
    made.input = input
    made.provider = provider
    made.model_requested = model
    made.route = route
    if tags:
        made.tags = list(tags)
    if metadata:
        made.metadata = dict(metadata)
    return made


def current_span() -> Span | None:
    """The span that is open here, or None.

    >>> import lynex
    >>> with lynex.span("work") as outer:
    ...     lynex.current_span() is outer
    True
    """
    found = current.get()
    return found if isinstance(found, Span) else None
