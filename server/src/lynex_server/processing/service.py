"""What people do with the pipeline: look at its state, read dead letters, replay or delete them."""

from dataclasses import dataclass

import anyio
import msgspec

from lynex_server.engines.queue.protocol import Entry, Queue, QueueState
from lynex_server.kernel.clock import Clock
from lynex_server.processing.dead_letters import DeadLetter, DeadLetters
from lynex_server.processing.worker import Workers
from lynex_server.spans.public import decode_batch

REPLAYED_AT_ONCE = 500
PREVIEW_CHARACTERS = 64_000


@dataclass(frozen=True, slots=True)
class PipelineState:
    """The queue, the project's dead letters, and whether workers run here."""

    queue: QueueState
    dead_letters: int
    workers_alive: bool | None


class ProcessingService:
    """Called from routes; blocking engines are kept off the event loop."""

    def __init__(
        self, queue: Queue, dead_letters: DeadLetters, workers: Workers | None, clock: Clock
    ) -> None:
        self._queue = queue
        self._dead_letters = dead_letters
        self._workers = workers
        self._clock = clock

    async def state(self, project_id: str) -> PipelineState:
        """How the data gets through, right now."""
        queue = await anyio.to_thread.run_sync(self._queue.state)
        letters = await anyio.to_thread.run_sync(self._dead_letters.count, project_id)
        return PipelineState(queue, letters, self._workers.alive if self._workers else None)

    async def page(self, project_id: str, limit: int, before: tuple[int, str] | None) -> list[DeadLetter]:
        """Dead letters, latest first."""
        return list(await anyio.to_thread.run_sync(self._dead_letters.page, project_id, limit, before))

    async def find(self, project_id: str, letter_id: str) -> DeadLetter:
        """One dead letter. Raises `NotFound`."""
        return await anyio.to_thread.run_sync(self._dead_letters.find, project_id, letter_id)

    async def preview(self, letter: DeadLetter) -> str:
        """The letter's events as JSON text, cut to `PREVIEW_CHARACTERS`; "" when it cannot be read."""
        body = await anyio.to_thread.run_sync(self._dead_letters.body, letter)
        try:
            batch = decode_batch(body)
        except ValueError:
            return ""
        text = msgspec.json.format(msgspec.json.encode(batch.spans), indent=2).decode()
        return text[:PREVIEW_CHARACTERS]

    async def replay(self, letter: DeadLetter) -> None:
        """Put a letter back into the queue and take it off the shelf.

        The queue's memory of ids makes the two steps one: a crash between them replays under the same id.
        Raises `Busy` when the queue is full; the letter then stays.
        """
        body = await anyio.to_thread.run_sync(self._dead_letters.body, letter)
        entry = Entry(
            id=f"replay-{letter.id}-{letter.failed_at_us}",
            project_id=letter.project_id,
            body=body,
            appended_at_us=self._clock.now_us(),
        )
        await self._queue.append(entry)
        await anyio.to_thread.run_sync(self._dead_letters.remove, letter)

    async def replay_all(self, project_id: str) -> int:
        """Replay up to `REPLAYED_AT_ONCE` letters, oldest failures last; returns how many."""
        letters = await self.page(project_id, REPLAYED_AT_ONCE, None)
        for letter in letters:
            await self.replay(letter)
        return len(letters)

    async def delete(self, letter: DeadLetter) -> None:
        """Drop a letter for good."""
        await anyio.to_thread.run_sync(self._dead_letters.remove, letter)
