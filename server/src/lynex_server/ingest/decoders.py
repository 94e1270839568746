"""Processes beside this one that prepare large requests. None runs before there is work, nor long after."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from typing import Final

import msgspec
import structlog

from lynex_server.ingest.decoder_process import LENGTH_BYTES, Answer, Question, framed
from lynex_server.ingest.preparing import Prepared, Task
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.errors import Busy

ANSWER_TIMEOUT_S: Final = 60
IDLE_S: Final = 60

_log = structlog.get_logger(__name__)
_answers = msgspec.msgpack.Decoder(Answer)
_encoder = msgspec.msgpack.Encoder()


class Decoders:
    """At most `settings.decoder_processes` of them, each with one request at a time. Of one event loop.

    The one used last is used first, so that the others may fall idle and end.
    """

    def __init__(self, settings: IngestSettings) -> None:
        self._settings = settings
        self._free: asyncio.LifoQueue[_Decoder] = asyncio.LifoQueue()
        self._all = [_Decoder(settings) for _ in range(settings.decoder_processes)]
        for decoder in self._all:
            self._free.put_nowait(decoder)

    async def prepare(self, task: Task, redaction: bytes) -> Prepared:
        """As `preparing.prepare`, elsewhere. `redaction` is the project's settings as JSON.

        Raises `Busy` when the process ends over it or cannot be started: the request may be sent again.
        """
        decoder = await self._free.get()
        try:
            return (await decoder.ask(Question(task, redaction))).result()
        finally:
            self._free.put_nowait(decoder)

    async def close(self) -> None:
        """End them all."""
        for decoder in self._all:
            await decoder.end()


class _Decoder:
    """One process, started when it is first asked."""

    def __init__(self, settings: IngestSettings) -> None:
        self._settings = settings
        self._process: Process | None = None
        self._ending: asyncio.TimerHandle | None = None

    async def ask(self, question: Question) -> Answer:
        if self._ending is not None:
            self._ending.cancel()
        whole = False
        try:
            process = self._process or await self._start()
            answer = await asyncio.wait_for(_ask(process, _encoder.encode(question)), ANSWER_TIMEOUT_S)
            whole = True
        except (OSError, EOFError, TimeoutError) as error:
            _log.error("ingest.decoder_lost", reason=repr(error), bytes=len(question.task.raw))
            raise Busy("the process that decodes large requests has ended; send the request again") from error
        finally:
            if not whole:
                self._kill()  # what it would say next belongs to a question that nobody waits for
        self._ending = asyncio.get_running_loop().call_later(IDLE_S, self._close_input)
        return answer

    async def end(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        process = self._process
        self._close_input()
        if process is not None:
            await process.wait()

    async def _start(self) -> Process:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lynex_server.ingest.decoder_process", stdin=PIPE, stdout=PIPE
        )
        _send(process, self._settings.model_dump_json().encode())
        return process

    def _close_input(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._process = None


def _send(process: Process, content: bytes) -> None:
    if process.stdin is None:
        raise EOFError
    process.stdin.writelines(framed(content))


async def _ask(process: Process, content: bytes) -> Answer:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    _send(process, content)
    await process.stdin.drain()
    length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
    return _answers.decode(await process.stdout.readexactly(length))
