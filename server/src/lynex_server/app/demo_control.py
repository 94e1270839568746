"""What `lynex demo` sets up beside its traffic, so that the pages of control have something to show: budgets,
rules, and a gateway to a model on one's own machine.

It names every thing `demo` and makes each once: a second run finds it there. Nothing of it stops a call,
costs money or tells anybody.
"""

from typing import Any

from lynex_server.app.api_client import ApiClient
from lynex_server.app.login_commands import user_agent
from lynex_server.kernel.errors import Conflict, Forbidden

_BUDGETS: tuple[dict[str, Any], ...] = (
    {"name": "Demo: everything, a month", "limit": 60, "period": "month"},
    {"name": "Demo: research, a day", "limit": 1, "period": "day", "scope": {"route": "/research"}},
    {
        "name": "Demo: tokens of each user, a day",
        "limit": 50_000,
        "unit": "tokens",
        "period": "day",
        "per": "end_user",
    },
)
_RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Demo: errors in production",
        "metric": "error_rate_percent",
        "condition": {"kind": "above", "limit": 5},
        "filters": {"environment": ["production"]},
        "group_by": "model",
        "window": "15m",
        "min_calls": 20,
    },
    {
        "name": "Demo: money beyond what is usual",
        "metric": "cost_usd_per_hour",
        "condition": {"kind": "anomaly"},
        "window": "1h",
        "severity": "info",
    },
)
_PROVIDERS: tuple[dict[str, Any], ...] = ({"name": "demo-local", "kind": "ollama", "models": ["llama*"]},)
_ROUTES: tuple[dict[str, Any], ...] = (
    {"name": "demo-digest", "targets": [{"provider": "demo-local", "model": "llama-3.1-8b-acme-tuned"}]},
)
SET_UP: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = (
    ("/v1/budgets", _BUDGETS),
    ("/v1/alerts/rules", _RULES),
    ("/v1/gateway/providers", _PROVIDERS),
    ("/v1/gateway/routes", _ROUTES),
)


def set_up(url: str, api_key: str) -> int:
    """Make what is not there yet, as far as the key may; returns how many things that were."""
    client = ApiClient(url, user_agent(), api_key)
    made = 0
    try:
        for path, wanted in SET_UP:
            there = {item["name"] for item in client.ask("GET", path)["items"]}
            for thing in wanted:
                if thing["name"] not in there:
                    made += _made(client, path, thing)
    except Forbidden:
        return made
    return made


def _made(client: ApiClient, path: str, thing: dict[str, Any]) -> bool:
    try:
        client.ask("POST", path, thing)
    except Conflict:  # another run was quicker
        return False
    return True
