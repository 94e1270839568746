"""The wire shapes of API keys."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from lynex_server.identity.keys import MAX_OVERLAP_S
from lynex_server.identity.networks import MAX_NETWORKS
from lynex_server.identity.permissions import SCOPES, Scope
from lynex_server.kernel.wire import Wire

KeyState = Literal["works", "rotated", "expired", "revoked"]


class KeyShown(Wire):
    """An API key without its secret."""

    id: str = Field(examples=["key_01k9zv3w8r4m2n5p7q8s9t0abc"])
    project_id: str = Field(examples=["shop"])
    name: str = Field(examples=["ingest of the shop"])
    prefix: str = Field(examples=["lx_01k9zv3w8"], description="How the secret begins, to recognise it by.")
    scopes: list[Scope] = Field(examples=[["ingest"]])
    state: KeyState = Field(
        description="`rotated`: it works until `expires_at`, beside its successor `replaced_by`."
    )
    created_at: datetime
    created_by: str = Field(
        examples=["usr_01k9zv3w8r4m2n5p7q8s9t0abc"],
        description="A user, or a key; empty for the command line and the first start.",
    )
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None
    replaced_by: str | None = Field(description="The key that a rotation made in its stead.")
    allowed_networks: list[str] = Field(
        examples=[["10.0.0.0/8"]], description="From where it may be used; empty: from anywhere."
    )


class KeyList(Wire):
    """The newest 1,000, newest first, revoked ones included."""

    items: list[KeyShown]


class NewKeyShown(KeyShown):
    """A key that was just made."""

    secret: str = Field(
        examples=["lx_01k9zv3w8r4m2n5p7q8s9t0abc_…"], description="Shown this once: keep it now."
    )


class NewKeyWish(Wire):
    """A key to make."""

    name: str = Field(max_length=200)
    scopes: list[Scope] = Field(min_length=1, max_length=len(SCOPES))
    expires_at: datetime | None = None
    allowed_networks: list[str] = Field(default=[], max_length=MAX_NETWORKS)


class KeyChange(Wire):
    """What to change of a key; what is absent stays. A null `expires_at` means that it never expires."""

    name: str | None = Field(default=None, max_length=200)
    scopes: list[Scope] | None = Field(default=None, min_length=1, max_length=len(SCOPES))
    expires_at: datetime | None = None
    allowed_networks: list[str] | None = Field(default=None, max_length=MAX_NETWORKS)


class Rotation(Wire):
    """How to rotate a key."""

    overlap_s: int = Field(
        default=86_400, ge=0, le=MAX_OVERLAP_S, description="Seconds for which the old key still works."
    )
