"""Writes a span for every call: gathered for some milliseconds, then put on the durable log as one batch.

A span waits in memory until the log has it. While the log is full or away it is tried again; when
`gateway_max_unsaved_spans` wait, the gateway refuses calls rather than lose what it knows of them.
"""

import asyncio
from collections import defaultdict

import structlog

from lynex_server.gateway.settings import GatewaySettings
from lynex_server.ingest.public import IngestService
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import KeyId, ProjectId, new_id
from lynex_server.spans.public import SpanEvent

GATHERED_S = 0.01
TRIED_AGAIN_AFTER_S = 0.5
MAX_BATCH = 500

log = structlog.get_logger(__name__)

Sender = tuple[ProjectId, KeyId]


class Recorder:
    """One for the event loop. `start` it there, and `close` it when no call is under way any more."""

    def __init__(self, ingest: IngestService, settings: GatewaySettings) -> None:
        self._ingest = ingest
        self._max_unsaved = settings.gateway_max_unsaved_spans
        self._waiting: dict[Sender, list[SpanEvent]] = defaultdict(list)
        self._unsaved = 0
        self._some = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def unsaved(self) -> int:
        """Spans that the log does not have yet."""
        return self._unsaved

    @property
    def is_full(self) -> bool:
        """Whether there is no room for the span of one more call."""
        return self._unsaved >= self._max_unsaved

    def start(self) -> None:
        """Begin writing."""
        self._task = asyncio.create_task(self._run())

    def put(self, project_id: ProjectId, api_key_id: KeyId, span: SpanEvent) -> None:
        """Take a span in. It is on the log some milliseconds later."""
        self._waiting[project_id, api_key_id].append(span)
        self._unsaved += 1
        self._some.set()

    async def close(self) -> None:
        """Write what waits, as far as the log takes it, and stop."""
        if self._task is None:
            return
        self._closing = True
        self._some.set()
        await self._task
        if self._unsaved:
            log.error("gateway.spans_lost", spans=self._unsaved)

    async def _run(self) -> None:
        while not self._closing:
            await self._some.wait()
            await asyncio.sleep(GATHERED_S)
            self._some.clear()
            if not await self._write_all() and not self._closing:
                self._some.set()
                await asyncio.sleep(TRIED_AGAIN_AFTER_S)
        await self._write_all()

    async def _write_all(self) -> bool:
        """Whether everything that waited is on the log now."""
        done = True
        for sender in list(self._waiting):
            spans = self._waiting.pop(sender)
            while spans:
                batch, spans = spans[:MAX_BATCH], spans[MAX_BATCH:]
                if not await self._write(sender, batch):
                    self._waiting[sender] = batch + spans + self._waiting.pop(sender, [])
                    done = False
                    break
        return done

    async def _write(self, sender: Sender, batch: list[SpanEvent]) -> bool:
        project_id, api_key_id = sender
        try:
            await self._ingest.record(project_id, api_key_id, batch, new_id("gwb"))
        except Busy as error:
            log.warning("gateway.log_unavailable", reason=str(error), unsaved=self._unsaved)
            return False
        except Exception:
            # The call was made and counted for nothing else; a batch that can never be written must not stop
            # those behind it. What it was is in the log of errors.
            log.exception("gateway.spans_not_recorded", project_id=project_id, spans=len(batch))
        self._unsaved -= len(batch)
        return True
