"""Where the master key comes from, and how the next takes its place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lynex_server.app.master_key import next_master_key, open_master_keys, take_next_master_key
from lynex_server.app.settings import AppSettings
from lynex_server.kernel.errors import Conflict
from lynex_server.safety.public import Unreadable

ONE, TWO = "01" * 32, "02" * 32


def settings_in(folder: Path, **given: str) -> AppSettings:
    return AppSettings(data_dir=folder, **given)


def test_a_folder_without_a_key_gets_one_for_its_owner_alone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "new")

    first = open_master_keys(settings).current()

    assert open_master_keys(settings).current() == first
    [file] = (tmp_path / "new").iterdir()
    assert (file.name, file.stat().st_mode & 0o777, len(file.read_text())) == ("master.key", 0o600, 64)


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    """The file comes to be whole: nobody finds it empty."""
    program = (
        "import sys; from pathlib import Path; from lynex_server.app.settings import AppSettings; "
        "from lynex_server.app.master_key import open_master_keys; "
        "print(open_master_keys(AppSettings(data_dir=Path(sys.argv[1]))).current().id)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE) for _ in range(3)
    ]

    told = {process.communicate(timeout=60)[0] for process in started}

    assert len(told) == 1
    assert told != {b""}
    assert [file.name for file in tmp_path.iterdir()] == ["master.key"]


def test_a_key_file_that_was_damaged_is_refused(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text("")

    with pytest.raises(ValueError, match=r"master\.key must be 64 hex digits"):
        open_master_keys(settings_in(tmp_path))


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    keys = open_master_keys(settings_in(tmp_path, master_key=ONE))

    assert keys.current().key == bytes.fromhex(ONE)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_value_is_refused_without_repeating_it(tmp_path: Path) -> None:
    for name in ("master_key", "master_key_new"):
        given = {"master_key": ONE, name: "hunter2"}
        with pytest.raises(ValueError, match=f"LYNEX_{name.upper()} must be 64 hex digits") as refusal:
            open_master_keys(settings_in(tmp_path, **given))
        assert "hunter2" not in str(refusal.value)


def test_the_next_key_lies_beside_the_present_one_until_it_takes_its_place(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    running = open_master_keys(settings)
    old = running.current()

    following = next_master_key(settings)

    assert next_master_key(settings) == following  # a rotation that broke off goes on with the same key
    assert (tmp_path / "master.key.new").stat().st_mode & 0o777 == 0o600
    assert running.get(following.id) == following
    assert (open_master_keys(settings).current(), open_master_keys(settings).get(following.id)) == (
        old,
        following,
    )

    take_next_master_key(settings)

    assert os.listdir(tmp_path) == ["master.key"]  # noqa: PTH208  # names are what counts
    assert open_master_keys(settings).current() == following
    with pytest.raises(Unreadable):
        open_master_keys(settings).get(old.id)


def test_with_the_environment_the_next_key_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="LYNEX_MASTER_KEY_NEW"):
        next_master_key(settings_in(tmp_path, master_key=ONE))

    given = settings_in(tmp_path, master_key=ONE, master_key_new=TWO)

    assert next_master_key(given).key == bytes.fromhex(TWO)
    assert open_master_keys(given).get(next_master_key(given).id).key == bytes.fromhex(TWO)
    take_next_master_key(given)
    assert list(tmp_path.iterdir()) == []
