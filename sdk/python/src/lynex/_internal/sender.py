"""The way out: a bounded buffer on the host's side, an encoder thread, a sender thread.

    host threads ──put──> captured (bounded by count) ──encoder──> outbound (bounded by count and bytes)
                                                                        └──sender──> POST /v1/events

Invariants:

1. `put` does no I/O, takes no lock on its common path and never raises. Over the bound it drops and counts.
2. The encoder never waits for the network, so what the host handed over is soon plain bytes of known size.
3. A batch keeps its body and its idempotency key over all attempts: the server books it once.
4. Batches leave in order, one at a time. A flush is a marker in the same line, so "everything before it is
   delivered or dropped" needs no counting.
5. With `redact="server"` nothing leaves before the rules are known; the sender fetches and applies them.
6. A forked child begins empty: what the parent had captured is the parent's to send.
7. Both threads are daemons, started by the first `put` or `flush` of the process.
"""

from __future__ import annotations

import atexit
import importlib
import os
import random
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from lynex._internal.config import REDACT_BY_SERVER, Config
from lynex._internal.encoding import Encode
from lynex._internal.line import Counts, Line, Marker, Stats
from lynex._internal.record import SpanRecord
from lynex._internal.report import internal_error, warn_once

if TYPE_CHECKING:
    from lynex._internal.redaction.server_rules import ServerRules
    from lynex._internal.transport import Answer, Transport

_GATHER_S = 0.02
"""How long the encoder lets spans gather after the first, so that it wakes once for many."""
_BACKOFF_BASE_S = 0.5
_BACKOFF_CAP_S = 30.0
_MAX_RETRY_AFTER_S = 300.0


