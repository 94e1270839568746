"""What requests to user-given URLs may reach."""

import ipaddress
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from lynex_server.kernel.settings import Settings
from lynex_server.safety.addresses import Network


class SafetySettings(Settings):
    """Webhooks, sign-on servers, guard hooks and providers: where a URL that a user gave may lead."""

    outgoing_allowed_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Private networks that user-given URLs may reach: CIDR blocks separated by commas.",
    )
    outgoing_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names that user-given URLs may reach wherever they are, separated by commas.",
    )
    outgoing_allowed_ports: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(),
        description="The only ports that user-given URLs may name, separated by commas. Empty: any.",
    )
    outgoing_timeout_s: float = Field(
        default=10.0, gt=0, le=300, description="Longest time for an outgoing request, redirects included."
    )
    outgoing_response_bytes_max: int = Field(
        default=1_048_576, ge=1, description="Largest answer read from a user-given URL."
    )
    outgoing_redirects_max: int = Field(
        default=3, ge=0, le=10, description="Most redirects followed. Each is checked like the first request."
    )

    @field_validator("outgoing_allowed_networks", "outgoing_allowed_hosts", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return _words(given)

    @field_validator("outgoing_allowed_ports", mode="before")
    @classmethod
    def _split_ports(cls, given: object) -> object:
        return _words(given)

    @field_validator("outgoing_allowed_networks")
    @classmethod
    def _check_networks(cls, blocks: tuple[str, ...]) -> tuple[str, ...]:
        for block in blocks:
            ipaddress.ip_network(block)
        return blocks

    @field_validator("outgoing_allowed_hosts")
    @classmethod
    def _lower(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host.lower().rstrip(".") for host in hosts)

    def networks(self) -> tuple[Network, ...]:
        """The allowed networks."""
        return tuple(ipaddress.ip_network(block) for block in self.outgoing_allowed_networks)


def _words(given: object) -> object:
    if isinstance(given, str):
        return tuple(word.strip() for word in given.split(",") if word.strip())
    return given
