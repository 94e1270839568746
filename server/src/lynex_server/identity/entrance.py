"""The one way in: however somebody proved who he is, here his session begins, and is accounted for."""

from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import tenant_storage
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.sessions import NewSession, SessionKind, Sessions
from lynex_server.identity.user_storage import User, find_user_by_email
from lynex_server.safety.public import Actor, AuditLog

TOLD_ORGANISATIONS = 50
"""In how many of a person's organisations an event of his account is told, at most."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from, as a session shows it to its person later."""

    address: str
    user_agent: str
    session: str = ""
    """The token of the session that this browser has so far: it ends when another one begins."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who just signed in."""

    user: User
    begun: NewSession


class Entrance:
    """Begins and ends sessions with an audit row in each organisation that the person belongs to."""

    def __init__(self, database: Database, sessions: Sessions, audit: AuditLog, attempts: Attempts) -> None:
        self._database = database
        self._sessions = sessions
        self._audit = audit
        self._attempts = attempts

    def let_in(
        self, connection: sa.Connection, user: User, how: str, visitor: Visitor, kind: SessionKind = "browser"
    ) -> Entered:
        """Begin a session inside the caller's transaction, the last thing in it.

        Every sign-in has a new token: one that was known before, to whomever, is worth nothing after it.
        """
        if visitor.session:
            self._sessions.end_by_token(connection, visitor.session)
        begun = self._sessions.begin(connection, user.id, kind, visitor.address, visitor.user_agent)
        actor = actor_of(user, visitor)
        after: dict[str, object] = {"how": how, "kind": kind, "user_agent": begun.session.user_agent}
        self.tell(connection, actor, told_in(connection, user.id), "session.begun", begun.session.id, after)
        return Entered(user, begun)

    def tell(
        self,
        connection: sa.Connection,
        actor: Actor,
        organisation_ids: list[str],
        action: str,
        target: str,
        after: dict[str, object] | None = None,
    ) -> None:
        """Record an event of an account in each of these organisations (`told_in`)."""
        for organisation_id in organisation_ids:
            self._audit.record(
                connection, actor, action, organisation_id=organisation_id, target=target, after=after
            )

    def note_failure(self, email: str, how: str, visitor: Visitor) -> None:
        """Record that signing in failed; for an address that is nobody's, without it. A few times an hour."""
        if not self._attempts.may_be_noted(email):
            return
        actor = Actor("system", "sign_in", "", visitor.address)
        with self._database.begin() as connection:
            user = find_user_by_email(connection, email)
            user_id = "" if user is None else user.id
            self.tell(
                connection, actor, told_in(connection, user_id), "sign_in.failed", user_id, {"how": how}
            )


def told_in(connection: sa.Connection, user_id: str) -> list[str]:
    """The organisations whose logs tell of a person's account; the installation's own where he is in none.

    In one order: each log's end is held until the transaction ends, and two that go in opposite ways would
    wait for each other.
    """
    found = tenant_storage.organisations_of_user(connection, user_id, TOLD_ORGANISATIONS)
    return sorted(each.id for each in found) or [""]


def actor_of(user: User, visitor: Visitor) -> Actor:
    """Who the audit log names."""
    return Actor("user", user.id, user.email, visitor.address)
