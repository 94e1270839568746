"""Settings as data: name, environment variable, default and meaning, in one table.

An argument of `lynex.configure` wins over the environment, which wins over the default. Units are in the
names (`_s` seconds, `_bytes`, `_events`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lynex._internal.report import warn_once

Event = dict[str, Any]
BeforeSend = Callable[[Event], "Event | None"]
Redact = Callable[[str], str]
REDACT_BY_SERVER = "server"
CHOICES = {"enforce": ("off", "warn", "enforce", "project"), "fail": ("open", "closed")}
"""Settings that take one of a few words."""
_WORDS = {**CHOICES, "redact": (REDACT_BY_SERVER,)}
"""What the environment may say of each."""


class Config(NamedTuple):
    """What `configure` decided, frozen. Defaults are those of the table below."""

    ingest_url: str = ""
    api_key: str = ""
    project_id: str = ""
    hmac_secret: str = ""
    environment: str = ""
    release: str = ""
    service: str = ""
    enabled: bool = True
    sample_rate: float = 1.0
    capture_content: bool = True
    local_cost: bool = False
    before_send: BeforeSend | None = None
    redact: Redact | str | None = None
    enforce: str = "off"
    fail: str = "open"
    gateway_url: str = ""
    max_content_bytes: int = 256_000
    max_buffered_events: int = 10_000
    max_buffered_bytes: int = 32_000_000
    max_batch_events: int = 512
    max_batch_bytes: int = 1_000_000
    flush_interval_s: float = 0.5
    request_timeout_s: float = 10.0
    max_retry_s: float = 300.0
    exit_timeout_s: float = 2.0

    @property
    def events_url(self) -> str:
        """Where batches go: `…/v1/events`, whether the base or the whole address was given."""
        base = self.ingest_url.rstrip("/")
        return base if base.endswith("/v1/events") else f"{base}/v1/events"

    @property
    def is_complete(self) -> bool:
        """Whether there is an address and something to sign in with."""
        return bool(self.ingest_url and (self.api_key or self.hmac_secret))


class Setting(NamedTuple):
    """One row of the table: where a value comes from, and what it means."""

    name: str
    env: tuple[str, ...]
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("ingest_url", ("LYNEX_INGEST_URL", "LYNEX_URL"), "Address of the Lynex server."),
    Setting("api_key", ("LYNEX_API_KEY",), "A project's API key, sent as a bearer token."),
    Setting("project_id", ("LYNEX_PROJECT_ID",), "The project, where an HMAC secret does not name its key."),
    Setting("hmac_secret", ("LYNEX_HMAC_SECRET",), "Signs each request instead of sending a key."),
    Setting("environment", ("LYNEX_ENVIRONMENT",), "`production`, `staging`, …; put on every span."),
    Setting("release", ("LYNEX_RELEASE",), "Version of your app; put on every span."),
    Setting("service", ("LYNEX_SERVICE",), "Name of your app; put on every span."),
    Setting("enabled", ("LYNEX_ENABLED",), "False records nothing and says nothing."),
    Setting("sample_rate", ("LYNEX_SAMPLE_RATE",), "Share of traces kept, 0 to 1; a trace is kept whole."),
    Setting(
        "capture_content", ("LYNEX_CAPTURE_CONTENT",), "False sends no input, output or tool definition."
    ),
    Setting("local_cost", ("LYNEX_LOCAL_COST",), "True prices calls in the process (needs `lynex[prices]`)."),
    Setting("before_send", (), "Called with each event before it is sent; gives it back, changed or None."),
    Setting(
        "redact",
        ("LYNEX_REDACT",),
        "`server`: the project's redaction rules are applied before sending; or a function of each text.",
    ),
    Setting(
        "enforce",
        ("LYNEX_ENFORCE",),
        "Keep budgets and kill switches: `enforce` stops calls, `warn` only says so, `off` does not look; "
        "`project` does what the project says in Lynex.",
    ),
    Setting(
        "fail", ("LYNEX_FAIL",), "Calls while Lynex cannot be reached: `open` lets through, `closed` stops."
    ),
    Setting(
        "gateway_url",
        ("LYNEX_GATEWAY_URL",),
        "Address of the gateway, where it is not the server's: calls through it are counted there.",
    ),
    Setting("max_content_bytes", ("LYNEX_MAX_CONTENT_BYTES",), "Longest input or output; the rest is cut."),
    Setting("max_buffered_events", ("LYNEX_MAX_BUFFERED_EVENTS",), "Most events waiting; more are dropped."),
    Setting("max_buffered_bytes", ("LYNEX_MAX_BUFFERED_BYTES",), "Most encoded bytes waiting."),
    Setting("max_batch_events", ("LYNEX_MAX_BATCH_EVENTS",), "Most events of one request."),
    Setting("max_batch_bytes", ("LYNEX_MAX_BATCH_BYTES",), "Most bytes of one request before compression."),
    Setting("flush_interval_s", ("LYNEX_FLUSH_INTERVAL_S",), "Longest time that an event waits for company."),
    Setting("request_timeout_s", ("LYNEX_REQUEST_TIMEOUT_S",), "How long one request may take."),
    Setting("max_retry_s", ("LYNEX_MAX_RETRY_S",), "How long a batch is retried before it is dropped."),
    Setting("exit_timeout_s", ("LYNEX_EXIT_TIMEOUT_S",), "How long the process may be held at its exit."),
)
"""Every setting of `configure`, in its order."""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def resolve(arguments: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """The configuration of these arguments (None means not given) and this environment.

    A value of the environment that cannot be read is told once and left at its default: a typing error in
    a deployment must not stop the app. A wrong argument is a mistake in code and raises `ValueError`.
    """
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        given = arguments.get(setting.name)
        if given is not None:
            values[setting.name] = given
            continue
        raw = next((environ[name] for name in setting.env if environ.get(name)), None)
        if raw is not None:
            _read(setting, raw, values)
    config = Config(**values)
    if not 0.0 <= config.sample_rate <= 1.0:
        raise ValueError(f"sample_rate must be between 0 and 1, not {config.sample_rate}")
    if config.redact not in (None, REDACT_BY_SERVER) and not callable(config.redact):
        raise ValueError(f"redact must be 'server', a function or None, not {config.redact!r}")
    for name, choices in CHOICES.items():
        if getattr(config, name) not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {getattr(config, name)!r}")
    return config


def _read(setting: Setting, raw: str, values: dict[str, Any]) -> None:
    default = Config._field_defaults[setting.name]
    try:
        if isinstance(default, bool):
            values[setting.name] = _boolean(raw)
        elif isinstance(default, (int, float)):
            number = type(default)(raw)
            if number < 0 or (setting.name == "sample_rate" and number > 1):
                raise ValueError(raw)  # noqa: TRY301 - told below like every other unreadable value
            values[setting.name] = number
        elif raw not in _WORDS.get(setting.name, (raw,)):
            raise ValueError(raw)  # noqa: TRY301 - as above
        else:
            values[setting.name] = raw
    except ValueError:
        warn_once(f"env:{setting.env[0]}", f"{setting.env[0]}={raw!r} cannot be read; using {default!r}")


def _boolean(raw: str) -> bool:
    lowered = raw.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError(raw)
