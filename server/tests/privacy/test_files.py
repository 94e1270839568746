"""Proof by the files: after an erasure, none under the data folder holds what the person wrote."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from privacy.conftest import House
from span_factories import an_event

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.kernel.clock import SystemClock

PATIENCE_S = 90.0
"""The engine looks for files to remove every 30 s; here it may remove them at once, in life after minutes."""

# Text that compression leaves as it is: each marker is told apart, and none repeats within itself.
IN_INPUT, IN_TAG, IN_NAME, IN_ATTRIBUTE, IN_ID = (
    "Xq7Zk2Wv9Jm4", "Lp3Yt8Rd6Hs1", "Nc5Gb0Fx7Ku2", "Vw9Mj4Qe1Za6", "Tz8Bn3Ph5Gy0",
)  # fmt: skip
MARKERS = (IN_INPUT, IN_TAG, IN_NAME, IN_ATTRIBUTE, IN_ID)


@pytest.fixture
def eager_columnar(embedded_columnar: ClickHouse) -> Iterator[Path]:
    """The engine's folder; it removes what it replaced as soon as it looks."""
    tables = [row[0] for row in embedded_columnar.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    ).rows]  # fmt: skip
    settings = ("old_parts_lifetime", "cleanup_delay_period", "max_cleanup_delay_period")
    for table in tables:
        changes = ", ".join(f"{name} = 1" for name in settings)
        embedded_columnar.command(f"ALTER TABLE {table} MODIFY SETTING {changes}")
    [[disk]] = embedded_columnar.query("SELECT path FROM system.disks WHERE name = 'default'").rows
    yield Path(disk)
    for table in tables:
        embedded_columnar.command(f"ALTER TABLE {table} RESET SETTING {', '.join(settings)}")


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


def everywhere(folders: list[Path]) -> dict[str, list[Path]]:
    found = {marker: [path for folder in folders for path in holding(folder, marker)] for marker in MARKERS}
    return {marker: paths for marker, paths in found.items() if paths}


def test_no_file_holds_what_an_erased_person_wrote(
    open_house: Callable[..., House], eager_columnar: Path, tmp_path: Path
) -> None:
    house = open_house(SystemClock())
    folders = [tmp_path, eager_columnar]
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
    assert set(everywhere(folders)) == set(MARKERS)

    asked = house.erase(IN_ID)
    end = time.monotonic() + PATIENCE_S
    while house.privacy.erasure(house.principal(), asked.id).finished_at_us is None:
        assert time.monotonic() < end, house.privacy.erasure(house.principal(), asked.id)
        if not house.eraser.work_once():
            time.sleep(0.2)

    erasure = house.privacy.erasure(house.principal(), asked.id)
    assert (erasure.step, erasure.findings.left) == ("finished", {})
    assert everywhere(folders) == {}
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
