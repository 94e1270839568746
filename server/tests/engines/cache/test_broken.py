"""A cache that is away or broken: callers notice nothing but that nothing is found."""

from pathlib import Path

import pytest
import structlog
from servers import RedisServer, free_port

from lynex_server.engines.cache import redis as cache_redis
from lynex_server.engines.cache.opening import open_cache
from lynex_server.engines.cache.protocol import UNKNOWN_EPOCH, CacheBounds, Put
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.errors import Busy


def test_without_redis_nothing_is_found_or_kept_and_it_says_so_once():
    cache = open_cache(f"redis://127.0.0.1:{free_port()}/0", CacheBounds(), SystemClock())
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            cache.put("p", [Put("k", b"value", 60)])
            assert cache.get("p", "k") is None
            assert cache.since("p", "g", 0, 10).epoch == UNKNOWN_EPOCH

    assert [entry["event"] for entry in logs] == ["cache.redis_unreachable"]
    with pytest.raises(Busy):
        cache.drop("p")
    with pytest.raises(Busy):
        cache.count("p")
    cache.close()


def test_works_again_once_redis_is_back(
    running_redis: RedisServer, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cache_redis, "PAUSE_S", 0.0)
    cache = open_cache(redis_url, CacheBounds(), SystemClock())
    running_redis.stop()
    try:
        cache.put("p", [Put("k", b"lost", 60)])
    finally:
        running_redis.start()

    cache.put("p", [Put("k", b"kept", 60)])

    assert cache.get("p", "k") == b"kept"
    cache.close()


def test_a_file_that_a_loss_of_power_broke_is_begun_anew(tmp_path: Path):
    path = tmp_path / "cache.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    with structlog.testing.capture_logs() as logs:
        cache = open_cache(f"sqlite:///{path}", CacheBounds(), SystemClock())

    cache.put("p", [Put("k", b"value", 60)])

    assert cache.get("p", "k") == b"value"
    assert [entry["event"] for entry in logs] == ["cache.begun_anew"]
    cache.close()


def test_what_is_dropped_is_no_longer_in_the_files(tmp_path: Path):
    cache = open_cache(f"sqlite:///{tmp_path / 'cache.db'}", CacheBounds(), SystemClock())
    cache.put("p", [Put(f"k{number}", b"MARKER " * 2000, 60) for number in range(20)])
    assert any(b"MARKER" in file.read_bytes() for file in tmp_path.iterdir())

    cache.drop("p")

    assert not any(b"MARKER" in file.read_bytes() for file in tmp_path.iterdir())
    cache.close()
