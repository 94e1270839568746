"""Wire shapes of own prices, the sources' prices, and the calculator."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lynex_server.pricing.public import TermsKind

Usd = Annotated[Decimal, Field(examples=["2.50"], description="US dollars, exact: a text or a number.")]
Factor = Annotated[Decimal, Field(examples=["0.5"])]
Minute = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", examples=["01:00"])]


class Wire(BaseModel):
    """Base of every shape."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RateShape(Wire):
    """`usd` for each `per` of `unit`. Above a threshold it holds for the whole request."""

    unit: str = Field(max_length=64, examples=["input_tokens"])
    usd: Usd
    per: int | None = Field(
        default=None,
        ge=1,
        examples=[1_000_000],
        description="Left out: a million tokens or characters, a thousand calls or pages, an hour.",
    )
    above_input_tokens: int = Field(default=0, ge=0, examples=[0])


class HourFactor(Wire):
    """`factor` between two times of the day, UTC; may pass midnight."""

    from_time: Minute
    until_time: Minute
    factor: Factor


class TermsShape(Wire):
    """What a price says. Which fields count depends on `kind`."""

    kind: TermsKind = Field(
        description="`rates` by unit; a `factor` on the list price; `flat` for every token; or `gpu_hour`."
    )
    rates: list[RateShape] = Field(default=[], max_length=100, description="Of `rates`.")
    factor: Decimal | None = Field(default=None, examples=["0.85"], description="Of `factor`.")
    usd_per_million_tokens: Decimal | None = Field(default=None, examples=["0.20"], description="Of `flat`.")
    gpu_hour_usd: Decimal | None = Field(default=None, examples=["2.40"], description="Of `gpu_hour`.")
    gpus: int = Field(default=1, description="Of `gpu_hour`: how many are paid for.")
    tokens_per_s: Decimal | None = Field(
        default=None,
        examples=["1500"],
        description="Of `gpu_hour`: tokens in and out while busy. Left out: a call pays for its duration.",
    )
    busy_share: Decimal = Field(
        default=Decimal(1),
        examples=["0.4"],
        description="Of `gpu_hour`: the part of the paid time in which it works; without `tokens_per_s` the "
        "part of the GPU that one call holds.",
    )
    tier_factors: dict[str, Factor] = Field(default={}, examples=[{"batch": "0.5"}])
    region_factors: dict[str, Factor] = Field(default={}, examples=[{"eu": "1.1"}])
    hour_factors: list[HourFactor] = Field(default=[], max_length=50)


