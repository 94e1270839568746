"""The one running configuration: where finished spans go, and where time and ids come from."""

from __future__ import annotations

import importlib
import os
import time
from typing import TYPE_CHECKING, Protocol

from lynex._internal.config import Config, resolve
from lynex._internal.line import Stats
from lynex._internal.record import SpanRecord
from lynex._internal.report import internal_error, warn_once
from lynex._internal.sender import Sender

if TYPE_CHECKING:
    from lynex._internal.enforcement.gate import Gate

_ALL = 1 << 64


class Sink(Protocol):
    """Takes finished spans. `put` is called on the host's thread and must neither block nor raise."""

    def put(self, span: SpanRecord) -> None:
        """Take one finished span."""

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything taken is delivered or dropped; False when that took too long."""

    def close(self, timeout_s: float) -> bool:
        """Flush, then stop."""

    def stats(self) -> Stats:
        """Counts since the start."""


class Clock(Protocol):
    """Wall time for when a span began, and a steady clock for how long it took; both in nanoseconds."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""

    def elapsed_ns(self) -> int:
        """Nanoseconds of a clock that never goes back."""


class Ids(Protocol):
    """Makes the ids of W3C Trace Context: lower-case hex, 32 digits for a trace and 16 for a span."""

    def trace_id(self) -> str:
        """32 hex digits."""

    def span_id(self) -> str:
        """16 hex digits."""


class SystemClock:
    """The machine's clocks."""

    now_ns = staticmethod(time.time_ns)
    elapsed_ns = staticmethod(time.perf_counter_ns)


class RandomIds:
    """Ids from the system's random source: no state to share between threads or to reseed after a fork."""

    @staticmethod
    def trace_id() -> str:
        return os.urandom(16).hex()

    @staticmethod
    def span_id() -> str:
        return os.urandom(8).hex()


class DroppingSink:
    """Where spans go when nothing is configured: nowhere. Says so once."""

    def __init__(self, warning: str) -> None:
        self._warning = warning

    def put(self, span: SpanRecord) -> None:
        if self._warning:
            warn_once("unconfigured", self._warning)

    def flush(self, timeout_s: float) -> bool:
        return True

    def close(self, timeout_s: float) -> bool:
        return True

    def stats(self) -> Stats:
        return Stats()


class Runtime:
    """A configuration at work."""

    __slots__ = ("clock", "config", "gate", "ids", "keep_below", "sink")

    def __init__(
        self,
        config: Config,
        sink: Sink,
        clock: Clock | None = None,
        ids: Ids | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.config = config
        self.sink = sink
        self.clock: Clock = clock or SystemClock()
        self.ids: Ids = ids or RandomIds()
        self.gate = gate
        self.keep_below = int(config.sample_rate * _ALL)

    def keeps(self, trace_id: str) -> bool:
        """Whether a trace is in the sample: told from its id, so that every service tells the same."""
        return self.keep_below >= _ALL or int(trace_id[16:], 16) < self.keep_below


_active: Runtime | None = None


def active() -> Runtime:
    """The runtime in force; made from the environment when nobody called `configure`."""
    return _active or _from_environment()


def install(runtime: Runtime | None) -> Runtime | None:
    """Put a runtime in force; gives back the one before."""
    global _active
    before, _active = _active, runtime
    return before


def runtime_for(config: Config) -> Runtime:
    """A runtime that delivers to the server of `config`, or says once why it cannot."""
    if not config.enabled:
        return Runtime(config, DroppingSink(""))
    if config.is_complete:
        return Runtime(config, Sender(config), gate=_gate_for(config))
    missing = "an API key or HMAC secret" if config.ingest_url else "the server's address"
    return Runtime(
        config,
        DroppingSink(
            f"lynex records nothing: {missing} is not set. Call lynex.configure(ingest_url=..., api_key=...) "
            "or set LYNEX_URL and LYNEX_API_KEY; LYNEX_ENABLED=false silences this."
        ),
    )


def _gate_for(config: Config) -> Gate | None:
    """What keeps budgets and kill switches, where that is wanted."""
    if config.enforce == "off":
        return None
    # Loaded here: who does not enforce does not pay for it.
    gate: Gate = importlib.import_module("lynex._internal.enforcement.gate").Gate(config)
    gate.start()
    return gate


def _from_environment() -> Runtime:
    try:
        runtime = runtime_for(resolve({}, os.environ))
    except Exception:
        internal_error("reading the configuration")
        runtime = Runtime(Config(enabled=False), DroppingSink(""))
    install(runtime)
    return runtime
