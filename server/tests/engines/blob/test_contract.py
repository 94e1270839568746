"""What every blob store promises; see `protocol.py`."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lynex_server.engines.blob.opening import open_blob
from lynex_server.engines.blob.protocol import Blob
from lynex_server.kernel.errors import InvalidInput, NotFound

NOT_KEYS = [
    "", "/", "/etc/passwd", "..", "a/../../b", "a/./b", "a//b", "a/", "~staging/x", "a b", "a\nb", "ä",
    "a\x00b", "a\\b", "x" * 256, "/".join(["x" * 100] * 10),
]  # fmt: skip


def test_gives_back_what_was_put(blob: Blob):
    body = bytes(range(256)) * 10_000

    blob.put("dt=2026-01-05/project_id=prj_1/part-0.parquet", body)

    assert blob.get("dt=2026-01-05/project_id=prj_1/part-0.parquet") == body


def test_keeps_an_empty_body(blob: Blob):
    blob.put("empty", b"")

    assert blob.get("empty") == b""


def test_a_second_put_replaces_the_first(blob: Blob):
    blob.put("key", b"a longer first body")
    blob.put("key", b"second")

    assert blob.get("key") == b"second"
    assert list(blob.keys()) == ["key"]


@pytest.mark.parametrize("key", ["missing", "there/missing", "there"])
def test_what_is_not_there_is_not_found(blob: Blob, key: str):
    blob.put("there/it-is", b"body")

    with pytest.raises(NotFound):
        blob.get(key)


def test_deleting_forgets_the_key_and_may_be_repeated(blob: Blob):
    blob.put("gone", b"body")
    blob.put("kept", b"body")

    blob.delete("gone")
    blob.delete("gone")
    blob.delete("never/was")

    assert list(blob.keys()) == ["kept"]
    with pytest.raises(NotFound):
        blob.get("gone")


def test_lists_every_key_and_those_of_a_folder_in_order(blob: Blob):
    keys = ["a-b", "a.c", "a/b", "a/c/d", "a/c/e", "a0", "b/1", "b/10", "b/2", "z"]
    for key in reversed(keys):
        blob.put(key, b"")

    assert sorted(blob.keys()) == keys
    assert [key for key in list(blob.keys()) if "/" not in key] == ["a-b", "a.c", "a0", "z"]
    assert list(blob.keys("b/")) == ["b/1", "b/10", "b/2"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("a", ["a-b", "a/b", "a/c/d"]),
        ("a/", ["a/b", "a/c/d"]),
        ("a/c/", ["a/c/d"]),
        ("a/c/d", ["a/c/d"]),
        ("a/c/d/", []),
        ("b", []),
        ("..", []),
    ],
)
def test_lists_the_keys_with_a_prefix(blob: Blob, prefix: str, expected: list[str]):
    for key in ("a-b", "a/b", "a/c/d"):
        blob.put(key, b"")

    assert sorted(blob.keys(prefix)) == expected


def test_lists_more_keys_than_one_page_holds(blob: Blob):
    keys = [f"many/{number:05}" for number in range(1005)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: blob.put(key, b""), keys))

    assert list(blob.keys("many/")) == keys


@pytest.mark.parametrize("key", NOT_KEYS, ids=lambda key: repr(key[:20]))
def test_refuses_what_is_not_a_key(blob: Blob, key: str):
    for refused in (blob.get, blob.delete, lambda key: blob.put(key, b"body")):
        with pytest.raises(InvalidInput):
            refused(key)

    assert list(blob.keys()) == []


def test_a_reader_sees_one_whole_body_or_the_other(blob: Blob):
    bodies = [bytes([number]) * 300_000 for number in range(2)]
    blob.put("key", bodies[0])
    done = threading.Event()

    def replace_repeatedly() -> None:
        for number in range(40):
            blob.put("key", bodies[number % 2])
        done.set()

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(replace_repeatedly)
        seen = {blob.get("key")}
        while not done.is_set() and not writer.done():
            seen.add(blob.get("key"))
        writer.result()

    assert seen <= set(bodies)


def test_keeps_what_was_put_when_it_is_opened_again(blob_url: str):
    first = open_blob(blob_url)
    first.put("key", b"body")
    first.close()

    assert open_blob(blob_url).get("key") == b"body"
