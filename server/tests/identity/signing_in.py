"""An installation for the tests of signing in: its services over one database, and the mail it sends."""

import io
import re
from dataclasses import dataclass, field

import sqlalchemy as sa
from argon2 import PasswordHasher
from clocks import FixedClock

from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.engines.mail.console import ConsoleMailer
from lynex_server.engines.relational.database import Database
from lynex_server.identity.entrance import Entered, Visitor
from lynex_server.identity.model import Person
from lynex_server.identity.newcomers import Newcomer
from lynex_server.identity.organisations import FIRST_ORGANISATION
from lynex_server.identity.permissions import Role
from lynex_server.identity.place import Place
from lynex_server.identity.public import Identity, Passwords, SignIn, SignInSettings
from lynex_server.identity.sign_in import SentLink
from lynex_server.identity.tables import users
from lynex_server.safety.public import (
    AuditEntry,
    OutgoingClient,
    SafetySettings,
    Vault,
    fixed_master_key,
)

URL = "http://lynex.test"
ADA = "ada@acme.test"
LAPTOP = Visitor("192.0.2.7", "Firefox on a laptop")
PASSWORD = "nineteen green bicycles"
QUICK_PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Installation:
    """One process on a database. `outbox` holds what its console shows."""

    database: Database
    clock: FixedClock
    identity: Identity
    sign_in: SignIn
    vault: Vault
    outbox: io.StringIO = field(default_factory=io.StringIO)

    @classmethod
    def on(cls, database: Database, clock: FixedClock, **settings: object) -> "Installation":
        """A process on this database, with its own counts of attempts."""
        outbox = io.StringIO()
        vault = Vault(database, fixed_master_key(bytes(range(32))), clock)
        identity = Identity(database, vault, clock)
        sign_in = SignIn(
            database,
            clock,
            identity,
            vault,
            MemoryLimiter(),
            ConsoleMailer(outbox),
            OutgoingClient(SafetySettings(outgoing_allowed_networks="127.0.0.0/8,::1/128")),
            SignInSettings(**settings),
            QUICK_PASSWORDS,
        )
        return cls(database, clock, identity, sign_in, vault, outbox)

    def first_owner(
        self, email: str = ADA, password: str | None = None, visitor: Visitor = LAPTOP
    ) -> Entered:
        """The person who opens a fresh install."""
        link = self.sign_in.links.first_owner_link(URL)
        assert link is not None
        return self.sign_in.links.redeem(token_in(link), "", visitor, Newcomer(email, "", password))

    def ask_for_link(self, email: str = ADA, browser: str = "", address: str = "192.0.2.7") -> SentLink:
        """A browser asks for a link."""
        return self.sign_in.links.send(email, browser, URL, address)

    def mailed_tokens(self) -> list[str]:
        """The tokens of every link that was mailed, the oldest first."""
        return re.findall(r"/sign-in#token=(\S+)", self.outbox.getvalue())

    def audited(self, organisation_id: str = "default") -> list[AuditEntry]:
        """The organisation's audit log, the oldest first."""
        page = self.identity.audit.page(organisation_id, limit=1000)
        return list(reversed(page.entries))

    def actions(self, organisation_id: str = "default") -> list[str]:
        """What the organisation's audit log tells of, the oldest first."""
        return [entry.action for entry in self.audited(organisation_id)]

    def emails(self) -> list[str]:
        """Everybody with an account."""
        with self.database.read() as connection:
            return sorted(connection.execute(sa.select(users.c.email)).scalars())


def token_in(link: str) -> str:
    """What a link carries."""
    return link.partition("#token=")[2]


def person_of(entered: Entered) -> Person:
    """Who signed in, as the routes see him."""
    user = entered.user
    return Person(entered.begun.session.id, user.id, user.email, user.name, "192.0.2.7")


def invite(installation: Installation, inviter: Entered, email: str, role: Role = "member") -> str:
    """The token of an invitation to the first organisation."""
    place = Place(FIRST_ORGANISATION)
    made = installation.identity.invitations.create(person_of(inviter).actor(), place, email, role)
    return made.token
