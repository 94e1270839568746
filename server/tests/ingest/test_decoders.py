"""Large requests are prepared by a process beside this one: same answers, and it may die."""

import asyncio
import gzip
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lynex_server.ingest.decoders import Decoders
from lynex_server.ingest.preparing import Task, prepare
from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.redaction.rules import default_settings
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.errors import Busy, InvalidInput, TooLarge

NOW_US = 1_767_614_400_000_000
REDACTOR = Redactor(default_settings(IngestSettings()))


def a_task(body: bytes, encoding: str = "") -> Task:
    return Task(
        signal="events",
        path="/v1/events",
        idempotency_key=None,
        raw=body,
        encoding=encoding,
        content_type="application/json",
        project_id="acme",
        api_key_id="key_1",
        received_at_us=NOW_US,
        project_names=("acme",),
    )


def events(count: int) -> bytes:
    one = {"ts": NOW_US / 1e6, "model": "gpt-4o", "tokens_in": 5, "input": "write to jane@example.com"}
    return json.dumps([one] * (count - 1) + [{"model": "gpt-4o", "tokens_in": -1}]).encode()


def with_decoders(use: Callable[[Decoders], Awaitable[None]], settings: IngestSettings | None = None) -> None:
    async def run() -> None:
        decoders = Decoders(settings or IngestSettings())
        try:
            await use(decoders)
        finally:
            await decoders.close()

    asyncio.run(run())


def children() -> list[int]:
    """The running processes of this kind that this one has started."""
    listed = " ".join(file.read_text() for file in Path("/proc/self/task").glob("*/children"))
    return [
        int(pid)
        for pid in listed.split()
        if b"lynex_server.ingest.decoder_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_prepares_exactly_what_this_process_would(encoding: str) -> None:
    body = events(50)
    task = a_task(gzip.compress(body) if encoding else body, encoding)
    here = prepare(task, IngestSettings(), REDACTOR)

    async def use(decoders: Decoders) -> None:
        for _ in range(2):
            assert await decoders.prepare(task, REDACTOR.settings_json) == here

    with_decoders(use)
    assert len(here.accepted) == 49
    assert len(here.rejections) == 1


def test_a_request_that_is_refused_as_a_whole_is_refused_with_the_same_words() -> None:
    settings = IngestSettings(max_items_per_batch=10)

    async def use(decoders: Decoders) -> None:
        for body, error in ((b"{", InvalidInput), (events(11), TooLarge)):
            with pytest.raises(error) as here:
                prepare(a_task(body), settings, REDACTOR)
            with pytest.raises(error) as there:
                await decoders.prepare(a_task(body), REDACTOR.settings_json)
            assert str(there.value) == str(here.value)

    with_decoders(use, settings)


def test_when_the_process_dies_the_request_may_be_sent_again() -> None:
    task = a_task(events(3))

    async def use(decoders: Decoders) -> None:
        await decoders.prepare(task, REDACTOR.settings_json)
        [child] = children()
        os.kill(child, signal.SIGKILL)

        with pytest.raises(Busy):
            await decoders.prepare(task, REDACTOR.settings_json)

        assert len((await decoders.prepare(task, REDACTOR.settings_json)).accepted) == 2

    with_decoders(use)


def test_one_who_gives_up_waiting_leaves_nothing_for_the_next() -> None:
    large, small = a_task(events(5_000)), a_task(events(3))

    async def use(decoders: Decoders) -> None:
        await decoders.prepare(small, REDACTOR.settings_json)
        waiting = asyncio.create_task(decoders.prepare(large, REDACTOR.settings_json))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

        assert len((await decoders.prepare(small, REDACTOR.settings_json)).accepted) == 2

    with_decoders(use)


def test_no_process_runs_before_there_is_work_or_after_the_end() -> None:
    assert children() == []

    async def use(decoders: Decoders) -> None:
        assert children() == []
        await decoders.prepare(a_task(events(3)), REDACTOR.settings_json)
        assert len(children()) == 1

    with_decoders(use)
    assert children() == []


def test_interrupts_are_left_to_the_process_that_asks() -> None:
    async def use(decoders: Decoders) -> None:
        await decoders.prepare(a_task(events(3)), REDACTOR.settings_json)
        [child] = children()
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(child, number)

        assert len((await decoders.prepare(a_task(events(3)), REDACTOR.settings_json)).accepted) == 2

    with_decoders(use)
