"""Blobs as plain files under one folder, so that the columnar engine can read them itself.

A body is written to `~staging`, a name no key can have, synced, and renamed into place; then the folder is
synced. A crash leaves at most a staged file, which a later start removes. A key cannot also be the folder of
another key (`a` and `a/b`): the second `put` is refused.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from lynex_server.engines.blob.keys import check_key, is_key
from lynex_server.kernel.errors import Busy, InvalidInput, NotFound

STAGED_FILE_MAX_AGE_S = 24 * 3600


class FolderBlob:
    """See `protocol.Blob` for the promises. Several processes may share the folder."""

    def __init__(self, root: Path) -> None:
        """Use the folder `root`, created when missing."""
        self._root = root
        self._staging = root / "~staging"
        self._staging.mkdir(parents=True, exist_ok=True)
        self._remove_stale_staged_files()

    def put(self, key: str, body: bytes) -> None:
        """As promised by the protocol."""
        check_key(key)
        target = self._root / key
        staged = self._staging / uuid4().hex
        try:
            self._make_folder(target.parent)
            _write_synced(staged, body)
            staged.replace(target)
            _sync_folder(target.parent)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            staged.unlink(missing_ok=True)
            raise InvalidInput(f"a stored object is in the way of {key!r}", field="key") from error
        except OSError as error:
            staged.unlink(missing_ok=True)
            raise Busy(f"the folder for stored objects cannot be written: {error.strerror}") from error

    def get(self, key: str) -> bytes:
        """As promised by the protocol."""
        check_key(key)
        try:
            return (self._root / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFound(f"no stored object {key!r}") from error
        except OSError as error:
            raise Busy(f"the folder for stored objects cannot be read: {error.strerror}") from error

    def delete(self, key: str) -> None:
        """As promised by the protocol. Folders stay: removing one could pull it from under a `put`."""
        check_key(key)
        target = self._root / key
        try:
            target.unlink()
            _sync_folder(target.parent)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return
        except OSError as error:
            raise Busy(f"the folder for stored objects cannot be written: {error.strerror}") from error

    def keys(self, prefix: str = "") -> Iterator[str]:
        """As promised by the protocol."""
        return self._keys_below("", prefix)

    def close(self) -> None:
        """Nothing is held open."""

    def _keys_below(self, folder: str, prefix: str) -> Iterator[str]:
        """`folder` is empty or ends with a slash, like every folder's name here: so they sort as keys do."""
        try:
            with os.scandir(self._root / folder) as found:
                names = sorted(entry.name + "/" * entry.is_dir() for entry in found)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Busy(f"the folder for stored objects cannot be read: {error.strerror}") from error
        for name in names:
            path = folder + name
            if path.endswith("/"):
                if is_key(path[:-1]) and (path.startswith(prefix) or prefix.startswith(path)):
                    yield from self._keys_below(path, prefix)
            elif path.startswith(prefix) and is_key(path):
                yield path

    def _make_folder(self, folder: Path) -> None:
        """Create `folder` durably: each new one is synced into its parent."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)

    def _remove_stale_staged_files(self) -> None:
        for staged in self._staging.iterdir():
            try:
                if time.time() - staged.stat().st_mtime > STAGED_FILE_MAX_AGE_S:
                    staged.unlink()
            except FileNotFoundError:
                # Another process put it in place, or removed it first.
                continue


def _write_synced(path: Path, body: bytes) -> None:
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
