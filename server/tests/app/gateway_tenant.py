"""A project whose gateway leads to a scripted provider."""

from typing import Any

import anthropic
import httpx
import openai
from app.real_lynex import Tenant, eventually
from app.scripted_upstream import ScriptedUpstream

QUESTION = [{"role": "user", "content": "Where is my parcel?"}]


class GatewayTenant:
    """Calls through the gateway, and what became of them."""

    def __init__(self, tenant: Tenant, upstream: ScriptedUpstream) -> None:
        self.tenant = tenant
        self.upstream = upstream
        self._make_providers()

    def _make_providers(self) -> None:
        self.provider_id = self.provider("scripted", price_as="openai", models=["*"])

    def provider(self, name: str, **wanted: Any) -> str:
        """A provider at the same place, OpenAI-compatible unless said otherwise."""
        usual = {"kind": "openai_compatible", "base_url": self.upstream.url, "timeout_s": 2}
        if "keys" not in wanted:
            usual["api_key"] = f"sk-{name}"
        return self.make("/v1/gateway/providers", {"name": name, **usual, **wanted})["id"]

    def make(self, path: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """Make something, and see it made."""
        response = self.tenant.ask("POST", path, json=wanted)
        assert response.status_code == 201, response.text
        return response.json()

    def price(self, model: str = "*", usd: str = "1000") -> None:
        """A price by the million tokens of every model: a thousand dollars make nano-dollars easy to see."""
        rates = [{"unit": unit, "usd": usd} for unit in ("input_tokens", "output_tokens")]
        wanted = {"model": model, "terms": {"kind": "rates", "rates": rates}, "confirm": True}
        self.make("/v1/prices/overrides", wanted)

    def route(self, name: str, targets: list[dict[str, Any]], **wanted: Any) -> str:
        """A route."""
        return self.make("/v1/gateway/routes", {"name": name, "targets": targets, **wanted})["id"]

    def set_up(self, path: str, wanted: dict[str, Any]) -> None:
        """Change something that is there."""
        response = self.tenant.ask("PUT", path, json=wanted)
        assert response.status_code == 200, response.text

    def budget(self, limit: float, **wanted: Any) -> str:
        """A budget that stops calls."""
        return self.make("/v1/budgets", {"name": "all", "limit": limit, "action": "stop", **wanted})["id"]

    def call(self, model: str, path: str = "/v1/chat/completions", **body: Any) -> httpx.Response:
        """A call that is answered whole."""
        headers = body.pop("headers", {})
        wanted = {"model": model, "messages": QUESTION, "max_tokens": 100, **body}
        return self.tenant.ask("POST", path, json=wanted, headers=headers)

    def stream(self, model: str, **body: Any) -> str:
        """The text of a streamed answer."""
        response = self.call(model, stream=True, **body)
        assert response.status_code == 200, response.text
        return response.text

    def spans(self, count: int) -> list[dict[str, Any]]:
        """The stored calls, oldest first, once there are `count`; never more."""
        rows = self.tenant.see(count)
        assert len(rows) == count, [row["name"] for row in rows]
        return sorted(rows, key=lambda row: row["start_time"])

    def span(self) -> dict[str, Any]:
        """The only one."""
        return self.spans(1)[0]

    def held(self, budget_id: str) -> float:
        """What a budget has set aside at the moment."""
        return float(self.tenant.get(f"/v1/budgets/{budget_id}")["held"])

    def nothing_stays_held(self, budget_id: str) -> None:
        """Every reservation has ended."""
        eventually(lambda: self.held(budget_id), lambda held: held == 0)


class EverySurface(GatewayTenant):
    """The same with a provider of every kind, each for the models that are its own, and waited for long."""

    def _make_providers(self) -> None:
        root = {"base_url": self.upstream.url.removesuffix("/v1"), "timeout_s": 60}
        self.provider("anthropic", kind="anthropic", **root)
        self.provider("azure", kind="azure_openai", models=["deployed-*"], **root)
        self.provider("bedrock", kind="bedrock", **root)
        self.provider("gemini", kind="gemini", **root)
        self.provider("ollama", kind="ollama", models=["llama*", "nomic-*"], **root)
        self.provider("openai", kind="openai", timeout_s=60)


def openai_client(gateway: GatewayTenant) -> openai.OpenAI:
    """OpenAI's own client, with nothing but another base URL and key."""
    return openai.OpenAI(base_url=f"{gateway.tenant.url}/v1", api_key=gateway.tenant.api_key)


def anthropic_client(gateway: GatewayTenant) -> anthropic.Anthropic:
    """Anthropic's own client, likewise."""
    return anthropic.Anthropic(base_url=gateway.tenant.url, api_key=gateway.tenant.api_key)
