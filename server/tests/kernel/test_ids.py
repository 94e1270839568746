"""Ids: unique over threads and forks, in the order of their birth."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from lynex_server.kernel import ids
from lynex_server.kernel.ids import new_id, random_hex


def test_an_id_says_what_it_is_of_and_is_easy_to_copy():
    assert re.fullmatch(r"prj_[0-9a-hjkmnp-tv-z]{26}", new_id("prj"))


def test_ids_sort_by_their_birth(monkeypatch: pytest.MonkeyPatch):
    made = []
    for milliseconds in (1, 2, 31, 32, 33, 2**40, 1_767_614_400_000):
        monkeypatch.setattr(ids.time, "time_ns", lambda at_ns=milliseconds * 1_000_000: at_ns)
        made.append(new_id("x"))

    assert made == sorted(made)


def test_threads_make_no_id_twice():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_id("x"), range(5_000)))

    assert len(set(made)) == 5_000


@pytest.mark.parametrize("characters", [16, 32])
def test_random_hex_has_the_length_of_a_span_or_trace_id(characters: int):
    assert re.fullmatch(rf"[0-9a-f]{{{characters}}}", random_hex(characters))


def test_a_forked_child_makes_ids_of_its_own():
    random_hex(16)  # so that there is something left in the pool which both would hand out
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, random_hex(16).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        theirs = said.read().decode()
    os.waitpid(child, 0)

    assert re.fullmatch(r"[0-9a-f]{16}", theirs)
    assert theirs != random_hex(16)
