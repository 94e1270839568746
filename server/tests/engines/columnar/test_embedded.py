"""What is special about the engine inside the process: it dies with it, and its folder has one owner."""

import json
import subprocess
import sys
from pathlib import Path

from lynex_server.engines.columnar.clickhouse import EMBEDDED_OPTIONS, MERGE_NICENESS, ClickHouse

PRELUDE = """
import json, os, sys, msgspec
from lynex_server.engines.columnar.clickhouse import open_columnar
from lynex_server.kernel.errors import Conflict
columnar = open_columnar("chdb://" + sys.argv[1])
columnar.command(
    "CREATE TABLE IF NOT EXISTS numbers (n UInt64) ENGINE = MergeTree ORDER BY n "
    "SETTINGS fsync_after_insert = 1, " + columnar.ddl_words()["dedup_window"]
)
def insert(n, token):
    columnar.insert("numbers", ("n",), [msgspec.msgpack.encode(n)], token)
def tell():
    print(json.dumps([row[0] for row in columnar.query("SELECT n FROM numbers ORDER BY n").rows]), flush=True)
"""


def run(folder: Path, program: str) -> "subprocess.CompletedProcess[str]":
    """`program` in a process of its own that has `folder` open."""
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + program, str(folder)], capture_output=True, text=True, check=False
    )


def test_rows_and_tokens_outlive_a_killed_process(tmp_path: Path) -> None:
    killed = run(tmp_path, "insert(1, 't1'); insert(2, 't2'); tell(); os.kill(os.getpid(), 9)")
    again = run(tmp_path, "insert(1, 't1'); insert(2, 't2'); insert(2, 't3'); tell(); columnar.close()")

    assert json.loads(killed.stdout) == [1, 2]
    assert (again.stderr, json.loads(again.stdout)) == ("", [1, 2, 2])


def test_what_a_killed_process_left_of_an_insert_is_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "it's data"
    run(folder, "insert(1, 't1'); columnar.close()")
    left = tmp_path / "it's data.inserts" / "insert_left"
    left.write_bytes(b"a user's text")

    again = run(folder, "insert(2, 't2'); tell(); columnar.close()")

    assert json.loads(again.stdout) == [1, 2]
    assert list(left.parent.iterdir()) == []


def test_a_second_process_is_told_that_the_folder_is_taken(tmp_path: Path) -> None:
    second = "open_columnar('chdb://' + sys.argv[1])"
    program = f"""
import subprocess
inner = subprocess.run([sys.executable, "-c", '''
import sys
from lynex_server.engines.columnar.clickhouse import open_columnar
from lynex_server.kernel.errors import Conflict
try:
    {second}
except Conflict as error:
    print(error)
''', sys.argv[1]], capture_output=True, text=True)
print(inner.stdout)
"""

    assert "another process has it open" in run(tmp_path, program).stdout


def test_the_engine_keeps_to_the_bounds_it_was_given(embedded_columnar: ClickHouse) -> None:
    found = dict(
        embedded_columnar.query(
            "SELECT name, value FROM system.server_settings WHERE name IN {names:Array(String)}",
            {"names": list(EMBEDDED_OPTIONS)},
        ).rows
    )

    assert found == dict(EMBEDDED_OPTIONS)


def test_the_engine_keeps_no_log_tables_that_fill_the_disk(embedded_columnar: ClickHouse) -> None:
    """langfuse#13123, opik#6224: 66 GiB of system logs beside 52 MB of data."""
    stored = embedded_columnar.query(
        "SELECT name FROM system.tables "
        "WHERE database = 'system' AND (engine LIKE '%MergeTree' OR total_bytes > 0)"
    )

    assert stored.rows == []


def test_opens_without_what_exports_alone_need(tmp_path: Path) -> None:
    program = """
insert(1, 't1')
print("pyarrow" in sys.modules)
import pyarrow.parquet
tell()
columnar.close()
"""
    ran = run(tmp_path, program)

    assert (ran.stderr, ran.stdout.split("\n")[:2]) == ("", ["False", "[1]"])


def test_merges_have_a_lower_priority_than_everything_else(tmp_path: Path) -> None:
    program = """
from pathlib import Path
insert(1, 't1')
for name in Path("/proc/self/task").glob("*/comm"):
    if name.read_text() == "MergeMutate\\n":
        print(os.getpriority(os.PRIO_PROCESS, int(name.parent.name)))
columnar.close()
"""
    ran = run(tmp_path, program)

    assert (ran.stderr, ran.stdout.split()) == ("", [str(MERGE_NICENESS)] * 2)
