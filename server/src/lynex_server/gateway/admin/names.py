"""What callers may name as their model."""

from dataclasses import dataclass
from typing import Literal

from lynex_server.gateway.model import ProjectGateway


@dataclass(frozen=True, slots=True)
class CallableName:
    """The name of a route, or `provider/pattern`. `provider` is empty for a route."""

    id: str
    kind: Literal["route", "pattern"]
    provider: str


def names_of(gateway: ProjectGateway) -> list[CallableName]:
    """Everything that callers may name: routes, then the models of each provider as `provider/pattern`.

    What is switched off is left out. A provider that says nothing of its models may serve any.
    """
    routes = [CallableName(route.name, "route", "") for route in gateway.routes.values() if route.enabled]
    return routes + [
        CallableName(f"{provider.name}/{pattern}", "pattern", provider.name)
        for provider in gateway.providers.values()
        if provider.enabled
        for pattern in provider.models or ("*",)
    ]
