"""The settings of `identity`."""

from pydantic import Field, SecretStr

from lynex_server.kernel.settings import Settings


class IdentitySettings(Settings):
    """Who can get in first, and what seals secrets at rest."""

    bootstrap_api_key: SecretStr | None = Field(
        default=None,
        description=(
            "An API key of 16 to 256 printable characters that must exist after start, for automation. "
            "Without it a first key is made up and shown once."
        ),
    )
    master_key: SecretStr | None = Field(
        default=None,
        description=(
            "64 hexadecimal digits that seal secrets in the relational database; the same in every process. "
            "Without it a file in the data directory holds one."
        ),
    )
