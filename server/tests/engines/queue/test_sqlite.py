"""What only the SQLite queue has to fear: its file, its size, and other processes that hold it."""

import resource
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from clocks import FixedClock
from engines.queue.entries import an_entry, append_at_once, claim_now, drain, ids, some_entries

from lynex_server.engines.queue import sqlite, sqlite_rows
from lynex_server.engines.queue.protocol import Appended, QueueBounds
from lynex_server.engines.queue.sqlite import SqliteQueue
from lynex_server.kernel.errors import Busy

PATIENCE_S = 20.0


def a_queue(folder: Path, clock: FixedClock | None = None, remember_s: int = 3600) -> SqliteQueue:
    return SqliteQueue(folder / "queue.db", QueueBounds(remember_s=remember_s), clock or FixedClock())


def another_connection(folder: Path) -> closing[sqlite3.Connection]:
    """What another process would have of the queue's file."""
    return closing(sqlite3.connect(folder / "queue.db", isolation_level=None))


def until(is_so: Callable[[], bool]) -> None:
    """Return when `is_so()`; fail when that takes too long."""
    give_up = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.01)


async def test_says_busy_on_a_full_disk_and_goes_on_when_there_is_room(tmp_path: Path):
    queue = a_queue(tmp_path)
    await queue.append(an_entry("before"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(Busy):
            await queue.append(an_entry("too much", b"x" * 1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    answer = await queue.append(an_entry("too much", b"x" * 1_000_000))

    assert answer is Appended.STORED
    assert ids(claim_now(queue)) == ["before", "too much"]
    queue.close()


async def test_says_busy_while_another_process_holds_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite, "LOCKED_FILE_WAIT_S", 0.05)
    queue = a_queue(tmp_path)
    with another_connection(tmp_path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            await queue.append(an_entry("refused"))
        other.execute("ROLLBACK")

    assert await queue.append(an_entry("refused")) is Appended.STORED
    queue.close()


async def test_an_append_wakes_a_consumer_without_its_polling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite, "POLL_S", 600.0)
    queue = a_queue(tmp_path)
    with ThreadPoolExecutor() as pool:
        claimed = pool.submit(queue.claim, "worker", 10, 1000, 2 * PATIENCE_S)
        time.sleep(0.1)  # noqa: ASYNC251 - the consumer falls asleep; awake, it would find the entry anyway
        await queue.append(an_entry("news"))

        assert ids(claimed.result(PATIENCE_S)) == ["news"]
    queue.close()


async def test_gives_its_room_back_when_a_backlog_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite_rows, "KEPT_FREE_PAGES", 64)
    queue = a_queue(tmp_path)
    await append_at_once(queue, some_entries(100, body=b"x" * 100_000))
    with another_connection(tmp_path) as other:
        full_pages = page_count(other)
        drain(queue)

        until(lambda: page_count(other) < 100)
    queue.close()

    assert full_pages > 2000
    assert (tmp_path / "queue.db").stat().st_size < 1_500_000


def page_count(connection: sqlite3.Connection) -> int:
    count: int = connection.execute("PRAGMA page_count").fetchone()[0]
    return count


async def test_forgets_ids_that_it_need_not_remember(tmp_path: Path):
    clock = FixedClock()
    queue = a_queue(tmp_path, clock, remember_s=60)
    await append_at_once(queue, some_entries(450))
    clock.advance_us(61_000_000)
    await queue.append(an_entry("remembered"))

    with another_connection(tmp_path) as other:
        until(lambda: other.execute("SELECT count(*) FROM remembered").fetchone() == (1,))
    queue.close()


async def test_its_files_stay_small_under_steady_traffic(tmp_path: Path):
    queue = a_queue(tmp_path)
    for number in range(60):
        await queue.append(an_entry(f"e{number}", b"x" * 500_000))
        drain(queue)

    assert size_bytes(tmp_path) < 16_000_000
    queue.close()


def size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_refuses_a_file_of_another_layout(tmp_path: Path):
    a_queue(tmp_path).close()
    with another_connection(tmp_path) as other:
        other.execute("PRAGMA user_version = 99")

    with pytest.raises(ValueError, match="layout 99"):
        a_queue(tmp_path)
