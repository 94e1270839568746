"""The wire shapes of single sign-on."""

from datetime import datetime

from pydantic import Field

from lynex_server.identity.permissions import Role
from lynex_server.identity.sso import MAX_DOMAINS, MAX_MAPPED, MAX_TEXT_CHARS
from lynex_server.kernel.wire import Wire


class ProviderGiven(Wire):
    """What a sign-on provider is to be."""

    name: str = Field(max_length=200, description="What people see on the button.")
    issuer: str = Field(max_length=500, description="As the provider writes it, without /.well-known/….")
    client_id: str = Field(max_length=MAX_TEXT_CHARS)
    client_secret: str | None = Field(
        default=None, max_length=4_000, description="Kept sealed and never shown. Null keeps what is there."
    )
    email_domains: list[str] = Field(
        max_length=MAX_DOMAINS, description="People with addresses of these domains may sign in by it."
    )
    role_claim: str = Field(
        default="",
        max_length=MAX_TEXT_CHARS,
        description="The claim that says what somebody is: `groups`, or `realm_access.roles`.",
    )
    role_mapping: dict[str, Role] = Field(
        default={},
        max_length=MAX_MAPPED,
        description="The role for a value of that claim; the highest counts.",
    )
    default_role: Role | None = Field(
        default=None, description="The role of new people without such a value. Null: they may not enter."
    )


class ProviderShown(Wire):
    """A sign-on provider, without its secret."""

    id: str = Field(examples=["sso_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str = Field(examples=["Acme"])
    issuer: str = Field(examples=["https://login.acme.com"])
    client_id: str = Field(examples=["lynex"])
    email_domains: list[str] = Field(examples=[["acme.com"]])
    unconfirmed_domains: list[str] = Field(
        description="Those that are not confirmed to be this organisation's: nobody signs in with them yet."
    )
    role_claim: str = Field(examples=["groups"])
    role_mapping: dict[str, Role] = Field(examples=[{"platform": "admin"}])
    default_role: Role | None
    redirect_uri: str = Field(description="What the provider must be told to allow.")
    created_at: datetime


class ProviderList(Wire):
    """The oldest first."""

    items: list[ProviderShown]
