"""Where a call goes: the name that its client gave, turned into candidates in the order to try them in."""

import hashlib
from dataclasses import dataclass

from lynex_server.gateway.errors import Refused
from lynex_server.gateway.model import Dialect, ProjectGateway, Provider, ProviderKind, Route, Target
from lynex_server.gateway.operations import Operation
from lynex_server.kernel.patterns import matches_any

_SPOKEN: dict[ProviderKind, tuple[Dialect, ...]] = {
    "openai": ("openai",),
    "azure_openai": ("openai",),
    "openai_compatible": ("openai",),
    "anthropic": ("anthropic",),
    "gemini": ("gemini",),
    "bedrock": ("bedrock",),
    "ollama": ("openai", "ollama"),
}
"""The dialects that each kind of provider understands, its own first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider, and the model to ask it for."""

    provider: Provider
    model: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The candidates of a call, the first to be tried first, and the route that named them, if one did."""

    route: Route | None
    candidates: tuple[Candidate, ...]


def speaks(provider: Provider, dialect: Dialect) -> bool:
    """Whether calls in this dialect can be passed on as they are."""
    return dialect in _SPOKEN[provider.kind]


def own_dialect(provider: Provider) -> Dialect:
    """What a call for this provider is translated into."""
    return _SPOKEN[provider.kind][0]


def plan_of(gateway: ProjectGateway, operation: Operation, model: str, draw: float) -> Plan:
    """Who is asked. `draw`, from 0 to below 1, decides among the weights.

    A name is, in this order: the provider in the path; a route; `provider/model`; a model that a provider is
    chosen for. Raises `Refused` (404) when it is none, (503) when the route or all of them are switched off.
    """
    if operation.provider:
        return Plan(None, (Candidate(_provider(gateway, operation.provider), model),))
    route = gateway.routes.get(model)
    if route is not None:
        if not route.enabled:
            # Not on to a model of this name: what the route guards would go there unguarded.
            raise Refused(503, "no_provider", f"The route {model!r} is switched off.")
        found = _candidates(gateway, _drawn_first(route.targets, draw), model)
        if not found:
            raise Refused(503, "no_provider", f"Every provider of the route {model!r} is switched off.")
        return Plan(route, found)
    name, slash, rest = model.partition("/")
    if slash and rest and name in gateway.providers:
        return Plan(None, (Candidate(_provider(gateway, name), rest),))
    return Plan(None, (Candidate(_chosen(gateway, operation, model), model),))


def downgraded(gateway: ProjectGateway, plan: Plan, operation: Operation, target: Target) -> Plan:
    """The plan with `target` alone. An empty provider in it is looked for by the model's name."""
    if target.provider:
        return Plan(plan.route, _candidates(gateway, (target,), "") or plan.candidates)
    named = plan_of(
        gateway,
        Operation(operation.dialect, operation.name, operation.kind, operation.path),
        target.model,
        0.0,
    )
    return Plan(plan.route, named.candidates)


def sticky_draw(route_name: str, value: str) -> float:
    """The same number for the same session or user, as long as the route keeps its name."""
    digest = hashlib.blake2b(f"{route_name}\n{value}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def passes_to(gateway: ProjectGateway, operation: Operation) -> Provider:
    """The provider for a call that is passed through unread: it names no model. Raises `Refused`."""
    if operation.provider:
        return _provider(gateway, operation.provider)
    speaking = [
        each for each in gateway.providers.values() if each.enabled and speaks(each, operation.dialect)
    ]
    if speaking:
        # The one whose own the surface is: OpenAI's files lie with OpenAI, whoever else speaks like it.
        return min(speaking, key=lambda provider: provider.kind != operation.dialect)
    raise Refused(
        404, "no_provider", f"No provider that speaks {operation.dialect} is set up for {operation.path}."
    )


def _drawn_first(targets: tuple[Target, ...], draw: float) -> tuple[Target, ...]:
    left = draw * sum(target.weight for target in targets)
    for index, target in enumerate(targets):
        if target.weight and left < target.weight:
            return (target, *targets[:index], *targets[index + 1 :])
        left -= target.weight
    return targets


def _candidates(gateway: ProjectGateway, targets: tuple[Target, ...], model: str) -> tuple[Candidate, ...]:
    found = []
    for target in targets:
        provider = gateway.providers.get(target.provider)
        if provider is not None and provider.enabled:
            found.append(Candidate(provider, target.model or model))
    return tuple(found)


def _provider(gateway: ProjectGateway, name: str) -> Provider:
    provider = gateway.providers.get(name)
    if provider is None:
        raise Refused(404, "no_provider", f"There is no provider {name!r}.")
    if not provider.enabled:
        raise Refused(503, "no_provider", f"The provider {name!r} is switched off.")
    return provider


def _chosen(gateway: ProjectGateway, operation: Operation, model: str) -> Provider:
    enabled = [provider for provider in gateway.providers.values() if provider.enabled]
    native_first = sorted(enabled, key=lambda provider: not speaks(provider, operation.dialect))
    for provider in native_first:
        if matches_any(provider.models, model):
            return provider
    unlisted = [each for each in native_first if not each.models and speaks(each, operation.dialect)]
    if len(unlisted) == 1:
        return unlisted[0]
    raise Refused(
        404,
        "model_not_found",
        f"No route and no provider is set up for the model {model!r}: add a route of this name, name it "
        "provider/model, or add it to a provider's models.",
        details={"field": "model"},
    )
