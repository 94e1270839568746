"""What every engine of counters promises: the same tests for SQLite and a real Redis."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clocks import NOON_US

from lynex_server.engines.counters.opening import open_counters
from lynex_server.engines.counters.protocol import (
    MAX_AMOUNT,
    REMEMBERED_US,
    Change,
    Claim,
    Counters,
    Granted,
    HoldAnswer,
    Level,
    Line,
    Refused,
    Repeated,
    Unknown,
    Wanted,
)

LATER_US = NOON_US + 60_000_000


@pytest.fixture(params=["sqlite", "redis"])
def counters_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'counters.db'}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def open_again(counters_url: str) -> Iterator[Callable[[], Counters]]:
    opened: list[Counters] = []

    def again() -> Counters:
        opened.append(open_counters(counters_url))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


@pytest.fixture
def counters(open_again: Callable[[], Counters]) -> Counters:
    opened = open_again()
    for name in ("day", "month"):
        opened.load(name, [])
    return opened


def a_claim(
    counter: str = "day", amount: int = 10, limit: int | None = 100, slot: int = 5, first: int = 5
) -> Claim:
    return Claim(counter, first, slot, amount, limit)


def a_wish(hold_id: str, *claims: Claim, now_us: int = NOON_US) -> Wanted:
    return Wanted(hold_id, claims or (a_claim(),), b"note", now_us + 60_000_000)


def hold(counters: Counters, hold_id: str, *claims: Claim, now_us: int = NOON_US) -> HoldAnswer:
    [answer] = counters.hold([a_wish(hold_id, *claims, now_us=now_us)], now_us)
    return answer


def change(counters: Counters, hold_id: str, amounts: dict[str, int], expires_at_us: int) -> bool:
    return counters.change([Change(hold_id, amounts, expires_at_us)])[0]


def level(
    counters: Counters, counter: str = "day", now_us: int = NOON_US, first: int = 5, last: int = 5
) -> Level:
    return counters.levels([(counter, first, last)], now_us)[0]


def test_sets_aside_up_to_the_limit_and_not_past_it(counters: Counters):
    counters.load("day", [Line("day", 5, 80, 1)])

    assert hold(counters, "a") == Granted()
    assert hold(counters, "b") == Granted()
    assert hold(counters, "c", a_claim(amount=1)) == Refused(0, Level(80, 20))
    assert level(counters) == Level(80, 20)


def test_holds_in_all_counters_or_in_none(counters: Counters):
    counters.load("month", [Line("month", 1, 995, 1)])

    answer = hold(counters, "a", a_claim(), a_claim("month", limit=1000, slot=1, first=1))

    assert answer == Refused(1, Level(995, 0))
    assert level(counters) == Level(0, 0)


def test_a_claim_without_limit_counts_but_never_refuses(counters: Counters):
    assert hold(counters, "a", a_claim(amount=5000, limit=None)) == Granted()
    assert level(counters) == Level(0, 5000)


def test_a_claim_of_nothing_is_held_and_ends_like_any_other(counters: Counters):
    assert hold(counters, "a", a_claim(amount=0)) == Granted()

    counters.finish(["a"], [])

    assert level(counters) == Level(0, 0)
    assert counters.find("a").state == "finished"


def test_an_unknown_counter_is_not_zero(counters: Counters):
    """litellm#26672: a counter that was lost must not let everything through."""
    claims = (a_claim(), a_claim("week"), a_claim("year"))

    assert hold(counters, "a", *claims) == Unknown(("week", "year"))
    assert level(counters) == Level(0, 0)


def test_finishing_gives_back_and_writes_in_one_step(counters: Counters):
    hold(counters, "a")

    counters.finish(["a", "never heard of"], [Line("day", 5, 7, 1)])

    assert level(counters) == Level(7, 0)
    assert counters.find("a").state == "finished"


def test_finishing_twice_gives_back_once(counters: Counters):
    hold(counters, "a")
    hold(counters, "b")
    for _ in range(2):
        counters.finish(["a"], [])

    assert level(counters) == Level(0, 10)


