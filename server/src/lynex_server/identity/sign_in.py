"""Signing in by a link that is sent by mail, or that whoever installs Lynex finds on the console.

- A link is used once, within `sign_in_link_minutes`, in the browser that asked for it: who reads the mail, or
  the logs of what it passed through, has nothing. Programs that look at links before people do only `GET`.
- Asking for a link has one answer, whoever is asked for, after the same work.
- The link of the first owner has no address: whoever has it becomes the owner of the first organisation. It
  works in any browser, until there is a first person.
"""

import secrets
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
import structlog

from lynex_server.engines.mail.protocol import Mail, Mailer
from lynex_server.engines.relational.database import Database
from lynex_server.identity import invitation_storage
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.entrance import Entered, Entrance, Visitor, actor_of
from lynex_server.identity.members import Members
from lynex_server.identity.model import Membership
from lynex_server.identity.names import checked_email
from lynex_server.identity.newcomers import Newcomer, hash_of, new_user
from lynex_server.identity.organisations import FIRST_ORGANISATION, Organisations
from lynex_server.identity.passwords import Passwords
from lynex_server.identity.secret import MAX_SECRET_CHARS, secret_sha256
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.tables import sign_in_links
from lynex_server.identity.user_storage import User, any_user_exists, find_user_by_email
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy, Forbidden, InvalidInput, Unauthorized

TOKEN_BYTES = 32
FIRST_OWNER_LINKS = 20
"""How many links of a first owner work at once: each start of each process prints one."""
FOREVER_US = 2**62
SIGN_IN_PATH = "/sign-in"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SentLink:
    """A link that was asked for. `browser` is what the browser has to show again, as a cookie."""

    token: str = field(repr=False)
    browser: str = field(repr=False)


