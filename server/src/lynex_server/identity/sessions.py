"""Sessions: what a person holds after signing in, a cookie in a browser or a token of the command line.

- A token is `lxs_` and about 250 random bits; only its SHA-256 is stored, so the table cannot be used to
  enter.
- A session ends when its person ends it, `session_max_days` after it began, or after `session_idle_days`
  without a request. A process that is asked learns of that within `REMEMBERED_US`.
- One person has at most `MAX_SESSIONS` at once: a further one ends the one that was used longest ago.
"""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from starlette.requests import cookie_parser

from lynex_server.engines.relational.database import Database
from lynex_server.identity.recent import Recent
from lynex_server.identity.secret import MAX_SECRET_CHARS, secret_sha256
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.tables import sessions, users
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy, NotFound
from lynex_server.kernel.ids import UserId, new_id

SESSION_COOKIE = "lynex_session"
TOKEN_PREFIX = "lxs_"  # noqa: S105  # how a token begins, not one
REMEMBERED_US = MICROS_PER_SECOND // 2
"""A session that was ended elsewhere works here for at most this long: half of the promised second."""
REMEMBERED_ANSWERS = 10_000
SEEN_EVERY_US = 60 * MICROS_PER_SECOND
"""How exactly `last_seen_at_us` is kept: writing it at each request would make every read a write."""
MAX_SESSIONS = 100
MAX_USER_AGENT_CHARS = 300

_DAY_US = 24 * 3600 * MICROS_PER_SECOND
_RANDOM_CHARS = 42
_BASE62 = string.digits + string.ascii_letters

SessionKind = Literal["browser", "cli"]


@dataclass(frozen=True, slots=True)
class SessionUser:
    """The person behind a session."""

    session_id: str
    user_id: UserId
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its person sees it: where it was begun, when, and with which browser or program."""

    id: str
    user_id: UserId
    kind: SessionKind
    address: str
    user_agent: str
    created_at_us: int
    last_seen_at_us: int
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that was just begun. `token` proves it, and cannot be read again later."""

    session: Session
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Presented:
    """A session token as a request carries it. With `by_cookie`, the browser added it by itself, so that a
    request which changes something has to prove that our own page sent it (`csrf.py`)."""

    token: str = field(repr=False)
    by_cookie: bool


