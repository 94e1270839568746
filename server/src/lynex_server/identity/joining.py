"""Joining by an invitation, for who has no account yet: whoever holds the link is the person it was sent to.

Where no mail is configured, the inviter hands the link over, and this is the only way in.
"""

from lynex_server.engines.relational.database import Database
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.entrance import Entered, Entrance, Visitor
from lynex_server.identity.invitations import Invitations
from lynex_server.identity.model import Person
from lynex_server.identity.newcomers import Newcomer, hash_of, new_user
from lynex_server.identity.passwords import Passwords
from lynex_server.kernel.clock import Clock


class Joining:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        invitations: Invitations,
        entrance: Entrance,
        attempts: Attempts,
        passwords: Passwords,
    ) -> None:
        self._database = database
        self._clock = clock
        self._invitations = invitations
        self._entrance = entrance
        self._attempts = attempts
        self._passwords = passwords

    def join(self, token: str, name: str, password: str | None, visitor: Visitor) -> Entered:
        """Make an account for the invited address, accept the invitation, and sign in.

        Raises `NotFound` for a token that is not open (any more), `Conflict` when the address has an account
        (then its person signs in and accepts), `InvalidInput`, `TooManyRequests`.
        """
        self._attempts.count("join", visitor.address)
        with self._database.begin() as connection:
            email = self._invitations.locked(connection, token).email
        hashed = hash_of(self._passwords, Newcomer(email, name, password))  # slow: not inside a transaction
        with self._database.begin() as connection:
            invitation = self._invitations.locked(connection, token)
            newcomer = Newcomer(invitation.email, name)
            user = new_user(self._database, connection, newcomer, hashed, self._clock.now_us())
            person = Person("", user.id, user.email, user.name, visitor.address)
            self._invitations.accept_in(connection, person, invitation)
            return self._entrance.let_in(connection, user, "invitation", visitor)
