"""What browsers and proxies may do."""

import re
from typing import Literal

from pydantic import Field, field_validator

from lynex_server.identity.public import TrustedProxies
from lynex_server.kernel.settings import Settings

_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII)
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[?[0-9a-f:.]+\]?", re.ASCII)


class WebSettings(Settings):
    """Proxies, host names and other sites' pages."""

    trusted_proxies: str = Field(
        default="",
        description="Comma list of addresses and CIDR blocks of the proxies before Lynex. Only what they say "
        "of the client's address and of TLS is believed.",
    )
    proxy_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for",
        description="Header in which those proxies say it: `x-forwarded-for` (with `x-forwarded-proto`) or "
        "`forwarded` (RFC 7239). They must set or append it themselves.",
    )
    allowed_hosts: str = Field(
        default="",
        description="Comma list of the host names that requests may be for (`*.example.com` for all below); "
        "the one of `LYNEX_PUBLIC_URL` always is. Empty: when listening on a loopback address, the names of "
        "this machine for itself; else all.",
    )
    cors_origins: str = Field(
        default="",
        description="Comma list of origins (`https://app.example.com`) whose pages may call the API with a "
        "key of their own. Cookies are never accepted from them.",
    )
    hsts_max_age_s: int = Field(
        default=31_536_000,
        ge=0,
        description="For how many seconds browsers that came over TLS shall come back over TLS alone; 0 says "
        "nothing.",
    )

    metrics_networks: str = Field(
        default="127.0.0.0/8,::1",
        description="Comma list of addresses and CIDR blocks that may read `/metrics`; for others it is not "
        "there.",
    )

    @field_validator("trusted_proxies", "metrics_networks")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        TrustedProxies.of(given)
        return given

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, given: str) -> str:
        for host in parts(given):
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host name: write it without scheme and port")
        return given

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, given: str) -> str:
        for origin in parts(given):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no origin: write https://host or https://host:port, no *, no /"
                )
        return given


def parts(text: str) -> list[str]:
    """What a comma list names, in lower case."""
    return [part.strip().lower() for part in text.split(",") if part.strip()]
