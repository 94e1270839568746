"""A worker goes on while the queue comes and goes, and rests between batches."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clocks import NOON_US, FixedClock
from hypothesis import given
from hypothesis import strategies as st
from processing.faults import AwayQueue
from span_factories import BOOK, a_batch, an_event

from lynex_server.engines.blob.folder import FolderBlob
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Entry, Queue, QueueBounds
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.kernel.ids import new_id
from lynex_server.processing.batches import BatchProcessor
from lynex_server.processing.dead_letters import DeadLetters
from lynex_server.processing.ledger import booked_total
from lynex_server.processing.settings import ProcessingSettings
from lynex_server.processing.worker import WorkerNames, Workers, is_grown, rest_s
from lynex_server.spans.public import encode_batch

SETTINGS = ProcessingSettings(work_linger_ms=300, work_batch_bytes=16_000_000)
DEADLINE_S = 60.0


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    opened = open_queue(f"sqlite:///{tmp_path / 'queue.db'}", QueueBounds(), FixedClock())
    yield opened
    opened.close()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


def an_entry(project_id: str, number: int) -> Entry:
    batch = a_batch(an_event(number), project_id=project_id)
    return Entry(new_id("entry"), project_id, encode_batch(batch), NOON_US)


def test_goes_on_when_the_queue_was_away_at_an_acknowledgement(
    queue: Queue, database: Database, embedded_columnar: ClickHouse, tmp_path: Path
) -> None:
    """langfuse#10533: what was acknowledged to the client is stored, also after an engine was away."""
    project = new_id("prj")
    dead_letters = DeadLetters(database, FolderBlob(tmp_path / "blob"))
    processor = BatchProcessor(embedded_columnar, database, MemoryLive(), dead_letters, BOOK, FixedClock())
    settings = ProcessingSettings(work_linger_ms=0, work_batch_entries=1)
    workers = Workers(AwayQueue(queue, away_for=2), processor, settings, WorkerNames("test"))
    workers.start()
    try:
        for number in (1, 2):
            asyncio.run(queue.append(an_entry(project, number)))
        end = time.monotonic() + DEADLINE_S
        while queue.state().entries and time.monotonic() < end:
            time.sleep(0.01)
        assert workers.alive
        assert queue.state().entries == 0
    finally:
        workers.stop()

    assert booked_total(database, project).spans == 2


def test_rests_for_the_linger_after_a_small_batch() -> None:
    assert rest_s(0, SETTINGS) == 0.3


def test_does_not_rest_after_a_batch_that_is_nearly_full() -> None:
    assert rest_s(13_000_000, SETTINGS) == 0.0
    assert rest_s(16_000_000, SETTINGS) == 0.0


@given(st.integers(min_value=0, max_value=16_000_000))
def test_never_rests_longer_than_four_lingers(claimed_bytes: int) -> None:
    assert 0.0 <= rest_s(claimed_bytes, SETTINGS) <= 1.2


@given(st.integers(min_value=0, max_value=12_000_000), st.integers(min_value=0, max_value=12_000_000))
def test_rests_longer_the_more_came_in(fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))

    assert rest_s(fewer, SETTINGS) <= rest_s(more, SETTINGS)


def test_rests_on_while_more_comes_in_and_while_nothing_does() -> None:
    assert not is_grown(1_000, 2_000, SETTINGS)
    assert not is_grown(0, 0, SETTINGS)


def test_rests_no_longer_when_a_batch_is_full_or_has_stopped_growing() -> None:
    assert is_grown(15_000_000, 16_000_000, SETTINGS)
    assert is_grown(1_000, 1_000, SETTINGS)
