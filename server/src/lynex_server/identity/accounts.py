"""What a person does with his own account: sign in by password, set it, look after his sessions, leave."""

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.entrance import Entered, Entrance, Visitor, told_in
from lynex_server.identity.members import Members
from lynex_server.identity.model import Person
from lynex_server.identity.names import MAX_EMAIL_CHARS
from lynex_server.identity.passwords import Passwords, check_strength
from lynex_server.identity.sessions import SessionKind, Sessions
from lynex_server.identity.tables import invitations, sessions, sign_in_links
from lynex_server.identity.user_storage import (
    User,
    find_user,
    find_user_by_email,
    remove_user,
    replace_password,
)
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, Forbidden, InvalidInput, Unauthorized

FRESH_US = 15 * 60 * MICROS_PER_SECOND
"""How long a sign-in counts as proof that it is still the same person, for who has no password."""


class Accounts:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sessions: Sessions,
        members: Members,
        entrance: Entrance,
        attempts: Attempts,
        passwords: Passwords,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sessions = sessions
        self._members = members
        self._entrance = entrance
        self._attempts = attempts
        self._passwords = passwords

    def sign_in(self, email: str, password: str, visitor: Visitor, kind: SessionKind = "browser") -> Entered:
        """Sign in by password.

        Raises `Unauthorized` with the same text and after the same work whether the account exists, has a
        password, or another one; `TooManyRequests`.
        """
        email = email.strip().lower()[:MAX_EMAIL_CHARS]
        self._attempts.count("password", visitor.address, email)
        with self._database.read() as connection:
            user = find_user_by_email(connection, email)
        kept = None if user is None else user.password_hash
        checked = self._passwords.check(kept, password)
        if user is None or not checked.right:
            self._entrance.note_failure(email, "password", visitor)
            raise _wrong()
        with self._database.begin() as connection:
            # Unless it was changed meanwhile: then this is the old one.
            if not replace_password(connection, user.id, kept, checked.better_hash or kept):
                raise _wrong()
            return self._entrance.let_in(connection, user, "password", visitor, kind)

    def set_password(self, person: Person, old: str | None, new: str) -> None:
        """Set or change a password; every other session ends.

        Raises `Forbidden` when there is a password and `old` is not it, `InvalidInput` for a weak one,
        `TooManyRequests` for whoever guesses the old one.
        """
        user = self._user(person)
        self._prove(user, person, old)
        check_strength(new, user.email)
        hashed = self._passwords.hash(new)
        with self._database.begin() as connection:
            if not replace_password(connection, user.id, user.password_hash, hashed):
                raise Conflict("The password was changed a moment ago.")
            ended = self._sessions.end_all(connection, user.id, except_id=person.session_id)
            after: dict[str, object] = {"sessions_ended": ended}
            self._tell(connection, person, "account.password_set", user.id, after)
        self._sessions.forget()

    def has_password(self, person: Person) -> bool:
        """Whether the person has set one."""
        return self._user(person).password_hash is not None

    def end_session(self, person: Person, session_id: str) -> None:
        """End one of one's own sessions, also the one in use. Raises `NotFound`."""
        with self._database.begin() as connection:
            self._sessions.end(connection, person.user_id, session_id)
            self._tell(connection, person, "session.ended", session_id)
        self._sessions.forget()

    def end_other_sessions(self, person: Person) -> int:
        """End every session but the one in use. Gives how many ended."""
        with self._database.begin() as connection:
            ended = self._sessions.end_all(connection, person.user_id, except_id=person.session_id)
            after: dict[str, object] = {"sessions_ended": ended}
            self._tell(connection, person, "session.others_ended", person.user_id, after)
        self._sessions.forget()
        return ended

    def delete(self, person: Person, password: str | None) -> None:
        """Delete the account: sessions, memberships and all that is known of the person, for good. The audit
        log keeps what he did, by his id and the address he had.

        Raises `Conflict` for the last owner of an organisation, `Forbidden` without fresh proof of who it is:
        the password, or where there is none, a session that began within `FRESH_US`.
        """
        user = self._user(person)
        self._prove(user, person, password)
        if user.password_hash is None:
            self._require_fresh_session(person)
        with self._database.begin() as connection:
            told = told_in(connection, user.id)
            self._members.leave_everything(connection, person.actor(), user.id)
            self._entrance.tell(connection, person.actor(), told, "account.deleted", user.id)
            connection.execute(sa.delete(sessions).where(sessions.c.user_id == user.id))
            connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.email == user.email))
            connection.execute(sa.delete(invitations).where(invitations.c.email == user.email))
            remove_user(connection, user.id)
        self._sessions.forget()

    def _tell(
        self,
        connection: sa.Connection,
        person: Person,
        action: str,
        target: str,
        after: dict[str, object] | None = None,
    ) -> None:
        told = told_in(connection, person.user_id)
        self._entrance.tell(connection, person.actor(), told, action, target, after)

    def _prove(self, user: User, person: Person, password: str | None) -> None:
        if user.password_hash is None:
            return
        if not password:
            raise InvalidInput("Give your password, to prove that it is you.", field="password")
        self._attempts.count("proof", person.address, user.email)
        if not self._passwords.check(user.password_hash, password).right:
            visitor = Visitor(person.address, "")
            self._entrance.note_failure(user.email, "proof", visitor)
            raise Forbidden("This is not your password.")

    def _require_fresh_session(self, person: Person) -> None:
        session = self._sessions.find(person.user_id, person.session_id)
        if self._clock.now_us() - session.created_at_us > FRESH_US:
            raise Forbidden("Sign out and in again, to prove that it is you.")

    def _user(self, person: Person) -> User:
        with self._database.read() as connection:
            user = find_user(connection, person.user_id)
        if user is None:
            raise Unauthorized("This account is gone.")
        return user


def _wrong() -> Unauthorized:
    return Unauthorized("The e-mail address or the password is wrong.")