def test_changes_what_a_hold_sets_aside_up_or_down(counters: Counters):
    hold(counters, "a", a_claim(), a_claim("month", slot=1, first=1))
    hold(counters, "b")

    assert change(counters, "a", {"day": 95, "never heard of": 5}, LATER_US)
    assert level(counters) == Level(0, 105)
    assert level(counters, "month", first=1, last=1) == Level(0, 10)
    assert isinstance(hold(counters, "c", a_claim(amount=1)), Refused)

    assert change(counters, "a", {"day": 3, "month": 0}, LATER_US)
    assert level(counters) == Level(0, 13)
    assert level(counters, "month", first=1, last=1) == Level(0, 0)
    counters.finish(["a"], [])
    assert level(counters) == Level(0, 10)


def test_a_change_makes_a_hold_last_longer_but_never_shorter(counters: Counters):
    hold(counters, "a")
    hold(counters, "b")

    change(counters, "a", {"day": 4}, LATER_US + 5)
    change(counters, "b", {}, NOON_US)

    assert counters.find("a").expires_at_us == LATER_US + 5
    assert counters.find("b").expires_at_us == LATER_US
    assert level(counters, now_us=LATER_US) == Level(0, 4)
    assert level(counters, now_us=LATER_US + 5) == Level(0, 0)


def test_a_hold_that_has_ended_is_not_changed(counters: Counters):
    hold(counters, "a")
    hold(counters, "b", now_us=NOON_US - 60_000_000)
    counters.finish(["a"], [])
    level(counters)

    for name in ("a", "b", "never made"):
        assert not change(counters, name, {"day": 50}, LATER_US)
    assert level(counters) == Level(0, 0)


def test_holds_that_are_wanted_together_are_judged_one_after_the_other(counters: Counters):
    hold(counters, "before", a_claim(amount=30))
    wanted = [
        a_wish("a", a_claim(amount=40)),
        a_wish("b", a_claim(amount=31)),
        a_wish("c", a_claim("nobody loaded it")),
        a_wish("a", a_claim(amount=40)),
        a_wish("d", a_claim(amount=30)),
    ]

    assert counters.hold(wanted, NOON_US) == [
        Granted(),
        Refused(0, Level(0, 70)),
        Unknown(("nobody loaded it",)),
        Repeated("held"),
        Granted(),
    ]
    assert level(counters) == Level(0, 100)


def test_changes_holds_together_each_by_itself(counters: Counters):
    hold(counters, "a")
    hold(counters, "b")
    hold(counters, "c")
    counters.finish(["b"], [])

    wished = [Change(name, {"day": amount}, LATER_US) for name, amount in (("a", 3), ("b", 50), ("c", 0))]
    assert counters.change([*wished, Change("a", {"day": 4}, LATER_US)]) == [True, False, True, True]

    assert level(counters) == Level(0, 4)


def test_what_a_dead_caller_held_is_free_at_its_expiry(counters: Counters):
    hold(counters, "a", a_claim(amount=100))

    assert isinstance(hold(counters, "b", now_us=LATER_US - 1), Refused)
    assert hold(counters, "b", now_us=LATER_US) == Granted()
    assert counters.find("a").state == "expired"


def test_many_expired_holds_are_all_given_back(counters: Counters):
    for number in range(20):
        hold(counters, f"h{number}", a_claim(amount=5))

    assert level(counters, now_us=LATER_US) == Level(0, 0)


def test_an_older_version_never_replaces_a_newer_one(counters: Counters):
    counters.finish([], [Line("day", 5, 30, 3)])
    counters.finish([], [Line("day", 5, 20, 2)])
    counters.load("day", [Line("day", 5, 0, 0)])
    assert level(counters) == Level(30, 0)

    counters.finish([], [Line("day", 5, -4, 4)])
    assert level(counters) == Level(-4, 0)


def test_the_same_hold_again_sets_nothing_aside_again(counters: Counters):
    hold(counters, "a")

    assert hold(counters, "a") == Repeated("held")
    counters.finish(["a"], [])
    assert hold(counters, "a") == Repeated("finished")
    assert level(counters) == Level(0, 0)


