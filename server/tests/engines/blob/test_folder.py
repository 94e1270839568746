"""What only the folder of blobs has to fear: crashes and full disks."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lynex_server.engines.blob.folder import STAGED_FILE_MAX_AGE_S, FolderBlob
from lynex_server.kernel.errors import Busy, InvalidInput

OVERWRITES_FOR_EVER = """
import sys
from pathlib import Path
from lynex_server.engines.blob.folder import FolderBlob
blob = FolderBlob(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    blob.put("key", b"%08d" % number * 50_000)
    print(number, flush=True)
"""


@pytest.mark.parametrize("puts_before", [1, 5, 12])
def test_a_crash_leaves_the_old_body_or_the_new_one(tmp_path: Path, puts_before: int):
    with subprocess.Popen(
        [sys.executable, "-c", OVERWRITES_FOR_EVER, tmp_path], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = 0
        for _ in range(puts_before):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:
            acknowledged = int(line)

    body = FolderBlob(tmp_path).get("key")

    assert body in (b"%08d" % acknowledged * 50_000, b"%08d" % (acknowledged + 1) * 50_000)
    assert list(FolderBlob(tmp_path).keys()) == ["key"]


def test_removes_what_a_crash_left_staged_a_day_ago_and_nothing_newer(tmp_path: Path):
    FolderBlob(tmp_path)
    old, new = tmp_path / "~staging" / "old", tmp_path / "~staging" / "new"
    old.write_bytes(b"half")
    new.write_bytes(b"another process is at it")
    long_ago = time.time() - STAGED_FILE_MAX_AGE_S - 1
    os.utime(old, (long_ago, long_ago))

    FolderBlob(tmp_path)

    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a"), ("a", "a/b/c")])
def test_refuses_a_key_that_is_the_folder_of_another(tmp_path: Path, first: str, second: str):
    blob = FolderBlob(tmp_path)
    blob.put(first, b"body")

    with pytest.raises(InvalidInput):
        blob.put(second, b"body")

    assert blob.get(first) == b"body"
    assert list((tmp_path / "~staging").iterdir()) == []


def test_says_busy_when_the_folder_cannot_be_used(tmp_path: Path):
    blob = FolderBlob(tmp_path / "blob")
    blob.put("key", b"body")
    (tmp_path / "blob" / "~staging").rmdir()

    with pytest.raises(Busy):
        blob.put("other", b"body")
