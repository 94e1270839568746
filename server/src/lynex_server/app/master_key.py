"""Where the master key lies: in the environment, else in a file of the data folder that is made once.

While a rotation is under way there are two, and both are given: `LYNEX_MASTER_KEY_NEW`, or the file
`master.key.new`.
"""

import os
import re
import secrets
from pathlib import Path

from pydantic import SecretStr

from lynex_server.app.settings import AppSettings
from lynex_server.kernel.errors import Conflict
from lynex_server.safety.public import MasterKey, MasterKeys, master_key_of

_KEY_BYTES = 32


def open_master_keys(settings: AppSettings) -> MasterKeys:
    """The master keys of a process. Raises `ValueError` for what is not 64 hex digits."""
    return MasterKeys(lambda: _keys(settings))


def next_master_key(settings: AppSettings) -> MasterKey:
    """The key that a rotation leads to. In a data folder it is made, unless one that broke off made it.

    Raises `Conflict` when the environment gives a master key, but no new one.
    """
    if settings.master_key is None:
        file = _new_file(settings)
        _write_once(file, secrets.token_hex(_KEY_BYTES))
        return master_key_of(_read(file))
    if settings.master_key_new is None:
        raise Conflict(
            "The master key comes from LYNEX_MASTER_KEY: give the next one as LYNEX_MASTER_KEY_NEW."
        )
    return master_key_of(_parsed(settings.master_key_new, "LYNEX_MASTER_KEY_NEW"))


def take_next_master_key(settings: AppSettings) -> None:
    """Let the next key be the one in use: only when nothing is sealed under the old one any more.

    In a data folder the file is replaced in one step; the environment is the operator's to change.
    """
    if settings.master_key is None:
        _new_file(settings).replace(_file(settings))
        _sync_folder(settings.data_dir)


def _keys(settings: AppSettings) -> list[bytes]:
    if settings.master_key is None:
        # The next one is read first: if it takes the place of the present one in between, it is read twice,
        # and never not at all.
        new_file = _new_file(settings)
        following = [_read(new_file)] if new_file.exists() else []
        _write_once(_file(settings), secrets.token_hex(_KEY_BYTES))
        return [_read(_file(settings)), *following]
    keys = [_parsed(settings.master_key, "LYNEX_MASTER_KEY")]
    if settings.master_key_new is not None:
        keys.append(_parsed(settings.master_key_new, "LYNEX_MASTER_KEY_NEW"))
    return keys


def _file(settings: AppSettings) -> Path:
    return settings.data_dir / "master.key"


def _new_file(settings: AppSettings) -> Path:
    return settings.data_dir / "master.key.new"


def _parsed(given: SecretStr, name: str) -> bytes:
    text = given.get_secret_value()
    if not re.fullmatch(f"[0-9A-Fa-f]{{{2 * _KEY_BYTES}}}", text):
        raise ValueError(f"{name} must be {2 * _KEY_BYTES} hex digits")
    return bytes.fromhex(text)


def _read(file: Path) -> bytes:
    return _parsed(SecretStr(file.read_text().strip()), str(file))


def _write_once(file: Path, text: str) -> None:
    """Make `file` with this text, for its owner alone, unless it exists: nobody ever sees half of it."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.link(draft, file)
        _sync_folder(file.parent)
    except FileExistsError:
        return  # another process was quicker; its key is the key
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
