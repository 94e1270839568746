"""Wire shapes of routes. The secret of a webhook guard comes in and never goes out."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from lynex_server.gateway.admin.provider_schemas import HttpUrl, ProviderName
from lynex_server.gateway.expressions import checked_pattern, checked_schema
from lynex_server.gateway.model import CacheMode, ManagedBy, Sticky, WhenClientLeaves
from lynex_server.kernel.wire import Wire

MAX_TARGETS = 20
MAX_PATTERNS = 100
MAX_TOOLS = 200
MAX_CHARS = 100_000_000
DAY_S = 86_400

RouteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,199}$", examples=["fast"])]
_Model = Annotated[str, Field(max_length=200)]
_Pattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(checked_pattern)]
_Patterns = Annotated[list[_Pattern], Field(max_length=MAX_PATTERNS)]


class TargetShape(Wire):
    """Where a route leads."""

    provider: ProviderName = Field(description="A provider of the project, by name.")
    model: _Model = Field(default="", description="Empty: the model that the caller named.")
    weight: int = Field(
        default=1, ge=0, le=1_000, description="Its share of the calls; 0: only when those before it fail."
    )


class DowngradeShape(Wire):
    """Where a route leads while money is short."""

    provider: ProviderName
    model: _Model = ""


class CacheShape(Wire):
    """Whether answers are kept and given again."""

    mode: CacheMode = "off"
    ttl_s: int = Field(default=3_600, ge=1, le=30 * DAY_S, description="For how long; seconds.")
    embedding_model: str = Field(
        default="",
        max_length=300,
        description="For `semantic`: what turns a question into a vector, as a caller would name it.",
    )
    similarity: float = Field(
        default=0.97, ge=0.5, le=1, description="For `semantic`: the least cosine that counts as the same."
    )

    @model_validator(mode="after")
    def _has_a_model(self) -> "CacheShape":
        if self.mode == "semantic" and not self.embedding_model:
            raise ValueError("embedding_model: a semantic cache needs one")
        return self


class WebhookFields(Wire):
    """What is said of a guard of one's own but for its secret."""

    url: HttpUrl = Field(description="Is sent the text, and answers allow or block.")
    timeout_s: float = Field(default=2, gt=0, le=30)
    fail_open: bool = Field(default=False, description="Whether calls pass while it does not answer.")


class WebhookInput(WebhookFields):
    """A guard of one's own."""

    secret: SecretStr | None = Field(
        default=None,
        min_length=8,
        max_length=1_024,
        description="Signs requests to it. Kept in the vault, never shown; left out in a change, it stays.",
    )


class WebhookShown(WebhookFields):
    """A guard of one's own, without its secret."""


class GuardrailsFields(Wire):
    """What is checked, but for a guard of one's own."""

    redact: bool = Field(
        default=False,
        description="Replace personal data in what is sent, and put it back into the answer.",
    )
    blocked_input: _Patterns = Field(default=[], description="RE2: a call in which one is found is refused.")
    blocked_output: _Patterns = Field(default=[], description="RE2: as an answer, likewise.")
    max_input_chars: int = Field(default=0, ge=0, le=MAX_CHARS, description="0: no bound.")
    max_output_chars: int = Field(default=0, ge=0, le=MAX_CHARS, description="0: no bound.")
    allowed_tools: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        default=None, max_length=MAX_TOOLS, description="Patterns of tools that may be offered. Null: any."
    )
    output_schema: Annotated[dict[str, Any], AfterValidator(checked_schema)] | None = Field(
        default=None, description="A JSON Schema that the text of an answer must keep."
    )
    repair: bool = Field(
        default=False, description="Ask the model once to mend an answer that does not keep the schema."
    )


class GuardrailsInput(GuardrailsFields):
    """What is checked before a call leaves, and after its answer came."""

    webhook: WebhookInput | None = None

    @model_validator(mode="after")
    def _repairs_something(self) -> "GuardrailsInput":
        if self.repair and self.output_schema is None:
            raise ValueError("repair: there is no output_schema to keep")
        return self


class GuardrailsShown(GuardrailsFields):
    """What is checked before a call leaves, and after its answer came."""

    webhook: WebhookShown | None


class RouteFields(Wire):
    """What is said of a route but for what is checked."""

    name: RouteName = Field(description="What callers name as the model.")
    targets: list[TargetShape] = Field(
        min_length=1,
        max_length=MAX_TARGETS,
        description="Of those with a weight above 0 one is drawn; the others follow in order when it fails.",
    )
    retries: int = Field(default=1, ge=0, le=5, description="Further tries of one target.")
    timeout_s: float = Field(
        default=0, ge=0, le=3_600, description="Until the first byte of an answer; 0: the provider's."
    )
    sticky: Sticky = Field(default="none", description="Whose calls go to the same target.")
    downgrade: DowngradeShape | None = Field(
        default=None, description="Takes the place of the targets while a budget is nearly used up."
    )
    downgrade_at_percent: int = Field(default=100, ge=1, le=100, description="From how much of it on.")
    when_client_leaves: WhenClientLeaves = Field(
        default="cancel", description="`drain` reads the answer on, so that its usage is known."
    )
    drain_s: float = Field(default=30, ge=0, le=600, description="For how long at most; seconds.")
    cache: CacheShape = CacheShape()
    enabled: bool = True


class RouteInput(RouteFields):
    """A name that callers use as a model, and what becomes of such calls."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "fast",
                    "targets": [
                        {"provider": "openai", "model": "gpt-4o-mini", "weight": 9},
                        {"provider": "gemini", "model": "gemini-2.5-flash", "weight": 1},
                        {"provider": "ollama", "model": "llama3.2", "weight": 0},
                    ],
                    "retries": 1,
                    "guardrails": {"redact": True, "max_input_chars": 200000},
                }
            ]
        }
    )

    guardrails: GuardrailsInput = GuardrailsInput()

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "RouteInput":
        if not any(target.weight for target in self.targets):
            raise ValueError("targets: at least one needs a weight above 0")
        return self


class RouteShown(RouteFields):
    """A route without what is secret of it."""

    id: str = Field(examples=["gwr_01k9zv3w8r4m2n5p7q8s9t0abc"])
    guardrails: GuardrailsShown
    managed_by: ManagedBy = Field(description="`file`: by the configuration file; read only here.")
    created_at: datetime
    updated_at: datetime


class RouteList(Wire):
    """The routes of the project, by name."""

    items: list[RouteShown]


def schema_text(schema: dict[str, Any] | None) -> str:
    """A JSON Schema as it is kept; empty for none."""
    return "" if schema is None else msgspec.json.encode(schema).decode()
