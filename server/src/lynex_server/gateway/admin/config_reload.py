"""Keeps a project as its configuration file says: at start, and whenever the file changes."""

import hashlib
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from lynex_server.gateway.admin.config_apply import ConfigApplier
from lynex_server.gateway.admin.config_document import MAX_FILE_BYTES, ReadVariable, WantedConfig, read_config
from lynex_server.kernel.errors import Busy, InvalidInput, LynexError

LOOK_EVERY_S = 1.0
AGAIN_AFTER_LOOKS = 30
"""What was refused is tried again so often: it may have missed something that people make."""
STOP_TIMEOUT_S = 10.0

_log = structlog.get_logger(__name__)


class ConfigReloader:
    """Looks at the file, and has it applied. Without a file it does nothing."""

    def __init__(self, path: Path | None, applier: ConfigApplier, read_variable: ReadVariable) -> None:
        self._path = path
        self._applier = applier
        self._read_variable = read_variable
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lynex-gateway-config", daemon=True)
        self._seen = b""
        self._looks_until_again = 0
        self._secret_files: Sequence[Path] = ()
        self._project_id = ""
        self._error = ""

    def error_of(self, project_id: str) -> str:
        """What is wrong with the file that is about this project; empty when nothing is."""
        return self._error if project_id == self._project_id else ""

    def start(self) -> None:
        """Have the file applied, and go on looking at it. What is wrong with it is logged."""
        if self._path is not None:
            self.look()
            self._thread.start()

    def stop(self) -> None:
        """End after the look in hand. Harmless when it was never started."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def look(self) -> None:
        """Have the file applied if it, or a file with a secret that it names, is not as it was."""
        if self._path is None:
            return
        secret_files = self._secret_files
        found = _fingerprint([self._path, *secret_files])
        self._looks_until_again -= 1
        if found == self._seen and (not self._error or self._looks_until_again > 0):
            return
        try:
            self._apply(self._path)
        except Exception as error:  # the edge of the thread: it must go on seeing changes
            self._refused(str(self._path), error)
        else:
            self._error = ""
            _log.info("gateway.config_applied", path=str(self._path), project_id=self._project_id)
        # Files that it names only now are looked at from the next time on.
        self._seen = found if self._secret_files == secret_files else b""

    def _apply(self, path: Path) -> None:
        config = self._read(path)
        self._secret_files = config.secret_files
        self._project_id = self._applier.project(config.project_id).id
        self._applier.apply(config)

    def _read(self, path: Path) -> WantedConfig:
        try:
            with path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise InvalidInput(f"it cannot be read: {error.strerror}") from error
        return read_config(content, path.parent, self._read_variable)

    def _refused(self, path: str, error: Exception) -> None:
        """Remember why, tell it once, and try again: soon when it is not the file's fault."""
        self._looks_until_again = 1 if isinstance(error, Busy) else AGAIN_AFTER_LOOKS
        if not isinstance(error, LynexError):
            _log.error("gateway.config_failed", path=path, exc_info=error)
        elif str(error) != self._error:
            _log.error("gateway.config_refused", path=path, reason=str(error))
        self._error = str(error) if isinstance(error, LynexError) else "it could not be applied: see the log"
        if not self._project_id:
            with suppress(LynexError):  # of several projects none can be told
                self._project_id = self._applier.project("").id

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self.look()


def _fingerprint(paths: Sequence[Path]) -> bytes:
    """Of the contents; a file that cannot be read has one, too."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                digest.update(hashlib.sha256(file.read(MAX_FILE_BYTES + 1)).digest())
        except OSError:
            digest.update(b"unreadable")
    return digest.digest()