class SignInLinks:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entrance: Entrance,
        attempts: Attempts,
        organisations: Organisations,
        members: Members,
        mailer: Mailer,
        passwords: Passwords,
        settings: SignInSettings,
    ) -> None:
        self._database = database
        self._clock = clock
        self._entrance = entrance
        self._attempts = attempts
        self._organisations = organisations
        self._members = members
        self._mailer = mailer
        self._passwords = passwords
        self._minutes = settings.sign_in_link_minutes

    @property
    def are_delivered(self) -> bool:
        """Whether links are sent to people, and not just written onto the console."""
        return self._mailer.delivers

    def owner_exists(self) -> bool:
        """Whether anybody has an account yet."""
        with self._database.read() as connection:
            return any_user_exists(connection)

    def send(self, email: str, browser: str, url: str, address: str) -> SentLink:
        """Send a link to whoever has an account or an invitation with this address.

        `browser` is what this browser got when it last asked, or empty; `url` is where people reach Lynex.
        Raises `InvalidInput` for what is no address, `TooManyRequests`, `Busy`.
        """
        email = checked_email(email)
        self._attempts.count("link", address, email)
        sent = SentLink(_new_token(), browser if _may_be_token(browser) else _new_token())
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.expires_at_us <= now_us))
            self._add(connection, sent.token, email, sent.browser, self._minutes * 60 * MICROS_PER_SECOND)
            known = may_enter(connection, email, now_us)
        if known:
            self._mail(email, f"{url}{SIGN_IN_PATH}#token={sent.token}")
        return sent

    def redeem(self, token: str, browser: str, visitor: Visitor, newcomer: Newcomer | None = None) -> Entered:
        """Sign in by a link, once. `newcomer` is for the link of the first owner.

        Raises `Unauthorized` for a link that does not work (any more), `Forbidden` in another browser than
        the one that asked, `InvalidInput` when the first owner has not said who he is, `TooManyRequests`.
        """
        self._attempts.count("redeem", visitor.address)
        link = self._link(token) if _may_be_token(token) else None
        if link is None:
            raise _does_not_work()
        email, asked_by = link
        if email == "":
            return self._redeem_first(token, visitor, newcomer)
        if asked_by != secret_sha256(browser):
            raise Forbidden(
                "Open this link in the browser in which you asked for it, or ask for a new one here."
            )
        with self._database.begin() as connection:
            self._use_up(connection, token)
            user = find_user_by_email(connection, email)
            if user is None and invitation_storage.is_invited(connection, email, self._clock.now_us()):
                user = new_user(self._database, connection, Newcomer(email), None, self._clock.now_us())
            if user is None:
                raise _does_not_work()
            return self._entrance.let_in(connection, user, "link", visitor)

    def first_owner_link(self, url: str) -> str | None:
        """A new link that makes its reader the first owner; None when there is one."""
        token = _new_token()
        with self._database.begin() as connection:
            self._database.lock(connection, "lynex first owner")
            if any_user_exists(connection):
                return None
            self._add(connection, token, "", None, FOREVER_US)
            kept = (
                sa.select(sign_in_links.c.token_sha256)
                .where(sign_in_links.c.email == "")
                .order_by(sign_in_links.c.created_at_us.desc(), sign_in_links.c.token_sha256)
                .limit(FIRST_OWNER_LINKS)
            )
            connection.execute(
                sa.delete(sign_in_links).where(
                    sign_in_links.c.email == "", sign_in_links.c.token_sha256.not_in(kept)
                )
            )
        return f"{url}{SIGN_IN_PATH}#token={token}"

    def _redeem_first(self, token: str, visitor: Visitor, newcomer: Newcomer | None) -> Entered:
        if newcomer is None:
            raise InvalidInput("You become the owner of this Lynex: give your e-mail address.", field="email")
        newcomer = replace(newcomer, email=checked_email(newcomer.email))
        hashed = hash_of(self._passwords, newcomer)
        with self._database.begin() as connection:
            self._database.lock(connection, "lynex first owner")
            self._use_up(connection, token)
            if any_user_exists(connection):
                raise _does_not_work()
            user = new_user(self._database, connection, newcomer, hashed, self._clock.now_us())
            connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.email == ""))
            self._make_owner(connection, user, visitor)
            return self._entrance.let_in(connection, user, "first owner", visitor)

    def _make_owner(self, connection: sa.Connection, user: User, visitor: Visitor) -> None:
        self._organisations.ensure_first(connection)
        membership = Membership(FIRST_ORGANISATION, "", user.id, "owner", self._clock.now_us())
        self._members.grant(connection, actor_of(user, visitor), membership)

    def _add(
        self, connection: sa.Connection, token: str, email: str, browser: str | None, for_us: int
    ) -> None:
        now_us = self._clock.now_us()
        connection.execute(
            sa.insert(sign_in_links).values(
                token_sha256=secret_sha256(token),
                email=email,
                browser_sha256=None if browser is None else secret_sha256(browser),
                created_at_us=now_us,
                expires_at_us=min(now_us + for_us, FOREVER_US),
                used_at_us=None,
            )
        )

    def _link(self, token: str) -> tuple[str, bytes | None] | None:
        """The address that a link is for and the browser that may use it; None when it works no longer."""
        statement = sa.select(sign_in_links.c.email, sign_in_links.c.browser_sha256).where(
            *_still_works(token, self._clock.now_us())
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else (row.email, row.browser_sha256)

    def _use_up(self, connection: sa.Connection, token: str) -> None:
        """Of two who use a link at once, the second waits here for the first, and finds it used."""
        now_us = self._clock.now_us()
        used = connection.execute(
            sa.update(sign_in_links).where(*_still_works(token, now_us)).values(used_at_us=now_us)
        )
        if used.rowcount != 1:
            raise _does_not_work()

    def _mail(self, email: str, link: str) -> None:
        text = (
            f"This link signs you in to Lynex, once, within {self._minutes} minutes, in the browser in which "
            f"you asked for it:\n\n{link}\n\nIf you did not ask for it, somebody typed your address; nothing "
            "happens unless you open it.\n"
        )
        try:
            self._mailer.send(Mail(email, "Sign in to Lynex", text))
        except (Busy, ValueError) as error:
            # To whoever asked, the answer is the same as for an address that is nobody's.
            _log.error("sign_in.link_not_sent", reason=str(error))


def may_enter(connection: sa.Connection, email: str, now_us: int) -> bool:
    """Whether this address may sign in by mail: it has an account, or an invitation that is open."""
    known = find_user_by_email(connection, email) is not None
    return invitation_storage.is_invited(connection, email, now_us) or known


def _still_works(token: str, now_us: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        sign_in_links.c.token_sha256 == secret_sha256(token),
        sign_in_links.c.used_at_us.is_(None),
        sign_in_links.c.expires_at_us > now_us,
    )


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _may_be_token(text: str) -> bool:
    return 0 < len(text) <= MAX_SECRET_CHARS


def _does_not_work() -> Unauthorized:
    return Unauthorized("This link does not work, or not any more. Ask for a new one.")
