"""`lynex login`: the command line shows a short code, a signed-in browser confirms it, and the command line,
which has been asking meanwhile, gets a session of its own. After RFC 8628, the device authorization grant.
"""

import secrets
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.entrance import Entered, Entrance, Visitor
from lynex_server.identity.model import Person
from lynex_server.identity.secret import MAX_SECRET_CHARS, secret_sha256
from lynex_server.identity.sessions import MAX_USER_AGENT_CHARS
from lynex_server.identity.tables import cli_attempts
from lynex_server.identity.user_storage import find_user
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import NotFound, Unauthorized

LIFETIME_S = 600
ASK_EVERY_S = 2
CLI_PATH = "/cli"

_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # none that look alike, no vowels: no words. Source: RFC 8628, 6.1.
_CODE_CHARS = 8
_DEVICE_BYTES = 32

Decision = Literal["confirm", "refuse"]


@dataclass(frozen=True, slots=True)
class CliAttempt:
    """A command line that waits. `device_code` is its secret, `user_code` what its person compares."""

    device_code: str = field(repr=False)
    user_code: str


@dataclass(frozen=True, slots=True)
class WaitingCli:
    """What a person is shown before he lets a command line in."""

    user_code: str
    address: str
    user_agent: str
    created_at_us: int


class CliSignIn:
    """The service. Calls block and are safe from any thread."""

    def __init__(self, database: Database, clock: Clock, entrance: Entrance, attempts: Attempts) -> None:
        self._database = database
        self._clock = clock
        self._entrance = entrance
        self._attempts = attempts

    def begin(self, visitor: Visitor) -> CliAttempt:
        """Let a command line wait, for `LIFETIME_S`. Raises `TooManyRequests`."""
        self._attempts.count("cli", visitor.address)
        attempt = CliAttempt(secrets.token_urlsafe(_DEVICE_BYTES), _new_code())
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            connection.execute(sa.delete(cli_attempts).where(cli_attempts.c.expires_at_us <= now_us))
            connection.execute(
                sa.insert(cli_attempts).values(
                    device_sha256=secret_sha256(attempt.device_code),
                    user_code=attempt.user_code,
                    address=visitor.address,
                    user_agent=visitor.user_agent[:MAX_USER_AGENT_CHARS],
                    created_at_us=now_us,
                    expires_at_us=now_us + LIFETIME_S * MICROS_PER_SECOND,
                    user_id=None,
                )
            )
        return attempt

    def waiting(self, person: Person, user_code: str) -> WaitingCli:
        """The command line that shows this code. Raises `NotFound`, `TooManyRequests` for whoever guesses."""
        self._attempts.count("cli code", person.address, person.user_id)
        with self._database.read() as connection:
            row = connection.execute(sa.select(cli_attempts).where(self._waits(user_code))).first()
        if row is None:
            raise _no_such_code()
        return WaitingCli(row.user_code, row.address, row.user_agent, row.created_at_us)

    def decide(self, person: Person, user_code: str, decision: Decision) -> None:
        """Let the command line with this code in as `person`, or refuse it. Raises as `waiting` does."""
        self._attempts.count("cli code", person.address, person.user_id)
        with self._database.begin() as connection:
            decided = connection.execute(
                sa.update(cli_attempts)
                .where(self._waits(user_code))
                .values(user_id=person.user_id if decision == "confirm" else "")
            )
        if decided.rowcount != 1:
            raise _no_such_code()

    def finish(self, device_code: str, visitor: Visitor) -> Entered | None:
        """The session of the command line, once; None while nobody has decided.

        Raises `Unauthorized` when it was refused, took too long, or has had its session already.
        """
        if not 0 < len(device_code) <= MAX_SECRET_CHARS:
            raise _over()
        mine = cli_attempts.c.device_sha256 == secret_sha256(device_code)
        with self._database.read() as connection:
            row = connection.execute(sa.select(cli_attempts).where(mine)).first()
        if row is None or row.expires_at_us <= self._clock.now_us():
            raise _over()
        if row.user_id is None:
            return None
        with self._database.begin() as connection:
            # Of two who ask at once, the second finds nothing.
            taken = connection.execute(sa.delete(cli_attempts).where(mine)).rowcount == 1
            user = find_user(connection, row.user_id) if taken else None
            if user is not None:
                return self._entrance.let_in(connection, user, "command line", visitor, "cli")
        raise _over()

    def _waits(self, user_code: str) -> sa.ColumnElement[bool]:
        return sa.and_(
            cli_attempts.c.user_code == _plain_code(user_code),
            cli_attempts.c.user_id.is_(None),
            cli_attempts.c.expires_at_us > self._clock.now_us(),
        )


def _new_code() -> str:
    return _grouped("".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_CHARS)))


def _plain_code(text: str) -> str:
    """The code as it is kept, whichever way somebody typed it."""
    return _grouped("".join(char for char in text.upper() if char in _CODE_LETTERS)[: _CODE_CHARS + 1])


def _grouped(letters: str) -> str:
    return f"{letters[:4]}-{letters[4:]}"


def _no_such_code() -> NotFound:
    return NotFound("No command line waits with this code: it may have taken too long.")


def _over() -> Unauthorized:
    return Unauthorized("This attempt to sign in is over: begin again.")
