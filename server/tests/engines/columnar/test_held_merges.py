"""Merges that wait for a burst: stopped with it, started after it, and never for good."""

import threading

import pytest

from lynex_server.engines.columnar.clickhouse import BURST_ROWS, ClickHouse
from lynex_server.engines.columnar.held_merges import HeldMerges
from lynex_server.engines.columnar.protocol import Column

LONG_S = 3600.0
PATIENCE_S = 30.0
STOP, START = "SYSTEM STOP MERGES", "SYSTEM START MERGES"


class Engine:
    """Notes what it is told; refuses the first `refusals` times to start."""

    def __init__(self, refusals: int = 0) -> None:
        self.told: list[str] = []
        self.started = threading.Event()
        self._refusals = refusals

    def command(self, sql: str) -> None:
        if sql == START and self._refusals:
            self._refusals -= 1
            raise OSError("no connection")
        self.told.append(sql)
        if sql == START:
            self.started.set()


def test_merges_stop_once_with_a_burst_and_start_when_it_has_been_quiet() -> None:
    engine = Engine()
    merges = HeldMerges(engine.command, quiet_s=0.2, longest_s=LONG_S)

    for _ in range(3):
        merges.hold()

    assert engine.told == [STOP]
    assert engine.started.wait(PATIENCE_S)
    assert engine.told == [STOP, START]


def test_a_load_that_never_ends_lets_merges_go_and_does_not_stop_them_again_at_once() -> None:
    engine = Engine()
    merges = HeldMerges(engine.command, quiet_s=LONG_S, longest_s=0.2)

    merges.hold()
    assert engine.started.wait(PATIENCE_S)
    merges._free_until_s += LONG_S  # as if little of it were over
    merges.hold()

    assert engine.told == [STOP, START]


def test_a_start_that_fails_is_tried_again() -> None:
    engine = Engine(refusals=2)

    HeldMerges(engine.command, quiet_s=0.01, longest_s=LONG_S).hold()

    assert engine.started.wait(PATIENCE_S)


def test_nothing_is_held_while_merges_are_needed() -> None:
    engine = Engine()
    merges = HeldMerges(engine.command, quiet_s=LONG_S, longest_s=LONG_S)
    merges.hold()

    with merges.needed():
        merges.hold()
        assert engine.told == [STOP, START]

    merges.hold()
    assert engine.told == [STOP, START, STOP]
    merges.let_go()


def test_letting_go_of_what_is_not_held_says_nothing() -> None:
    engine = Engine()

    HeldMerges(engine.command).let_go()

    assert engine.told == []


@pytest.mark.parametrize("rows", [BURST_ROWS - 1, BURST_ROWS])
def test_a_deletion_is_done_although_a_burst_holds_the_merges(
    embedded_columnar: ClickHouse, rows: int
) -> None:
    embedded_columnar.command(
        "CREATE TABLE held (n Int64) ENGINE = MergeTree ORDER BY n SETTINGS "
        + embedded_columnar.ddl_words()["dedup_window"]
    )
    try:
        for token in ("a", "b"):
            embedded_columnar.insert_columns("held", [Column("n", "Int64", list(range(rows)))], token)

        embedded_columnar.delete("held", "n > 0")

        assert embedded_columnar.query("SELECT count() FROM held").rows == [(2,)]
    finally:
        embedded_columnar.command("DROP TABLE held")