class NewOverride(Wire):
    """An own price to set."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "provider": "openai",
                "model": "gpt-4o-2024*",
                "terms": {
                    "kind": "rates",
                    "rates": [
                        {"unit": "input_tokens", "usd": "2.25"},
                        {"unit": "output_tokens", "usd": "9.00"},
                        {"unit": "cache_read_tokens", "usd": "1.10"},
                    ],
                    "tier_factors": {"batch": "0.5"},
                },
                "note": "contract of March",
            }
        }
    )

    provider: str = Field(default="", max_length=100, examples=["openai"], description="Empty: any.")
    model: str = Field(max_length=300, examples=["gpt-4o*"], description="May hold `*` and `?`.")
    service_tier: str = Field(default="", max_length=50, description="Empty: any.")
    region: str = Field(default="", max_length=100, description="Empty: any.")
    valid_from: datetime | None = Field(default=None, description="Left out: now.")
    valid_until: datetime | None = Field(default=None, description="Left out: for ever.")
    terms: TermsShape
    note: str = Field(default="", max_length=1000, examples=["contract of March"])
    confirm: bool = Field(default=False, description="Set a price that looks like a slip all the same.")


class OverrideShape(Wire):
    """An own price."""

    id: str = Field(examples=["ovr_01j9zq"])
    scope: Literal["project", "organisation"] = Field(description="Whom it is for.")
    provider: str
    model: str
    service_tier: str
    region: str
    valid_from: datetime
    valid_until: datetime | None
    terms: TermsShape
    note: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None


class Overrides(Wire):
    """Own prices, latest first."""

    items: list[OverrideShape]


class ListedRateShape(Wire):
    """`usd` for each `per` of `unit`, above so many input tokens."""

    unit: str = Field(examples=["cache_read_tokens"])
    usd: str = Field(examples=["0.30"])
    per: int = Field(examples=[1_000_000])
    above_input_tokens: int = Field(examples=[0])


class ListedPriceShape(Wire):
    """One price of one model in one source."""

    source: str = Field(examples=["genai-prices-0.2.3"], description="`own`, or the source and its version.")
    provider: str = Field(examples=["anthropic"])
    model: str = Field(examples=["claude-sonnet-4-5"])
    condition: str = Field(examples=["service tier batch"], description="Empty: the standard price.")
    valid_from: date | None = Field(description="Null: for as long as is known.")
    valid_until: date | None
    current: bool = Field(description="False: what held before.")
    override_id: str = Field(description="Of an own price.")
    rates: list[ListedRateShape]


class Prices(Wire):
    """Own prices first, then the sources in their order."""

    sources: list[str] = Field(examples=[["own", "genai-prices-0.2.3"]])
    items: list[ListedPriceShape]


class Calculation(Wire):
    """A call of which the cost is asked."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "provider": "openai",
                "model": "gpt-4o-mini",
                "usage": {"input_tokens": 812, "output_tokens": 64, "cache_read_tokens": 512},
            }
        }
    )

    provider: str = Field(default="", max_length=200, examples=["openai"])
    model: str = Field(max_length=300, examples=["gpt-4o-mini"])
    service_tier: str = Field(default="", max_length=100)
    region: str = Field(default="", max_length=100)
    at: datetime | None = Field(default=None, description="When the call begins. Left out: now.")
    usage: dict[str, Annotated[int, Field(ge=0, le=10**15)]] = Field(
        max_length=100, examples=[{"input_tokens": 812, "output_tokens": 64}]
    )
    usage_convention: Literal["inclusive", "exclusive", "unknown"] = "inclusive"
    duration_ms: float | None = Field(default=None, ge=0, le=1e12)


class Calculated(Wire):
    """What it would cost. `cost_nanousd` is null where there is no price: never free."""

    cost_nanousd: int | None = Field(examples=[160_200])
    cost_usd: float | None = Field(examples=[0.0001602])
    price_version: str = Field(examples=["genai-prices-0.2.3:openai/gpt-4o-mini@1f2e3d4c"])
    flags: list[str] = Field(description="What there is to say about usage and price.")
    usage: dict[str, Any] = Field(description="As it is read: input with cache, output with reasoning.")
    rates: list[ListedRateShape] = Field(description="The rates that hold for it.")


class UnpricedShape(Wire):
    """A model whose calls have no cost."""

    provider: str = Field(examples=["vllm"])
    model: str = Field(examples=["our-llama-70b"])
    spans: int = Field(examples=[1812])
    first_seen: datetime
    last_seen: datetime
    sample_trace_id: str
    sample_span_id: str
    input_tokens: int
    output_tokens: int
    flags: list[str] = Field(examples=[["model_unknown"]], description="Why, and what else is said of them.")


class Unpriced(Wire):
    """The most frequent first."""

    items: list[UnpricedShape]


class PriceUnpriced(Wire):
    """A price for an unpriced model, from its first call on."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "provider": "vllm",
                "model": "our-llama-70b",
                "terms": {
                    "kind": "gpu_hour",
                    "gpu_hour_usd": "2.40",
                    "tokens_per_s": "1500",
                    "busy_share": "0.4",
                },
            }
        }
    )

    provider: str = Field(default="", max_length=100, examples=["vllm"])
    model: str = Field(max_length=300, examples=["our-llama-70b"])
    terms: TermsShape
    note: str = Field(default="", max_length=1000)
    confirm: bool = False
    reprice: bool = Field(default=True, description="Price the calls since then, too.")
