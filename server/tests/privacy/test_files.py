"""Proof by the files: after an erasure, none under the data folder holds what the person wrote."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_server import HttpServer
from privacy.conftest import House
from span_factories import an_event

from lynex_server.engines.blob.opening import open_blob
from lynex_server.engines.cache.protocol import Put
from lynex_server.engines.columnar.clickhouse import open_columnar
from lynex_server.engines.columnar.migrations import migrate
from lynex_server.engines.relational.database import open_database
from lynex_server.kernel.clock import SystemClock
from lynex_server.spans.public import spans_migrations

PATIENCE_S = 60.0
"""Here the engine may drop at once what it replaced; in life it keeps it for some minutes."""
EAGER = "old_parts_lifetime = 1, cleanup_delay_period = 1, max_cleanup_delay_period = 1"

# Text that compression leaves as it is: each marker is told apart, and none repeats within itself.
IN_INPUT, IN_TAG, IN_NAME, IN_ATTRIBUTE, IN_ID = (
    "Xq7Zk2Wv9Jm4", "Lp3Yt8Rd6Hs1", "Nc5Gb0Fx7Ku2", "Vw9Mj4Qe1Za6", "Tz8Bn3Ph5Gy0",
)  # fmt: skip
MARKERS = (IN_INPUT, IN_TAG, IN_NAME, IN_ATTRIBUTE, IN_ID)


@pytest.fixture
def eager_house(tmp_path: Path, sqlite_url: str) -> Iterator[House]:
    """On a columnar engine of its own, which removes what it replaced as soon as it looks. Everything that is
    ever written is below `tmp_path`."""
    server = HttpServer(tmp_path / "clickhouse")
    columnar = open_columnar(server.url)
    migrate(columnar, spans_migrations())
    tables = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    for (table,) in columnar.query(tables).rows:
        columnar.command(f"ALTER TABLE {table} MODIFY SETTING {EAGER}")
    server.kill()
    server.start()  # how often it looks is read when a table is opened
    database = open_database(sqlite_url)
    blob = open_blob(f"file://{tmp_path / 'blob'}")
    queue_url, cache_url = (f"sqlite:///{tmp_path / name}" for name in ("queue.db", "cache.db"))
    house = House(columnar, database, blob, queue_url, cache_url, SystemClock())
    yield house
    house.close()
    columnar.close()
    server.kill()


def holding(folder: Path, marker: str) -> list[Path]:
    """Files with the marker's bytes in them."""
    found = []
    for path in folder.rglob("*"):
        try:
            if path.is_file() and marker.encode() in path.read_bytes():
                found.append(path)
        except FileNotFoundError:
            continue  # a merge has just ended
    return found


def everywhere(folder: Path) -> dict[str, list[Path]]:
    found = {marker: holding(folder, marker) for marker in MARKERS}
    return {marker: paths for marker, paths in found.items() if paths}


def test_no_file_holds_what_an_erased_person_wrote(eager_house: House, tmp_path: Path) -> None:
    house = eager_house
    theirs = an_event(
        1,
        end_user_id=IN_ID,
        session_id=f"session {IN_ID}",
        input=IN_INPUT,
        tags=[IN_TAG],
        name=IN_NAME,
        attributes={"note": IN_ATTRIBUTE},
        start_time_us=house.clock.now_us(),
    )
    house.store(theirs, an_event(2, end_user_id="bob", start_time_us=house.clock.now_us()))
    house.cache.put(house.project, [Put("answer", IN_INPUT.encode() * 1000, ttl_s=3600)])
    assert set(everywhere(tmp_path)) == set(MARKERS)

    asked = house.erase(IN_ID)
    end = time.monotonic() + PATIENCE_S
    while house.privacy.erasure(house.principal(), asked.id).finished_at_us is None:
        assert time.monotonic() < end, house.privacy.erasure(house.principal(), asked.id)
        if not house.eraser.work_once():
            time.sleep(0.2)

    erasure = house.privacy.erasure(house.principal(), asked.id)
    assert (erasure.step, erasure.findings.left) == ("finished", {})
    assert everywhere(tmp_path) == {}
    assert house.rows("SELECT count() FROM spans WHERE project_id = {p:String}") == [(1,)]


def test_a_scrubbed_queue_keeps_nothing_of_what_was_acknowledged(
    open_house: Callable[..., House], tmp_path: Path
) -> None:
    house = open_house()
    house.store(*(an_event(number, input=IN_INPUT * 500) for number in range(40)))
    house.append(an_event(99, input="still to come"))

    house.queue.scrub()

    assert not [path for path in tmp_path.glob("queue.db*") if IN_INPUT.encode() in path.read_bytes()]
    copy = tmp_path / "copy.db"
    shutil.copy(tmp_path / "queue.db", copy)
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    house.process()
    assert house.rows("SELECT count() FROM spans WHERE project_id = {p:String}") == [(41,)]
