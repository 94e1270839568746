"""The wire shapes of signing in and of one's own account."""

from datetime import datetime

from pydantic import Field

from lynex_server.identity.cli_sign_in import ASK_EVERY_S, LIFETIME_S, Decision
from lynex_server.identity.passwords import MAX_CHARS, MIN_CHARS
from lynex_server.identity.schemas import User
from lynex_server.identity.sessions import SessionKind
from lynex_server.kernel.wire import Wire

_EMAIL = Field(max_length=254, examples=["ada@example.org"])
_PASSWORD_MEANING = f"{MIN_CHARS} to {MAX_CHARS} characters; not the address, nor one that is guessed first."


class SsoOption(Wire):
    """A provider by which somebody with an address of the asked domain may sign in."""

    id: str = Field(examples=["sso_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str = Field(examples=["Acme"])


class SignInOptions(Wire):
    """The ways of signing in."""

    mail: bool = Field(description="Whether links are sent by mail; else they appear on Lynex' own console.")
    password: bool = Field(description="Whether one can sign in by password.")
    owner_exists: bool = Field(
        description="False on a fresh install, where the link printed at the start makes the first owner."
    )
    sso: list[SsoOption] = Field(description="The providers for the asked domain; empty without one.")


class LinkWish(Wire):
    """To whom a link is to be sent."""

    email: str = _EMAIL


class LinkSent(Wire):
    """The same answer whoever is asked for."""

    expires_in_s: int = Field(examples=[900])
    link: str | None = Field(
        description="The link itself, in development alone (`LYNEX_SIGN_IN_LINKS_ON_PAGE`); else null. It is "
        "shown for any address, and works for those that may sign in."
    )


class LinkToken(Wire):
    """What a link carries. The rest is for the first owner, who has no account yet."""

    token: str = Field(max_length=256)
    email: str | None = Field(default=None, max_length=254, description="The first owner's address.")
    name: str = Field(default="", max_length=200, description="The first owner's name.")
    password: str | None = Field(default=None, max_length=MAX_CHARS, description=_PASSWORD_MEANING)


class InvitationJoin(Wire):
    """What the link of an invitation carries, and who the invited person is."""

    token: str = Field(max_length=256)
    name: str = Field(default="", max_length=200)
    password: str | None = Field(default=None, max_length=MAX_CHARS, description=_PASSWORD_MEANING)


class PasswordGiven(Wire):
    """An address and its password."""

    email: str = _EMAIL
    password: str = Field(max_length=MAX_CHARS)
    kind: SessionKind = Field(
        default="browser", description="A `browser` gets a cookie, a `cli` the token of its session."
    )


class SignedIn(Wire):
    """Somebody who is signed in now."""

    user: User
    csrf_token: str = Field(description="What X-Lynex-CSRF must carry when a browser changes something.")
    expires_at: datetime = Field(description="When the session ends at the latest.")
    token: str | None = Field(
        description="The session's token, `lxs_…`, for a command line to send as bearer; null for a browser."
    )


class CsrfToken(Wire):
    """Proof that our own page sends a request."""

    csrf_token: str


class CliBegun(Wire):
    """A command line that waits to be let in."""

    device_code: str = Field(description="The command line's own secret.")
    user_code: str = Field(examples=["BCDF-GHJK"], description="What its person compares in the browser.")
    url: str = Field(examples=["http://127.0.0.1:8000/cli#code=BCDF-GHJK"])
    ask_every_s: int = Field(examples=[ASK_EVERY_S])
    expires_in_s: int = Field(examples=[LIFETIME_S])


class CliShown(Wire):
    """A command line that waits, as its person sees it before he lets it in."""

    user_code: str = Field(examples=["BCDF-GHJK"])
    address: str = Field(examples=["192.0.2.7"])
    user_agent: str = Field(examples=["lynex/0.1.0 laptop"])
    created_at: datetime


class CliDecision(Wire):
    """Whether a command line may sign in as oneself."""

    user_code: str = Field(max_length=32)
    decision: Decision = "confirm"


class CliQuestion(Wire):
    """What a waiting command line asks with."""

    device_code: str = Field(max_length=256)


class CliAnswer(Wire):
    """What became of it."""

    waiting: bool = Field(description="True until somebody has decided; ask again.")
    signed_in: SignedIn | None


class SessionShown(Wire):
    """A place where one is signed in."""

    id: str = Field(examples=["ses_01k9zv3w8r4m2n5p7q8s9t0abc"])
    kind: SessionKind
    address: str = Field(examples=["192.0.2.7"], description="Where it was begun.")
    user_agent: str = Field(description="The browser or program, as it calls itself.")
    created_at: datetime
    last_seen_at: datetime = Field(description="To the minute.")
    expires_at: datetime
    is_this_one: bool = Field(description="Whether this request was made in it.")


class SessionList(Wire):
    """The last used first."""

    items: list[SessionShown]


class SessionsEnded(Wire):
    """How many sessions ended."""

    ended: int


class PasswordState(Wire):
    """Whether one has a password."""

    is_set: bool


class PasswordChange(Wire):
    """A new password, and the old one where there is one."""

    old_password: str | None = Field(default=None, max_length=MAX_CHARS)
    new_password: str = Field(max_length=MAX_CHARS, description=_PASSWORD_MEANING)


class AccountDeletion(Wire):
    """Proof that it is oneself who deletes the account."""

    password: str | None = Field(
        default=None,
        max_length=MAX_CHARS,
        description="Where one is set. Else one must have signed in within the last 15 minutes.",
    )
