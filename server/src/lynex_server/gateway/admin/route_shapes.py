"""From the wire to routes, and back."""

from dataclasses import asdict
from typing import Any

import msgspec

from lynex_server.gateway.admin.route_schemas import (
    CacheShape,
    DowngradeShape,
    GuardrailsInput,
    GuardrailsShown,
    RouteInput,
    RouteShown,
    TargetShape,
    WebhookShown,
    schema_text,
)
from lynex_server.gateway.model import CachePolicy, Guardrails, Route, Target, WebhookGuard
from lynex_server.kernel.clock import datetime_from_us


def route_from(
    wanted: RouteInput,
    *,
    route_id: str,
    organisation_id: str,
    project_id: str,
    webhook_secret_id: str,
    created_at_us: int,
    now_us: int,
) -> Route:
    """The route that is wanted. `webhook_secret_id` is where the secret of its webhook guard is kept."""
    down = wanted.downgrade
    return Route(
        id=route_id,
        organisation_id=organisation_id,
        project_id=project_id,
        name=wanted.name,
        targets=tuple(Target(target.provider, target.model, target.weight) for target in wanted.targets),
        retries=wanted.retries,
        timeout_s=wanted.timeout_s,
        sticky=wanted.sticky,
        downgrade=None if down is None else Target(down.provider, down.model),
        downgrade_at_percent=wanted.downgrade_at_percent,
        when_client_leaves=wanted.when_client_leaves,
        drain_s=wanted.drain_s,
        cache=CachePolicy(**wanted.cache.model_dump()),
        guardrails=_guardrails_from(wanted.guardrails, webhook_secret_id),
        enabled=wanted.enabled,
        created_at_us=created_at_us,
        updated_at_us=now_us,
    )


def route_shown(route: Route) -> RouteShown:
    """A route without what is secret of it."""
    down = route.downgrade
    return RouteShown(
        id=route.id,
        name=route.name,
        targets=[TargetShape(**asdict(target)) for target in route.targets],
        retries=route.retries,
        timeout_s=route.timeout_s,
        sticky=route.sticky,
        downgrade=None if down is None else DowngradeShape(provider=down.provider, model=down.model),
        downgrade_at_percent=route.downgrade_at_percent,
        when_client_leaves=route.when_client_leaves,
        drain_s=route.drain_s,
        cache=CacheShape(**asdict(route.cache)),
        guardrails=_guardrails_shown(route.guardrails),
        enabled=route.enabled,
        managed_by=route.managed_by,
        created_at=datetime_from_us(route.created_at_us),
        updated_at=datetime_from_us(route.updated_at_us),
    )


def route_told(route: Route) -> dict[str, object]:
    """A route for the audit log."""
    left_out = {"id", "created_at", "updated_at"}
    told: dict[str, object] = route_shown(route).model_dump(mode="json", exclude=left_out)
    return told


def _guardrails_from(wanted: GuardrailsInput, webhook_secret_id: str) -> Guardrails:
    hook = wanted.webhook
    return Guardrails(
        redact=wanted.redact,
        blocked_input=tuple(wanted.blocked_input),
        blocked_output=tuple(wanted.blocked_output),
        max_input_chars=wanted.max_input_chars,
        max_output_chars=wanted.max_output_chars,
        allowed_tools=None if wanted.allowed_tools is None else tuple(wanted.allowed_tools),
        output_schema=schema_text(wanted.output_schema),
        repair=wanted.repair,
        webhook=None
        if hook is None
        else WebhookGuard(hook.url, webhook_secret_id, hook.timeout_s, hook.fail_open),
    )


def _guardrails_shown(guardrails: Guardrails) -> GuardrailsShown:
    hook = guardrails.webhook
    values: dict[str, Any] = {
        name: value for name, value in asdict(guardrails).items() if name not in ("webhook", "output_schema")
    }
    return GuardrailsShown(
        **values,
        output_schema=msgspec.json.decode(guardrails.output_schema) if guardrails.output_schema else None,
        webhook=None
        if hook is None
        else WebhookShown(url=hook.url, timeout_s=hook.timeout_s, fail_open=hook.fail_open),
    )