class Sessions:
    """Begins, finds and ends sessions. Calls block (a look-up) and are safe from any thread."""

    def __init__(self, database: Database, clock: Clock, settings: SignInSettings) -> None:
        self._database = database
        self._clock = clock
        self._max_age_us = settings.session_max_days * _DAY_US
        self._idle_us = settings.session_idle_days * _DAY_US
        self._users: Recent[bytes, SessionUser] = Recent(clock, REMEMBERED_US, REMEMBERED_ANSWERS)

    def user_of(self, token: str) -> SessionUser | None:
        """Who holds `token`; None when no session that is still open has it. Raises `Busy`."""
        known = self.remembered(token)
        if known is not None:
            return known
        if not is_session_token(token):
            return None
        now_us = self._clock.now_us()
        with self._database.read() as connection:
            row = connection.execute(self._open_session(secret_sha256(token), now_us)).first()
        if row is None:
            return None
        user = SessionUser(row.id, UserId(row.user_id), row.email, row.name)
        if now_us - row.last_seen_at_us >= SEEN_EVERY_US:
            self._see(user.session_id, now_us)
        self._users.put(secret_sha256(token), user, now_us)
        return user

    def remembered(self, token: str) -> SessionUser | None:
        """As `user_of`, from memory alone: for an event loop, which must not wait. None: ask on a thread."""
        return self._users.get(secret_sha256(token)) if is_session_token(token) else None

    def begin(
        self, connection: sa.Connection, user_id: UserId, kind: SessionKind, address: str, user_agent: str
    ) -> NewSession:
        """Begin a session inside the caller's transaction; its token is in the answer alone.

        Sessions of this person that are over leave the table with it.
        """
        now_us = self._clock.now_us()
        session = Session(
            id=new_id("ses"),
            user_id=user_id,
            kind=kind,
            address=address,
            user_agent=user_agent[:MAX_USER_AGENT_CHARS],
            created_at_us=now_us,
            last_seen_at_us=now_us,
            expires_at_us=now_us + self._max_age_us,
        )
        token = _new_token()
        self._make_room(connection, user_id, now_us)
        connection.execute(
            sa.insert(sessions).values(
                id=session.id,
                user_id=user_id,
                token_sha256=secret_sha256(token),
                kind=kind,
                address=address,
                user_agent=session.user_agent,
                created_at_us=now_us,
                last_seen_at_us=now_us,
                expires_at_us=session.expires_at_us,
                revoked_at_us=None,
            )
        )
        return NewSession(session, token)

    def list_of(self, user_id: UserId) -> list[Session]:
        """The open sessions of a person, at most `MAX_SESSIONS`, the last used first."""
        statement = (
            sa.select(sessions)
            .where(sessions.c.user_id == user_id, *self._is_open(self._clock.now_us()))
            .order_by(sessions.c.last_seen_at_us.desc(), sessions.c.id.desc())
            .limit(MAX_SESSIONS)
        )
        with self._database.read() as connection:
            return [_session(row) for row in connection.execute(statement)]

    def find(self, user_id: UserId, session_id: str) -> Session:
        """One open session of a person. Raises `NotFound`, also when it is somebody else's."""
        for session in self.list_of(user_id):
            if session.id == session_id:
                return session
        raise NotFound("There is no such session.")

    def end(self, connection: sa.Connection, user_id: UserId, session_id: str) -> None:
        """End one session of a person, inside the caller's transaction. Harmless when repeated.

        Call `forget` after the commit. Raises `NotFound` when the person has no such session.
        """
        ended = connection.execute(
            sa.update(sessions)
            .where(sessions.c.id == session_id, sessions.c.user_id == user_id)
            .values(revoked_at_us=sa.func.coalesce(sessions.c.revoked_at_us, self._clock.now_us()))
        )
        if ended.rowcount == 0:
            raise NotFound("There is no such session.")

    def end_by_token(self, connection: sa.Connection, token: str) -> None:
        """End the session with this token, where there is one, inside the caller's transaction.

        Call `forget` after the commit, or it works here for up to `REMEMBERED_US`.
        """
        connection.execute(
            sa.update(sessions)
            .where(sessions.c.token_sha256 == secret_sha256(token), sessions.c.revoked_at_us.is_(None))
            .values(revoked_at_us=self._clock.now_us())
        )

    def end_all(self, connection: sa.Connection, user_id: UserId, except_id: str = "") -> int:
        """End every open session of a person but `except_id`, inside the caller's transaction.

        Gives how many ended. Call `forget` after the commit.
        """
        now_us = self._clock.now_us()
        ended = connection.execute(
            sa.update(sessions)
            .where(sessions.c.user_id == user_id, sessions.c.id != except_id, *self._is_open(now_us))
            .values(revoked_at_us=now_us)
        )
        return ended.rowcount

    def forget(self) -> None:
        """Let this process ask the database again: what was ended just now ends here at once."""
        self._users.clear()

    def _is_open(self, now_us: int) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            sessions.c.revoked_at_us.is_(None),
            sessions.c.expires_at_us > now_us,
            sessions.c.last_seen_at_us > now_us - self._idle_us,
        )

    def _open_session(self, sha256: bytes, now_us: int) -> sa.Select[tuple[str, str, int, str, str]]:
        return (
            sa.select(
                sessions.c.id, sessions.c.user_id, sessions.c.last_seen_at_us, users.c.email, users.c.name
            )
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.token_sha256 == sha256, *self._is_open(now_us))
        )

    def _see(self, session_id: str, now_us: int) -> None:
        try:
            with self._database.begin() as connection:
                connection.execute(
                    sa.update(sessions)
                    .where(sessions.c.id == session_id, sessions.c.last_seen_at_us < now_us)
                    .values(last_seen_at_us=now_us)
                )
        except Busy:
            return  # the next request tries again; who may read is not turned away for it

    def _make_room(self, connection: sa.Connection, user_id: UserId, now_us: int) -> None:
        mine = sessions.c.user_id == user_id
        connection.execute(sa.delete(sessions).where(mine, sa.not_(sa.and_(*self._is_open(now_us)))))
        kept = (
            sa.select(sessions.c.id)
            .where(mine)
            .order_by(sessions.c.last_seen_at_us.desc(), sessions.c.id.desc())
            .limit(MAX_SESSIONS - 1)
        )
        connection.execute(sa.delete(sessions).where(mine, sessions.c.id.not_in(kept)))


def is_session_token(text: str) -> bool:
    """Whether `text` can be the token of a session, and not an API key."""
    return text.startswith(TOKEN_PREFIX) and len(text) <= MAX_SECRET_CHARS


def presented_in(headers: Mapping[str, str]) -> Presented | None:
    """The session token that a request carries: `Authorization: Bearer lxs_…`, else the cookie.

    `headers` ignores case or has lower-case names. None where there is neither, or where the request proves
    itself with an API key: a program's request is never taken for the person's whose browser runs it.
    """
    if "x-api-key" in headers or "x-lynex-signature" in headers:
        return None
    authorization = headers.get("authorization")
    if authorization is not None:
        scheme, _, value = authorization.partition(" ")
        is_token = scheme.lower() == "bearer" and is_session_token(value.strip())
        return Presented(value.strip(), by_cookie=False) if is_token else None
    token = cookie_in(headers, SESSION_COOKIE)
    return Presented(token, by_cookie=True) if is_session_token(token) else None


def cookie_in(headers: Mapping[str, str], name: str) -> str:
    """The value of a cookie, empty when it is not sent."""
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def _new_token() -> str:
    return TOKEN_PREFIX + "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_CHARS))


def _session(row: sa.Row[Any]) -> Session:
    return Session(
        id=row.id,
        user_id=UserId(row.user_id),
        kind=row.kind,
        address=row.address,
        user_agent=row.user_agent,
        created_at_us=row.created_at_us,
        last_seen_at_us=row.last_seen_at_us,
        expires_at_us=row.expires_at_us,
    )
