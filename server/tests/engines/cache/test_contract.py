"""What every cache promises: the same tests for SQLite and a real Redis."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lynex_server.engines.cache.opening import open_cache
from lynex_server.engines.cache.protocol import Cache, CacheBounds, Put
from lynex_server.kernel.clock import SystemClock

Opener = Callable[..., Cache]


@pytest.fixture(params=["sqlite", "redis"])
def cache_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cache.db'}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def open_again(cache_url: str) -> Iterator[Opener]:
    opened: list[Cache] = []

    def again(**bounds: int) -> Cache:
        opened.append(open_cache(cache_url, CacheBounds(**bounds), SystemClock()))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


@pytest.fixture
def cache(open_again: Opener) -> Cache:
    return open_again()


def an_entry(key: str = "k", value: bytes = b"value", ttl_s: float = 3600, group: str = "") -> Put:
    return Put(key, value, ttl_s, group)


def test_gives_back_what_was_put(cache: Cache):
    cache.put("p", [an_entry("a", b"\0one\xff"), an_entry("b", b"")])

    assert (cache.get("p", "a"), cache.get("p", "b"), cache.get("p", "c")) == (b"\0one\xff", b"", None)


def test_an_entry_is_found_in_its_namespace_alone(cache: Cache):
    cache.put("p", [an_entry()])

    assert cache.get("q", "k") is None
    assert cache.since("q", "", 0, 10).members == []


def test_putting_again_replaces(cache: Cache):
    cache.put("p", [an_entry(value=b"old", group="g")])
    cache.put("p", [an_entry(value=b"new")])

    assert cache.get("p", "k") == b"new"
    assert cache.count("p") == 1
    assert cache.since("p", "g", 0, 10).members == []


def test_an_entry_ends_with_its_time_to_live(cache: Cache):
    cache.put("p", [an_entry("brief", ttl_s=0.02, group="g"), an_entry("long")])
    end = time.monotonic() + 20
    while cache.get("p", "brief") is not None and time.monotonic() < end:
        time.sleep(0.005)

    assert cache.get("p", "brief") is None
    assert cache.since("p", "g", 0, 10).members == []
    assert cache.get("p", "long") is not None


def test_what_is_over_is_removed_by_the_puts_that_follow(cache: Cache):
    cache.put("p", [an_entry(f"brief{number}", ttl_s=0.001) for number in range(10)])
    end = time.monotonic() + 20
    while cache.count("p") > 1 and time.monotonic() < end:
        cache.put("p", [an_entry()])

    assert cache.count("p") == 1


def test_beyond_its_entries_the_oldest_goes(open_again: Opener):
    cache = open_again(max_entries=3)
    for number in range(6):
        cache.put("p" if number % 2 else "q", [an_entry(f"k{number}")])

    left = [number for number in range(6) if cache.get("p" if number % 2 else "q", f"k{number}")]
    assert left == [3, 4, 5]


def test_beyond_its_bytes_the_oldest_goes(open_again: Opener):
    cache = open_again(max_bytes=1000)
    for number in range(8):
        cache.put("p", [an_entry(f"k{number}", bytes(300))])

    assert [number for number in range(8) if cache.get("p", f"k{number}")] == [5, 6, 7]


def test_what_is_larger_than_the_cache_is_not_kept_and_pushes_nothing_out(open_again: Opener):
    cache = open_again(max_bytes=1000)
    cache.put("p", [an_entry("small"), an_entry("large", bytes(2000))])

    assert (cache.get("p", "small"), cache.get("p", "large")) == (b"value", None)


def test_replacing_takes_the_new_size(open_again: Opener):
    cache = open_again(max_bytes=1000)
    for _ in range(20):
        cache.put("p", [an_entry("a", bytes(400)), an_entry("b", bytes(400))])

    assert cache.get("p", "a") is not None


def test_a_reader_of_a_group_keeps_up(cache: Cache):
    cache.put(
        "p", [an_entry("a", b"1", group="g"), an_entry("x", b"0", group="h"), an_entry("b", b"2", group="g")]
    )
    first = cache.since("p", "g", 0, 10)
    cache.put("p", [an_entry("c", b"3", group="g")])

    then = cache.since("p", "g", first.members[-1].place, 10)

    assert [(each.key, each.value) for each in first.members] == [("a", b"1"), ("b", b"2")]
    assert [(each.key, each.value) for each in then.members] == [("c", b"3")]
    assert cache.since("p", "g", then.members[-1].place, 10).members == []
    assert then.epoch == first.epoch


def test_of_a_large_group_the_newest_are_told(cache: Cache):
    cache.put("p", [an_entry(f"k{number}", group="g") for number in range(10)])

    assert [each.key for each in cache.since("p", "g", 0, 3).members] == ["k7", "k8", "k9"]


def test_dropping_a_namespace_leaves_the_others_and_is_told(cache: Cache):
    cache.put("p", [an_entry(f"k{number}", group="g") for number in range(1200)])
    cache.put("q", [an_entry(group="g")])
    before = cache.since("q", "g", 0, 10)

    cache.drop("p")

    assert (cache.count("p"), cache.count("q")) == (0, 1)
    assert cache.since("p", "g", 0, 10).members == []
    after = cache.since("q", "g", 0, 10)
    assert after.members == before.members
    assert after.epoch != before.epoch
    cache.drop("p")
    cache.put("p", [an_entry()])
    assert cache.get("p", "k") == b"value"


def test_outlives_its_process_and_is_shared(cache: Cache, open_again: Opener):
    cache.put("p", [an_entry()])
    other = open_again()

    assert other.get("p", "k") == b"value"
    other.drop("p")
    assert cache.get("p", "k") is None


def test_threads_and_processes_together_keep_the_bound(open_again: Opener):
    caches = [open_again(max_entries=50), open_again(max_entries=50)]

    def work(number: int) -> None:
        for turn in range(30):
            caches[number % 2].put("p", [an_entry(f"{number}-{turn}")])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert caches[0].count("p") == 50


def test_after_closing_it_finds_nothing_and_keeps_nothing(cache: Cache, cache_url: str):
    if cache_url.startswith("redis"):
        pytest.skip("a closed client of Redis connects again")
    cache.close()
    cache.close()

    cache.put("p", [an_entry()])
    assert cache.get("p", "k") is None


def test_refuses_another_kind_of_url():
    with pytest.raises(ValueError, match="redis://"):
        open_cache("memory:", CacheBounds(), SystemClock())
