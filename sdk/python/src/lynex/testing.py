"""A test kit: see what would be sent, with a clock and ids that you set.

    import lynex.testing

    def test_answers_with_one_call():
        with lynex.testing.capture() as spans:
            my_app.answer("Why?")

        assert [event["name"] for event in spans.events] == ["openai.chat.completions", "answer"]

Nothing leaves the process, and faults inside `lynex` are raised instead of contained.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from lynex._internal.config import Config, Event
from lynex._internal.encode import to_bytes, to_event
from lynex._internal.line import Stats
from lynex._internal.record import SpanRecord
from lynex._internal.redaction.texts import with_texts
from lynex._internal.report import strict_errors
from lynex._internal.runtime import Clock, Ids, Runtime, SystemClock, install

__all__ = ["CapturedSpans", "FixedClock", "SequentialIds", "capture"]


class FixedClock:
    """A clock that stands still until it is told: every reading is the same, `advance` moves it.

    >>> import lynex, lynex.testing
    >>> clock = lynex.testing.FixedClock()
    >>> with lynex.testing.capture(clock=clock) as spans, lynex.span("work"):
    ...     clock.advance(ms=250)
    >>> spans.events[0]["start_time"], spans.events[0]["duration_ms"]
    ('2026-01-05T12:00:00.000000Z', 250.0)
    """

    def __init__(self, epoch_ns: int = 1_767_614_400_000_000_000) -> None:
        self._now_ns = epoch_ns

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return self._now_ns

    def elapsed_ns(self) -> int:
        """The same, as the steady clock."""
        return self._now_ns

    def advance(self, *, ms: float) -> None:
        """Let this much time pass."""
        self._now_ns += round(ms * 1e6)


class SequentialIds:
    """Ids that count up from 1, so that a test can name them.

    >>> import lynex, lynex.testing
    >>> with lynex.testing.capture(ids=lynex.testing.SequentialIds()), lynex.span("work") as span:
    ...     span.span_id
    '0000000000000001'
    """

    def __init__(self) -> None:
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def trace_id(self) -> str:
        """The next trace id."""
        return f"{next(self._traces):032x}"

    def span_id(self) -> str:
        """The next span id."""
        return f"{next(self._spans):016x}"


class CapturedSpans:
    """The spans that ended while `capture` was open, as the events that would have been sent."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.events: list[Event] = []

    def put(self, span: SpanRecord) -> None:
        """Take a finished span (called by `lynex`)."""
        event = to_event(span, self._config)
        kept = event if self._config.before_send is None else self._config.before_send(event)
        if kept is not None and callable(self._config.redact):
            kept = with_texts(kept, self._config.redact)
        if kept is not None:
            self.events.append(json.loads(to_bytes(kept)))

    def flush(self, timeout_s: float) -> bool:
        """Nothing is ever waiting."""
        return True

    def close(self, timeout_s: float) -> bool:
        """Nothing is held."""
        return True

    def stats(self) -> Stats:
        """All that was captured counts as sent."""
        return Stats(captured=len(self.events), sent=len(self.events))

    def named(self, name: str) -> list[Event]:
        """The events of that name, in the order in which they ended."""
        return [event for event in self.events if event["name"] == name]

    def children_of(self, event: Event) -> list[Event]:
        """The events whose parent is `event`."""
        return [child for child in self.events if child.get("parent_span_id") == event["span_id"]]


class capture:  # noqa: N801 - reads as a statement: `with capture() as spans:`
    """Record spans into memory while the block runs; what was configured before comes back after it.

    `settings` are those of `lynex.configure` (`environment="test"`, `before_send=…`, `local_cost=True`).

        >>> import lynex, lynex.testing
        >>> with lynex.testing.capture(environment="test") as spans:
        ...     with lynex.span("work", kind="tool"):
        ...         pass
        >>> spans.events[0]["kind"], spans.events[0]["environment"]
        ('tool', 'test')
    """

    def __init__(self, *, clock: Clock | None = None, ids: Ids | None = None, **settings: Any) -> None:
        self._config = Config(**settings)
        self._clock = clock or SystemClock()
        self._ids = ids
        self._strict = strict_errors()
        self._before: Runtime | None = None

    def __enter__(self) -> CapturedSpans:
        captured = CapturedSpans(self._config)
        self._before = install(Runtime(self._config, captured, self._clock, self._ids))
        self._strict.__enter__()
        return captured

    def __exit__(self, *exc_info: object) -> None:
        self._strict.__exit__()
        install(self._before)
