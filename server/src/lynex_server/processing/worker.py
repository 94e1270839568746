"""The worker threads: claim, process, acknowledge, for as long as the process lives.

One is enough for one machine: an insert has a fixed price in every table it reaches, so one worker with
large batches beats two with small ones (measured at full load: 56 against 92 us of the engine a span).
"""

import random
import threading
import time
from dataclasses import dataclass

import structlog

from lynex_server.engines.queue.protocol import Claim, Queue
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.memory import give_back_memory
from lynex_server.processing.batches import BatchProcessor
from lynex_server.processing.settings import ProcessingSettings

log = structlog.get_logger()

CLAIM_WAIT_S = 0.5
HEARTBEAT_EVERY_S = 5.0
TIDY_EVERY_S = 3600.0
STOP_TIMEOUT_S = 20.0
FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 15.0
NEARLY_FULL = 0.75
REST_STEP_S = 0.1
QUIET_S = 5.0
BUSY_S = 120.0
LEAVES_MEMORY_BYTES = 1_000_000
"""So many compressed bytes leave enough freed memory behind to be worth looking for: once it is quiet, and
now and then where it never is."""


@dataclass(frozen=True, slots=True)
class WorkerNames:
    """How the queue tells this process's workers from others. The same names after a restart mean that
    interrupted claims come back at once."""

    process: str

    def consumer(self, number: int) -> str:
        return f"{self.process}.{number}"


class Workers:
    """The worker threads of one process."""

    def __init__(
        self, queue: Queue, processor: BatchProcessor, settings: ProcessingSettings, names: WorkerNames
    ) -> None:
        self._queue = queue
        self._processor = processor
        self._settings = settings
        self._stopping = threading.Event()
        consumers = [names.consumer(number) for number in range(settings.work_threads)]
        self._threads = [
            threading.Thread(target=self._work, args=(consumer,), name=f"lynex-work-{consumer}", daemon=True)
            for consumer in consumers
        ]
        self._heart = threading.Thread(
            target=self._beat, args=(consumers,), name="lynex-work-heart", daemon=True
        )

    def start(self) -> None:
        """Begin to work."""
        self._heart.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the batch in hand and end. What is not finished in time is done after the next start."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(STOP_TIMEOUT_S)

    @property
    def alive(self) -> bool:
        """Whether every worker is running."""
        return all(thread.is_alive() for thread in self._threads)

    def _work(self, consumer: str) -> None:
        leftovers = _Leftovers()
        while not self._stopping.is_set():
            leftovers.give_back_in_time()
            try:
                claim = self._queue.claim(
                    consumer, self._settings.work_batch_entries, self._settings.work_batch_bytes, CLAIM_WAIT_S
                )
            except Busy as error:
                log.warning("processing.queue_unreachable", reason=str(error))
                self._stopping.wait(FIRST_RETRY_S)
                continue
            if claim is None:
                continue
            if self._process_until_done(claim):
                self._ack_until_done(claim)
            claimed_bytes = sum(len(entry.body) for entry in claim.entries)
            self._rest(claimed_bytes)
            leftovers.add(claimed_bytes)

    def _rest(self, claimed_bytes: int) -> None:
        """Let the next batch grow: until the time is over, it is full, or no more of it comes in."""
        ends_s = time.monotonic() + rest_s(claimed_bytes, self._settings)
        waiting_bytes = 0
        while (left_s := ends_s - time.monotonic()) > 0 and not self._stopping.wait(min(left_s, REST_STEP_S)):
            try:
                before_bytes, waiting_bytes = waiting_bytes, self._queue.state().bytes
            except Busy:
                return  # the next claim says so
            if is_grown(before_bytes, waiting_bytes, self._settings):
                return

    def _process_until_done(self, claim: Claim) -> bool:
        """True when the claim may be acknowledged; False when the process is stopping first."""
        tries = claim.attempt - 1
        while not self._stopping.is_set():
            try:
                self._processor.process(claim, isolate=tries >= self._settings.work_isolate_after_attempts)
                return True
            except Busy as error:
                # An engine is away: the queue keeps what comes in until it is back, however long it takes.
                log.warning("processing.engine_unreachable", claim=claim.id, reason=str(error))
            except Exception:
                log.exception("processing.batch_failed", claim=claim.id, tries=tries + 1)
                tries += 1
            self._stopping.wait(_retry_s(tries))
        return False

    def _ack_until_done(self, claim: Claim) -> None:
        """A queue that is away must not end the thread: it is asked again until it is back."""
        while not self._stopping.is_set():
            try:
                self._queue.ack(claim)
                return
            except Busy as error:
                log.warning("processing.queue_unreachable", claim=claim.id, reason=str(error))
            self._stopping.wait(FIRST_RETRY_S)

    def _beat(self, consumers: list[str]) -> None:
        next_tidy_s = 0.0
        while not self._stopping.wait(HEARTBEAT_EVERY_S):
            try:
                for consumer in consumers:
                    self._queue.heartbeat(consumer)
                if time.monotonic() >= next_tidy_s:
                    next_tidy_s = time.monotonic() + TIDY_EVERY_S
                    self._processor.tidy()
            except Busy as error:
                log.warning("processing.engine_unreachable", reason=str(error))


class _Leftovers:
    """The freed memory that batches leave behind, and when it is time to give it back."""

    def __init__(self) -> None:
        self._bytes = 0
        self._added_s = self._given_back_s = time.monotonic()

    def add(self, claimed_bytes: int) -> None:
        self._bytes += claimed_bytes
        self._added_s = time.monotonic()

    def give_back_in_time(self) -> None:
        now_s = time.monotonic()
        due = now_s - self._added_s > QUIET_S or now_s - self._given_back_s > BUSY_S
        if due and self._bytes > LEAVES_MEMORY_BYTES:
            give_back_memory()
            self._bytes, self._given_back_s = 0, now_s


def rest_s(claimed_bytes: int, settings: ProcessingSettings) -> float:
    """How long to rest after a batch of so many bytes, so that the next is larger.

    The fuller it was the more comes in meanwhile, and the more the fixed price of an insert is worth
    sharing: up to four times the linger. A batch that is nearly full has nothing to gain.
    """
    fill = claimed_bytes / settings.work_batch_bytes
    if fill > NEARLY_FULL:
        return 0.0
    return settings.work_linger_ms / 1000 * (1 + 3 * fill / NEARLY_FULL)


def is_grown(before_bytes: int, waiting_bytes: int, settings: ProcessingSettings) -> bool:
    """Whether the next batch is as large as waiting can make it: it is full, or has stopped growing."""
    return waiting_bytes >= settings.work_batch_bytes or 0 < waiting_bytes == before_bytes


def _retry_s(tries: int) -> float:
    """Exponential back-off with full jitter."""
    return random.uniform(FIRST_RETRY_S, min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(tries + 1, 10)))  # noqa: S311  # spreads load, guards nothing