def test_remembers_the_note_and_the_expiry_of_a_hold(counters: Counters):
    hold(counters, "a")

    found = counters.find("a")

    assert (found.state, found.note, found.expires_at_us) == ("held", b"note", LATER_US)
    assert counters.find("b") is None


def test_a_range_counts_the_slots_inside_it(counters: Counters):
    counters.load("day", [Line("day", slot, 10, 1) for slot in range(1, 8)])
    hold(counters, "a", a_claim(slot=6, first=4, amount=3))

    assert level(counters, first=4, last=6) == Level(30, 3)
    assert hold(counters, "b", a_claim(slot=6, first=4, amount=68)) == Refused(0, Level(30, 3))
    assert hold(counters, "b", a_claim(slot=6, first=4, amount=67)) == Granted()


def test_forgets_old_slots(counters: Counters):
    counters.load("day", [Line("day", slot, 10, 1) for slot in range(1, 8)])

    counters.forget("day", 5)

    assert level(counters, first=0, last=9) == Level(30, 0)


def test_negative_and_large_amounts_stay_exact(counters: Counters):
    counters.load("day", [Line("day", 5, MAX_AMOUNT - 10, 1)])

    assert hold(counters, "a", a_claim(limit=MAX_AMOUNT)) == Granted()
    assert hold(counters, "b", a_claim(limit=MAX_AMOUNT, amount=1)) == Refused(0, Level(MAX_AMOUNT - 10, 10))


def test_outlives_the_process(counters: Counters, open_again: Callable[[], Counters]):
    hold(counters, "a")
    counters.finish([], [Line("day", 5, 7, 1)])

    assert level(open_again()) == Level(7, 10)


def test_a_hold_of_a_killed_process_counts_and_then_expires(counters: Counters, counters_url: str):
    program = (
        "import os, signal, sys\n"
        "from lynex_server.engines.counters.opening import open_counters\n"
        "from lynex_server.engines.counters.protocol import Claim, Wanted\n"
        "counters = open_counters(sys.argv[1])\n"
        "claims = [Claim('day', 5, 5, 60, 100)]\n"
        f"counters.hold([Wanted('x', claims, b'', {LATER_US})], {NOON_US})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, counters_url], check=False, timeout=60)

    assert level(counters) == Level(0, 60)
    assert level(counters, now_us=LATER_US) == Level(0, 0)


def test_concurrent_callers_never_pass_the_limit(counters: Counters, open_again: Callable[[], Counters]):
    """litellm#34732: concurrent calls of one session passed its budget."""
    granted: list[str] = []
    others = [counters, open_again()]

    def call(number: int) -> None:
        for turn in range(20):
            name = f"{number}-{turn}"
            if hold(others[number % 2], name, a_claim(amount=3)) == Granted():
                granted.append(name)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(granted) == 33
    assert level(counters) == Level(0, 99)


def test_an_ended_hold_is_forgotten_in_time(counters: Counters, counters_url: str):
    if counters_url.startswith("redis"):
        pytest.skip("Redis expires the key by its own clock")
    hold(counters, "a")
    level(counters, now_us=LATER_US)
    hold(counters, "b", now_us=LATER_US)
    level(counters, now_us=LATER_US + REMEMBERED_US + 60_000_000)

    assert counters.find("a") is None


def test_tables_of_an_older_shape_make_room_and_are_unknown(tmp_path: Path):
    file = tmp_path / "counters.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(
            "CREATE TABLE known (counter TEXT PRIMARY KEY); INSERT INTO known VALUES ('day');"
            "CREATE TABLE holds (id TEXT PRIMARY KEY, state TEXT NOT NULL);"
        )

    opened = open_counters(f"sqlite:///{file}")

    assert hold(opened, "a") == Unknown(("day",))
    opened.load("day", [])
    assert hold(opened, "a") == Granted()
    opened.close()


def test_refuses_another_kind_of_url():
    with pytest.raises(ValueError, match="redis://"):
        open_counters("mysql://host/db")