class Sender:
    """Takes finished spans and delivers them in the background. See the module for what it promises."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._max_captured = config.max_buffered_events
        self._start_lock = threading.Lock()
        self._counts = Counts()
        self._line = Line()
        self._started = False
        self._server_rules: ServerRules | None = None
        _live_senders.add(self)

    # The host's side

    def put(self, span: SpanRecord) -> None:
        """Take a finished span."""
        line = self._line
        if len(line.captured) >= self._max_captured:
            self._counts.drop(1, f"more than {self._max_captured} were waiting")
            return
        line.captured.append(span)
        if line.idle:
            line.idle = False
            if not self._started:
                self._start()
            line.wake_encoder.set()

    def flush(self, timeout_s: float) -> bool:
        """Send now what was taken so far; False when that was not settled within the time."""
        if not self._started and not self._line.captured:
            return True
        if not self._start():
            return False
        line, marker = self._line, Marker()
        line.captured.append(marker)
        with line.changed:
            line.flushing += 1
            line.changed.notify_all()
        line.wake_encoder.set()
        try:
            return marker.reached.wait(timeout_s)
        finally:
            with line.changed:
                line.flushing -= 1

    def close(self, timeout_s: float) -> bool:
        """Flush within the time, then stop. What is left after it is dropped and counted."""
        line = self._line
        with line.changed:
            line.close_at_s = time.monotonic() + timeout_s
            line.changed.notify_all()
        settled = self.flush(timeout_s)
        left = self._buffered()
        if not settled and left:
            self._counts.drop(left, f"not delivered within {timeout_s:g} s of the end")
        self._abandon(line)
        return settled

    def stats(self) -> Stats:
        """Counts so far."""
        counts, buffered = self._counts, self._buffered()
        settled = counts.sent + counts.rejected + counts.dropped
        return Stats(
            captured=settled + buffered,
            sent=counts.sent,
            dropped=counts.dropped,
            rejected=counts.rejected,
            buffered=buffered,
            requests=counts.requests,
            retries=counts.retries,
        )

    def _buffered(self) -> int:
        line = self._line
        waiting = (*tuple(line.captured), *tuple(line.outbound))
        return sum(not isinstance(item, Marker) for item in waiting) + line.in_flight

    def begin_anew(self) -> None:
        """Forget the threads and the buffer of the parent process (called in a forked child)."""
        self._start_lock = threading.Lock()
        self._counts = Counts()
        self._line = Line()
        self._started = False

    def _start(self) -> bool:
        with self._start_lock:
            if self._started:
                return True
            line = self._line
            threads = (
                threading.Thread(
                    target=self._encode_forever, args=(line,), name="lynex-encoder", daemon=True
                ),
                threading.Thread(target=self._send_forever, args=(line,), name="lynex-sender", daemon=True),
            )
            try:
                for thread in threads:
                    thread.start()
            except RuntimeError:
                # The interpreter is ending and gives out no more threads.
                self._counts.drop(len(line.captured), "the process was ending")
                line.captured.clear()
                return False
            self._started = True
            return True

    def _abandon(self, line: Line) -> None:
        with self._start_lock:
            line.captured.clear()
            with line.changed:
                line.outbound.clear()
                line.outbound_bytes = line.markers = 0
                line.closed = True
                line.changed.notify_all()
            line.wake_encoder.set()
            self._line = Line()
            self._started = False

    # The encoder thread

    def _encode_forever(self, line: Line) -> None:
        encode = Encode(self._config, self._counts, lambda: self._server_rules)
        while not line.closed:
            try:
                if not line.captured:
                    self._rest(line)
                    continue
                taken = line.captured.popleft()
                encoded = taken if isinstance(taken, Marker) else encode(taken)
                del taken
                if encoded is not None:
                    self._pass_on(line, encoded)
            except Exception:
                internal_error("encoding a span")
                self._counts.drop(1, "they could not be encoded")

    def _rest(self, line: Line) -> None:
        line.wake_encoder.clear()
        line.idle = True
        if line.captured or line.closed:
            line.idle = False
            return
        line.wake_encoder.wait()
        line.idle = False
        if not line.flushing:
            time.sleep(_GATHER_S)

    def _pass_on(self, line: Line, encoded: bytes | Marker) -> None:
        with line.changed:
            if isinstance(encoded, bytes):
                waiting = len(line.outbound)
                full = line.outbound_bytes + len(encoded) > self._config.max_buffered_bytes
                if full or waiting >= self._config.max_buffered_events:
                    self._counts.drop(1, "the buffer was full while the server did not take them")
                    return
                if not waiting:
                    line.oldest_at_s = time.monotonic()
                line.outbound_bytes += len(encoded)
            else:
                line.markers += 1
            line.outbound.append(encoded)
            # The first item starts the sender's clock; a due batch ends its wait. Others need no wake-up.
            if len(line.outbound) == 1 or isinstance(encoded, Marker) or self._is_due(line):
                line.changed.notify_all()

    # The sender thread

    def _send_forever(self, line: Line) -> None:
        # Loaded here: http, ssl and gzip cost more to import than all the rest.
        transport_module = importlib.import_module("lynex._internal.transport")
        transport: Transport = transport_module.Transport(self._config)
        if self._config.redact == REDACT_BY_SERVER:
            self._server_rules = importlib.import_module(
                "lynex._internal.redaction.server_rules"
            ).ServerRules()
        while not line.closed:
            try:
                batch, marker = self._next_batch(line)
                if batch and self._server_rules is not None:
                    batch = self._redacted(line, transport, self._server_rules, batch)
                if batch:
                    self._deliver(line, transport, transport_module.compress, batch)
                line.in_flight = 0
                if marker is not None:
                    marker.reached.set()
            except Exception:
                internal_error("sending a batch")
                self._counts.drop(line.in_flight, "they could not be sent")
                line.in_flight = 0
        transport.close()

    def _is_due(self, line: Line) -> bool:
        config = self._config
        return bool(line.outbound) and (
            line.markers > 0
            or len(line.outbound) >= config.max_batch_events
            or line.outbound_bytes >= config.max_batch_bytes
            or time.monotonic() - line.oldest_at_s >= config.flush_interval_s
        )

    def _next_batch(self, line: Line) -> tuple[list[bytes], Marker | None]:
        """The next items up to the bounds of a batch, and the marker that follows them, if one does."""
        config = self._config
        batch: list[bytes] = []
        size = 0
        with line.changed:
            while not self._is_due(line):
                if line.closed:
                    return [], None
                left = config.flush_interval_s - (time.monotonic() - line.oldest_at_s)
                line.changed.wait(max(left, 0.001) if line.outbound else None)
            while line.outbound:
                item = line.outbound[0]
                if isinstance(item, Marker):
                    line.outbound.popleft()
                    line.markers -= 1
                    return batch, item
                if batch and (
                    len(batch) >= config.max_batch_events or size + len(item) > config.max_batch_bytes
                ):
                    break
                line.outbound.popleft()
                line.outbound_bytes -= len(item)
                line.in_flight += 1
                size += len(item)
                batch.append(item)
            line.oldest_at_s = time.monotonic()
        return batch, None

    def _redacted(
        self, line: Line, transport: Transport, known: ServerRules, batch: list[bytes]
    ) -> list[bytes]:
        """What of the batch may leave. Waits for the first rules as for a server that is away."""
        give_up_at_s = time.monotonic() + self._config.max_retry_s
        for attempt in range(1_000_000):
            timeout_s = self._time_left(line, self._config.request_timeout_s)
            missing = known.refresh(transport, max(timeout_s, 0.05))
            if not missing:
                break
            delay_s = backoff_s(attempt, None)
            if time.monotonic() + delay_s > give_up_at_s or not self._wait(line, delay_s):
                if not line.closed:
                    self._counts.drop(len(batch), f"the redaction rules could not be had: {missing}")
                return []
        kept, failed = known.redacted(batch)
        if failed:
            self._counts.drop(failed, "they could not be redacted")
            line.in_flight -= failed
        return kept

    def _deliver(self, line: Line, transport: Transport, compress: Any, batch: list[bytes]) -> None:
        answer = self._attempt_until_settled(line, transport, compress(batch), len(batch))
        if line.closed:
            return  # `close` has counted these as not delivered in time
        if answer.taken:
            self._counts.sent += len(batch) - answer.rejected
            self._counts.rejected += answer.rejected
            if answer.rejected:
                warn_once("rejected", f"Lynex rejected {answer.rejected} event(s): {answer.reason}")
        elif answer.too_large and len(batch) > 1:
            middle = len(batch) // 2
            self._deliver(line, transport, compress, batch[:middle])
            self._deliver(line, transport, compress, batch[middle:])
        else:
            self._counts.drop(len(batch), answer.reason)

    def _attempt_until_settled(self, line: Line, transport: Transport, body: bytes, events: int) -> Answer:
        """Try one body, under one idempotency key, until it is taken, refused, or its time is over."""
        key = os.urandom(16).hex()
        give_up_at_s = time.monotonic() + self._config.max_retry_s
        for attempt in range(1_000_000):
            timeout_s = self._time_left(line, self._config.request_timeout_s)
            self._counts.requests += 1
            answer = transport.post(body, key, max(timeout_s, 0.05))
            if not answer.retry:
                return answer
            delay_s = backoff_s(attempt, answer.retry_after_s)
            over = time.monotonic() + delay_s > give_up_at_s
            if over or not self._wait(line, delay_s):
                break
            warn_once(
                "retry", f"Lynex cannot be reached ({answer.reason}); {events} event(s) wait for a retry"
            )
            self._counts.retries += 1
        return answer

    def _wait(self, line: Line, delay_s: float) -> bool:
        """Wait out a back-off; False when the end of the process comes first."""
        until_s = time.monotonic() + delay_s
        with line.changed:
            while True:
                now_s = time.monotonic()
                if line.close_at_s is not None and until_s > line.close_at_s:
                    return False
                if now_s >= until_s:
                    return True
                line.changed.wait(until_s - now_s)

    @staticmethod
    def _time_left(line: Line, at_most_s: float) -> float:
        return at_most_s if line.close_at_s is None else min(at_most_s, line.close_at_s - time.monotonic())


def backoff_s(attempt: int, retry_after_s: float | None) -> float:
    """How long to wait after the attempt numbered from 0: full jitter under a doubling cap.

    A server's Retry-After is the least that is waited, up to five minutes, and the jitter comes on top, so
    that clients told the same time do not come back at once. Method:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    jitter_s = random.uniform(0.0, min(_BACKOFF_CAP_S, _BACKOFF_BASE_S * 2.0 ** min(attempt, 16)))  # noqa: S311 - no secret
    return jitter_s if retry_after_s is None else min(retry_after_s, _MAX_RETRY_AFTER_S) + jitter_s


_live_senders: weakref.WeakSet[Sender] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for sender in list(_live_senders):
        sender.begin_anew()


def _at_exit() -> None:
    for sender in list(_live_senders):
        sender.close(sender._config.exit_timeout_s)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
