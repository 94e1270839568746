"""Settings of processing."""

from pydantic import Field, field_validator

from lynex_server.kernel.settings import Settings


class ProcessingSettings(Settings):
    """How the workers cut their batches. A bigger batch costs less per span and takes longer to be seen."""

    work_threads: int = Field(
        default=1,
        ge=1,
        le=16,
        description="Workers in this process. One makes the largest batches; more help where the store is a "
        "server of its own.",
    )
    work_batch_entries: int = Field(default=2000, ge=1, description="Most requests in one batch.")
    work_batch_bytes: int = Field(default=16_000_000, ge=1, description="Most compressed bytes in one batch.")
    work_linger_ms: int = Field(
        default=300,
        ge=0,
        le=5000,
        description="How long a worker rests after a batch that was not full, so that the next is larger. "
        "An insert has a fixed price, worth sharing the more there is: up to four times this under load.",
    )
    work_isolate_after_attempts: int = Field(
        default=5,
        ge=2,
        description="After this many tries of one batch its requests are processed one by one, so that a "
        "single bad one cannot hold up the rest.",
    )
    gateway_addresses: str = Field(
        default="",
        description="Comma list of the addresses by which applications reach the gateway, `host:port` or "
        "`host` alone. A call whose own span names one of them is counted by the gateway's span alone.",
    )

    @field_validator("gateway_addresses")
    @classmethod
    def _are_addresses(cls, given: str) -> str:
        for address in addresses_listed(given):
            if "/" in address or " " in address:
                raise ValueError(
                    f"{address!r} is no address: write host or host:port, without scheme and path"
                )
        return given


def addresses_listed(text: str) -> list[str]:
    """What a comma list names, in lower case."""
    return [part.strip().lower() for part in text.split(",") if part.strip()]
