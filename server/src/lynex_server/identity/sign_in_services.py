"""All the ways in, put together over one database."""

from lynex_server.engines.limits.protocol import Limiter
from lynex_server.engines.mail.protocol import Mailer
from lynex_server.engines.relational.database import Database
from lynex_server.identity.accounts import Accounts
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.cli_sign_in import CliSignIn
from lynex_server.identity.entrance import Entrance
from lynex_server.identity.joining import Joining
from lynex_server.identity.oidc import OpenIdConnect
from lynex_server.identity.passwords import Passwords
from lynex_server.identity.service import Identity
from lynex_server.identity.sessions import Sessions
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.sign_in import SignInLinks
from lynex_server.identity.sso import SsoProviders
from lynex_server.identity.sso_sign_in import SsoSignIn
from lynex_server.kernel.clock import Clock
from lynex_server.safety.public import OutgoingClient, Vault


class SignIn:
    """The services of signing in. Calls block and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        identity: Identity,
        vault: Vault,
        limiter: Limiter,
        mailer: Mailer,
        outgoing: OutgoingClient,
        settings: SignInSettings,
        passwords: Passwords,
    ) -> None:
        self.settings = settings
        self.attempts = attempts = Attempts(limiter, settings)
        self.sessions = Sessions(database, clock, settings)
        entrance = Entrance(database, self.sessions, identity.audit, attempts)
        self.links = SignInLinks(
            database, clock, entrance, attempts, identity.organisations, identity.members, mailer, passwords,
            settings,
        )  # fmt: skip
        self.accounts = Accounts(
            database, clock, self.sessions, identity.members, entrance, attempts, passwords
        )
        self.joining = Joining(database, clock, identity.invitations, entrance, attempts, passwords)
        self.cli = CliSignIn(database, clock, entrance, attempts)
        self.providers = SsoProviders(database, clock, identity.audit, vault)
        protocol = OpenIdConnect(outgoing, clock)
        self.sso = SsoSignIn(database, clock, entrance, attempts, identity.audit, vault, protocol)
