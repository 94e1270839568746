"""Wire shapes of providers and their keys. Keys come in and never go out."""

import re
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from lynex_server.gateway.admin.kinds import DEFAULTS
from lynex_server.gateway.model import ManagedBy, ProviderKind
from lynex_server.kernel.wire import Wire

MAX_HEADERS = 20
MAX_PATTERNS = 100

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_REFUSED_HEADERS = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("host", "content-length", "content-type", "content-encoding", "accept-encoding", "expect"),
        *("authorization", "proxy-authorization", "cookie", "set-cookie"),
        *("x-api-key", "api-key", "x-goog-api-key"),
    }
)
"""What belongs to one connection or one call, and what proves who calls: keys are kept in the vault."""


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(char.isspace() for char in url):
        raise ValueError("must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("may hold no credentials, no ? and no #: keys are given as keys")
    if parts.port == 0:
        raise ValueError("port 0 cannot be asked")
    return url.rstrip("/")


def _checked_headers(headers: dict[str, str]) -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    if len(lower) < len(headers):
        raise ValueError("a name is in it twice")
    for name, value in lower.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name[:100]!r} is no name of a header")
        if name in _REFUSED_HEADERS:
            raise ValueError(f"{name} cannot be set here")
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"{name}: printable ASCII only")
    return lower


ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$", examples=["openai"])]
ModelPattern = Annotated[str, Field(min_length=1, max_length=200, examples=["gpt-*"])]
HttpUrl = Annotated[str, Field(min_length=8, max_length=500), AfterValidator(_checked_url)]
_ApiKey = Annotated[SecretStr, Field(min_length=1, max_length=8_192)]
KeyName = Annotated[str, Field(min_length=1, max_length=100, examples=["default"])]
KeyWeight = Annotated[int, Field(ge=0, le=1_000, description="Its share of the calls; 0: none of them.")]


class ProviderFields(Wire):
    """What is said of a provider but for its keys."""

    name: ProviderName = Field(description="What routes and `provider/model` say.")
    kind: ProviderKind
    base_url: HttpUrl | None = Field(
        default=None, description="Null: the usual one of the kind; Azure and compatible servers have none."
    )
    price_as: str | None = Field(
        default=None,
        max_length=100,
        description="What the price book calls it. Null: as is usual for the kind.",
    )
    models: list[ModelPattern] | None = Field(
        default=None,
        max_length=MAX_PATTERNS,
        description="Patterns (`*`, `?`) of models that are meant for it when a caller names a model alone. "
        "Null: those usual for the kind.",
    )
    headers: Annotated[
        dict[str, Annotated[str, Field(max_length=1_000)]], AfterValidator(_checked_headers)
    ] = Field(default={}, max_length=MAX_HEADERS, description="Sent with every call. Nothing secret.")
    timeout_s: float = Field(
        default=600, gt=0, le=3_600, description="How long it may send nothing at all; seconds."
    )
    max_concurrency: int = Field(
        default=0, ge=0, le=100_000, description="Calls under way in one process; 0: no bound."
    )
    breaker_failures: int = Field(
        default=5, ge=0, le=1_000, description="Failures in a row after which it is left alone; 0: never."
    )
    breaker_open_s: float = Field(default=10, gt=0, le=3_600, description="For how long then; seconds.")
    enabled: bool = True

    @model_validator(mode="after")
    def _has_a_url(self) -> "ProviderFields":
        if self.base_url is None and not DEFAULTS[self.kind].base_url:
            raise ValueError(f"base_url: a provider of kind {self.kind} needs one")
        return self


class ProviderInput(ProviderFields):
    """An upstream: somebody's API, or a server of one's own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "openai", "kind": "openai", "api_key": "sk-of-your-account"},
                {
                    "name": "vllm",
                    "kind": "openai_compatible",
                    "base_url": "http://10.0.0.5:8000/v1",
                    "models": ["llama-*"],
                    "max_concurrency": 32,
                },
            ]
        }
    )

    api_key: _ApiKey | None = Field(
        default=None,
        description="Makes the key named `default`, or takes its place. Kept in the vault, never shown.",
    )


class KeyInput(Wire):
    """Another key of a provider."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "second", "api_key": "sk-of-your-account", "weight": 1}]}
    )

    name: KeyName
    api_key: _ApiKey = Field(description="Kept in the vault and never shown.")
    weight: KeyWeight = 1


class ProviderKeyChange(Wire):
    """What may change of a key. For another secret, make another key."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "second", "weight": 3, "enabled": True}]}
    )

    name: KeyName
    weight: KeyWeight
    enabled: bool


class ProviderKeyShown(Wire):
    """A key without what is secret of it."""

    id: str = Field(examples=["gwk_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str
    weight: int
    enabled: bool
    hint: str = Field(description="How the key ends.", examples=["9aBc"])
    created_at: datetime


class GatewayProviderShown(Wire):
    """A provider with its keys, without what is secret of them."""

    id: str = Field(examples=["gwp_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str
    kind: ProviderKind
    base_url: str
    price_as: str
    models: list[str]
    headers: dict[str, str]
    timeout_s: float
    max_concurrency: int
    breaker_failures: int
    breaker_open_s: float
    enabled: bool
    keys: list[ProviderKeyShown]
    managed_by: ManagedBy = Field(description="`file`: by the configuration file; read only here.")
    created_at: datetime
    updated_at: datetime


class GatewayProviderList(Wire):
    """The providers of the project, by name."""

    items: list[GatewayProviderShown]


class ProbeInput(Wire):
    """How to try a provider."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"model": "gpt-4o-mini"}]})

    model: str = Field(default="", max_length=200, description="A model that it must have. Empty: any.")


class ProbeShown(Wire):
    """How it went: the provider was asked for the list of its models."""

    ok: bool
    status: int | None = Field(description="HTTP status of its answer; null where there was none.")
    latency_ms: float
    message: str
    models: list[str] = Field(description="The first 50 models that it has.")
