"""Wire shapes of what holds for every call of a project, and of what callers may name."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from lynex_server.gateway.admin.provider_schemas import MAX_PATTERNS, ModelPattern
from lynex_server.gateway.model import Capture, ManagedBy, WhenClientLeaves
from lynex_server.kernel.wire import Wire

MAX_RATES = 100
MAX_LISTS = 1_000
_PER_MINUTE_MAX = 10**9


class RateRuleShape(Wire):
    """Requests and tokens a minute, for each value of `per` on its own."""

    per: Literal["project", "key", "user", "model"]
    match: str = Field(
        default="*",
        min_length=1,
        max_length=200,
        description="A pattern (`*`, `?`) of those that it is about: key ids, users or models.",
    )
    requests_per_minute: int = Field(default=0, ge=0, le=_PER_MINUTE_MAX, description="0: no bound.")
    tokens_per_minute: int = Field(default=0, ge=0, le=_PER_MINUTE_MAX, description="0: no bound.")

    @model_validator(mode="after")
    def _bounds_something(self) -> "RateRuleShape":
        if not self.requests_per_minute and not self.tokens_per_minute:
            raise ValueError("requests_per_minute: one of the two must be above 0")
        return self


class SettingsInput(Wire):
    """What holds for every call of the project."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "capture": "full",
                    "rates": [{"per": "user", "match": "*", "requests_per_minute": 60}],
                    "allowed_models": {"key_01k9zv3w8r4m2n5p7q8s9t0abc": ["fast", "openai/gpt-4o-mini"]},
                }
            ]
        }
    )

    capture: Capture = Field(
        default="full", description="Whether spans keep what was asked and answered: `full` or `none` of it."
    )
    rates: list[RateRuleShape] = Field(default=[], max_length=MAX_RATES)
    allowed_models: dict[
        Annotated[str, Field(min_length=1, max_length=64)],
        Annotated[list[ModelPattern], Field(max_length=MAX_PATTERNS)],
    ] = Field(
        default={},
        max_length=MAX_LISTS,
        description="Patterns of the models and routes that an API key may name, by its id. Keys that are "
        "not in it may name all.",
    )
    when_client_leaves: WhenClientLeaves = Field(
        default="cancel", description="For calls that go by no route: `drain` reads the answer on."
    )
    drain_s: float = Field(default=30, ge=0, le=600, description="For how long at most; seconds.")


class SettingsShown(SettingsInput):
    """What holds for every call of the project."""

    managed_by: ManagedBy = Field(description="`file`: by the configuration file; read only here.")
    config_error: str = Field(
        description="What is wrong with the configuration file, of which nothing was taken; empty: nothing."
    )


class NameShown(Wire):
    """A name that callers may give as their model."""

    id: str = Field(examples=["fast", "openai/gpt-*"])
    kind: Literal["route", "pattern"] = Field(
        description="`pattern`: any model that fits, of the provider before the slash."
    )
    provider: str = Field(description="Of a pattern; of a route empty.")


class NameList(Wire):
    """What callers may name: routes first, then the models of each provider."""

    items: list[NameShown]
