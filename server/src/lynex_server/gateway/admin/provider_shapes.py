"""From the wire to providers and their keys, and back."""

from dataclasses import asdict

from lynex_server.gateway.admin.kinds import DEFAULTS
from lynex_server.gateway.admin.provider_schemas import GatewayProviderShown, ProviderInput, ProviderKeyShown
from lynex_server.gateway.model import Provider, ProviderKey
from lynex_server.kernel.clock import datetime_from_us

HINT_CHARS = 4
_LONG_ENOUGH = 4 * HINT_CHARS
"""Of a shorter secret the hint would tell too much."""


def provider_from(
    wanted: ProviderInput,
    *,
    provider_id: str,
    organisation_id: str,
    project_id: str,
    created_at_us: int,
    now_us: int,
) -> Provider:
    """The provider that is wanted, still without keys. What is not said is as usual for the kind."""
    usual = DEFAULTS[wanted.kind]
    return Provider(
        id=provider_id,
        organisation_id=organisation_id,
        project_id=project_id,
        name=wanted.name,
        kind=wanted.kind,
        base_url=usual.base_url if wanted.base_url is None else wanted.base_url,
        price_as=(usual.price_as if wanted.price_as is None else wanted.price_as) or wanted.name,
        models=usual.models if wanted.models is None else tuple(dict.fromkeys(wanted.models)),
        headers=tuple(sorted(wanted.headers.items())),
        keys=(),
        timeout_s=wanted.timeout_s,
        max_concurrency=wanted.max_concurrency,
        breaker_failures=wanted.breaker_failures,
        breaker_open_s=wanted.breaker_open_s,
        enabled=wanted.enabled,
        created_at_us=created_at_us,
        updated_at_us=now_us,
    )


def hint_of(secret: str) -> str:
    """How a key ends; empty for a short one."""
    return secret[-HINT_CHARS:] if len(secret) >= _LONG_ENOUGH else ""


def provider_shown(provider: Provider) -> GatewayProviderShown:
    """A provider without what is secret of it."""
    hidden = ("organisation_id", "project_id", "keys", "headers", "created_at_us", "updated_at_us")
    return GatewayProviderShown(
        **{name: value for name, value in asdict(provider).items() if name not in hidden},
        headers=dict(provider.headers),
        keys=[key_shown(key) for key in provider.keys],
        created_at=datetime_from_us(provider.created_at_us),
        updated_at=datetime_from_us(provider.updated_at_us),
    )


def key_shown(key: ProviderKey) -> ProviderKeyShown:
    """A key without what is secret of it."""
    return ProviderKeyShown(
        id=key.id,
        name=key.name,
        weight=key.weight,
        enabled=key.enabled,
        hint=key.hint,
        created_at=datetime_from_us(key.created_at_us),
    )


def provider_told(provider: Provider) -> dict[str, object]:
    """A provider for the audit log."""
    left_out = ("id", "organisation_id", "project_id", "keys", "headers", "created_at_us", "updated_at_us")
    told = {name: value for name, value in asdict(provider).items() if name not in left_out}
    return {**told, "headers": dict(provider.headers)}


def key_told(provider: Provider, key: ProviderKey) -> dict[str, object]:
    """A key for the audit log."""
    return {
        "provider": provider.name,
        "name": key.name,
        "hint": key.hint,
        "weight": key.weight,
        "enabled": key.enabled,
    }
