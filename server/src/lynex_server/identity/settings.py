"""How people sign in, and how long that lasts."""

from pydantic import Field

from lynex_server.kernel.settings import Settings


class SignInSettings(Settings):
    """Sessions, links and attempts."""

    session_max_days: int = Field(
        default=30,
        ge=1,
        le=366,
        description="Days after which a person has to sign in again.",
    )
    session_idle_days: int = Field(
        default=7, ge=1, le=366, description="Days without a request after which a session ends."
    )
    sign_in_link_minutes: int = Field(
        default=15, ge=1, le=1440, description="Minutes for which a link sent by mail signs somebody in."
    )
    sign_in_links_on_page: bool = Field(
        default=False,
        description="Whether a sign-in link is also shown to who asks for it. Only for development: it works "
        "with `LYNEX_MAIL_URL=console:` and requests from this machine, and no proxy may stand before it.",
    )
    sign_in_attempts_per_address_per_minute: int = Field(
        default=20, ge=1, description="Attempts to sign in from one network address; more get 429."
    )
    sign_in_attempts_per_account_per_hour: int = Field(
        default=20, ge=1, description="Attempts to sign in as one person, known here or not; more get 429."
    )
    refused_credentials_per_address_per_minute: int = Field(
        default=300,
        ge=1,
        description="Requests with a wrong, expired or missing credential from one network address that get "
        "401; more get 429. Requests with a right one are never held up by that.",
    )


DEFAULT_GRACE_DAYS = 7


class TenancySettings(Settings):
    """Projects and their deletion."""

    project_deletion_grace_days: int = Field(
        default=DEFAULT_GRACE_DAYS,
        ge=0,
        le=366,
        description="Days for which a deleted project can be restored before its data is erased.",
    )
