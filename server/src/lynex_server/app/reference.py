"""The reference page of the settings, made from their declarations."""

from collections.abc import Iterator

from pydantic_core import PydanticUndefined

from lynex_server.alerts.public import AlertSettings
from lynex_server.app.settings import AppSettings
from lynex_server.app.web_safety import WebSettings
from lynex_server.budgets.public import BudgetSettings
from lynex_server.gateway.public import AnswerCacheSettings, GatewayConfigSettings, GatewaySettings
from lynex_server.identity.public import SignInSettings, TenancySettings
from lynex_server.ingest.public import IngestSettings
from lynex_server.kernel.settings import Settings
from lynex_server.limits.public import LimitSettings
from lynex_server.prices.public import PricesSettings
from lynex_server.pricing.public import PricingSettings
from lynex_server.privacy.public import PrivacySettings
from lynex_server.processing.public import ProcessingSettings
from lynex_server.query.public import QuerySettings
from lynex_server.safety.public import SafetySettings

SECTIONS: tuple[tuple[str, type[Settings]], ...] = (
    ("Process and engines", AppSettings),
    ("Browsers and proxies", WebSettings),
    ("Limits", LimitSettings),
    ("Projects", TenancySettings),
    ("Signing in", SignInSettings),
    ("Ingest", IngestSettings),
    ("Processing", ProcessingSettings),
    ("Prices", PricingSettings),
    ("Pricing history again", PricesSettings),
    ("Query", QuerySettings),
    ("Budgets and kill switches", BudgetSettings),
    ("Calls through the gateway", GatewaySettings),
    ("The gateway's configuration file", GatewayConfigSettings),
    ("Answers given again", AnswerCacheSettings),
    ("Alerts", AlertSettings),
    ("Privacy", PrivacySettings),
    ("Requests to user-given URLs", SafetySettings),
)

_INTRODUCTION = """# Settings

Every setting is an environment variable, read once at start. A value that does not fit is refused at start.
This page is generated from the declarations in each part's `settings.py`.
"""


def settings_reference() -> str:
    """The page as Markdown."""
    return "\n".join([_INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    for title, settings in SECTIONS:
        yield f"## {title}\n"
        yield "| variable | default | meaning |\n| --- | --- | --- |"
        prefix = settings.model_config.get("env_prefix", "")
        for name, field in settings.model_fields.items():
            default = "" if field.default in (PydanticUndefined, None, "", {}, ()) else f"`{field.default}`"
            meaning = (field.description or "").replace("|", "\\|")
            yield f"| `{prefix.upper()}{name.upper()}` | {default} | {meaning} |"
        yield ""
