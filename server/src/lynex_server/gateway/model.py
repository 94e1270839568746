"""What the gateway is configured with: frozen values, checked where they come in (`schemas.py`)."""

from dataclasses import dataclass, field
from typing import Literal

Dialect = Literal["openai", "anthropic", "gemini", "bedrock", "ollama"]
"""A wire format of calls and answers. Azure speaks `openai` under other paths."""
ProviderKind = Literal[
    "openai", "azure_openai", "anthropic", "gemini", "bedrock", "ollama", "openai_compatible"
]
Sticky = Literal["none", "session", "user"]
WhenClientLeaves = Literal["cancel", "drain"]
CacheMode = Literal["off", "exact", "semantic"]
Capture = Literal["full", "none"]
ManagedBy = Literal["api", "file"]
"""Who a provider, a route or the settings belong to: people, or the configuration file."""


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """A key of a provider. `secret_id` is where the vault keeps it; several of one provider share its calls
    by `weight`. What is kept under a `secret_id` never changes: another secret has another id. `hint` is how
    the key ends."""

    id: str
    name: str
    secret_id: str
    weight: int
    enabled: bool
    hint: str = ""
    created_at_us: int = 0


@dataclass(frozen=True, slots=True)
class Provider:
    """An upstream: somebody's API, or a server of one's own.

    `name` is what routes and `provider/model` say; unique in the project. `price_as` is what the price book
    calls it. `models` are patterns (`*`, `?`) of the models it is chosen for when a caller names a model
    alone. `headers` go with every call. `max_concurrency` bounds calls under way in a process; 0: unbounded.
    Without keys, a caller who proves himself in another header has his own provider key passed on.
    """

    id: str
    organisation_id: str
    project_id: str
    name: str
    kind: ProviderKind
    base_url: str
    price_as: str
    models: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    keys: tuple[ProviderKey, ...]
    timeout_s: float
    max_concurrency: int
    breaker_failures: int
    breaker_open_s: float
    enabled: bool
    created_at_us: int
    updated_at_us: int
    managed_by: ManagedBy = "api"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a route leads: a provider by name, and the model to ask it for (empty: what the caller named).

    Of targets with a weight above 0 one is drawn; those of weight 0 are fallbacks only, in order.
    """

    provider: str
    model: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """Whether answers are kept and given again. Always within the project; `ttl_s` is for how long.

    For `semantic`, `embedding_model` (as a caller would name it) turns the question into a vector, and an
    answer counts from `similarity` (cosine) upwards.
    """

    mode: CacheMode = "off"
    ttl_s: int = 3600
    embedding_model: str = ""
    similarity: float = 0.97


@dataclass(frozen=True, slots=True)
class WebhookGuard:
    """A guard of one's own: it is sent the text and says allow or block. `secret_id` is what signs it."""

    url: str
    secret_id: str
    timeout_s: float
    fail_open: bool


@dataclass(frozen=True, slots=True)
class Guardrails:
    """What is checked before a call leaves and after its answer came. Empty: nothing.

    `redact` replaces personal data in what is sent and puts it back into the answer. `blocked_patterns` are
    RE2 expressions. `allowed_tools`: None for any. `output_schema` is a JSON Schema that the answer's text
    must keep; with `repair`, the model is asked once to mend it.
    """

    redact: bool = False
    blocked_input: tuple[str, ...] = ()
    blocked_output: tuple[str, ...] = ()
    max_input_chars: int = 0
    max_output_chars: int = 0
    allowed_tools: tuple[str, ...] | None = None
    output_schema: str = ""
    repair: bool = False
    webhook: WebhookGuard | None = None

    @property
    def reads_output(self) -> bool:
        """Whether an answer must be seen whole before any of it is passed on."""
        return bool(
            self.redact or self.blocked_output or self.max_output_chars or self.output_schema or self.webhook
        )


@dataclass(frozen=True, slots=True)
class Route:
    """A name that callers use as a model, and what becomes of such calls.

    `retries` counts further tries of one target; then the next is tried. Both happen before the first byte
    only. `downgrade` takes the place of the targets while a budget asks for it or is used up to
    `downgrade_at_percent`. `drain_s` bounds how long an answer is read on after its client left.
    """

    id: str
    organisation_id: str
    project_id: str
    name: str
    targets: tuple[Target, ...]
    retries: int = 1
    timeout_s: float = 0.0
    sticky: Sticky = "none"
    downgrade: Target | None = None
    downgrade_at_percent: int = 100
    when_client_leaves: WhenClientLeaves = "cancel"
    drain_s: float = 30.0
    cache: CachePolicy = field(default_factory=CachePolicy)
    guardrails: Guardrails = field(default_factory=Guardrails)
    enabled: bool = True
    created_at_us: int = 0
    updated_at_us: int = 0
    managed_by: ManagedBy = "api"


@dataclass(frozen=True, slots=True)
class RateRule:
    """Requests and tokens a minute, for each value of `per` on its own. `match` is a pattern of those it is
    about; 0 leaves one of the two unlimited."""

    per: Literal["project", "key", "user", "model"]
    match: str
    requests_per_minute: int
    tokens_per_minute: int


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """What holds for every call of a project.

    `allowed_models` are patterns by API key id; a key that is not in it may call every model.
    `when_client_leaves` and `drain_s` are for calls that go by no route.
    """

    capture: Capture = "full"
    rates: tuple[RateRule, ...] = ()
    allowed_models: dict[str, tuple[str, ...]] = field(default_factory=dict)
    when_client_leaves: WhenClientLeaves = "cancel"
    drain_s: float = 30.0
    managed_by: ManagedBy = "api"


@dataclass(frozen=True, slots=True)
class ProjectGateway:
    """Everything of one project, as the calls need it. `secrets` holds opened provider keys, and what signs
    requests to webhook guards, by secret id.

    `allowed_models` are patterns by API key id; a key that is not in it may call every model.
    `when_client_leaves` and `drain_s` are for calls that go by no route.
    """

    project_id: str
    providers: dict[str, Provider]
    routes: dict[str, Route]
    rates: tuple[RateRule, ...]
    allowed_models: dict[str, tuple[str, ...]]
    capture: Capture
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    when_client_leaves: WhenClientLeaves = "cancel"
    drain_s: float = 30.0
