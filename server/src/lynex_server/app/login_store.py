"""The session of the command line, in a file that its person alone may read."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import typer

from lynex_server.kernel.errors import Conflict


@dataclass(frozen=True, slots=True)
class Login:
    """Where somebody is signed in, as whom, and the token of the session."""

    url: str
    email: str
    token: str = field(repr=False)


class LoginStore:
    """One session, in `folder`, which is the user's configuration folder for Lynex when None."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = (Path(typer.get_app_dir("lynex")) if folder is None else folder) / "session.json"

    def save(self, login: Login) -> Path:
        """Keep the session, in place of the one before. Gives where."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._file.with_suffix(".new")
        beside.unlink(missing_ok=True)
        # Made for its owner alone: a file that is narrowed afterwards could be opened in between.
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(asdict(login), handle)
        beside.replace(self._file)
        return self._file

    def load(self) -> Login | None:
        """The session that is kept; None when there is none. Raises `Conflict` when the file is damaged."""
        try:
            return Login(**json.loads(self._file.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise Conflict(f"{self._file} is damaged: remove it, and sign in again") from error

    def forget(self) -> None:
        """Remove the session. Harmless when there is none."""
        self._file.unlink(missing_ok=True)
