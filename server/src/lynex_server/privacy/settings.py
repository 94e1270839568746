"""How long an erased end user is kept from coming back."""

from pydantic import Field

from lynex_server.kernel.settings import Settings


class PrivacySettings(Settings):
    """What the operator decides about erasures."""

    erasure_shield_days: int = Field(
        default=7,
        ge=0,
        le=90,
        description="How long after an erasure spans of the end user that arrive late lose all that tells of "
        "them. Each batch of the project is looked through for that time.",
    )
