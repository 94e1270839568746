"""Providers and routes with sane defaults."""

from lynex_server.gateway.model import ProjectGateway, Provider, ProviderKey, Route, Target


def a_key(name="default", weight=1, enabled=True):
    return ProviderKey(f"gky_{name}", name, f"sec_{name}", weight, enabled)


def a_provider(
    name="openai", kind="openai", base_url="https://api.openai.com/v1", models=(), keys=(), **given
):
    values = {
        "id": f"gpr_{name}",
        "organisation_id": "org_1",
        "project_id": "prj_1",
        "name": name,
        "kind": kind,
        "base_url": base_url,
        "price_as": name,
        "models": tuple(models),
        "headers": (),
        "keys": tuple(keys),
        "timeout_s": 10.0,
        "max_concurrency": 0,
        "breaker_failures": 3,
        "breaker_open_s": 10.0,
        "enabled": True,
        "created_at_us": 0,
        "updated_at_us": 0,
    }
    return Provider(**{**values, **given})


def a_route(name="fast", targets=(("openai", "gpt-4.1-mini", 1),), **given):
    return Route("grt_1", "org_1", "prj_1", name, tuple(Target(*each) for each in targets), **given)


def a_gateway(providers=(), routes=(), **given):
    values = {"rates": (), "allowed_models": {}, "capture": "full"}
    return ProjectGateway(
        project_id="prj_1",
        providers={each.name: each for each in providers},
        routes={each.name: each for each in routes},
        **{**values, **given},
    )
