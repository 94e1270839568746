"""Limits over HTTP: everybody in a project sees them, who administers it may lower them.

Routes of the application rather than of the slice: `limits` stands below `identity`, which calls it for every
request, and so cannot ask for permissions.
"""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from pydantic import Field

from lynex_server.identity.public import Identity, Principal, require
from lynex_server.kernel.wire import Wire
from lynex_server.limits.public import Ceilings, Lowered, RequestLimits

router = APIRouter(tags=["limits"])

_EXAMPLE = {"requests_per_s": 50, "burst": 200}


class LimitsShown(Wire):
    """What may be sent."""

    requests_per_s: float = Field(examples=[5000], description="On average.")
    burst: int = Field(examples=[20000], description="Requests at once.")
    bytes_per_s: int = Field(examples=[100000000], description="Of bodies as sent, on average.")
    max_body_bytes: int = Field(examples=[10000000], description="Of one body as sent.")


class LoweredLimits(Wire):
    """Limits below those of the plan; null leaves one as the plan has it."""

    requests_per_s: float | None = Field(default=None, gt=0, allow_inf_nan=False, examples=[50])
    burst: int | None = Field(default=None, ge=1, le=2**53, examples=[200])
    bytes_per_s: int | None = Field(default=None, ge=1, le=2**53, examples=[1000000])
    max_body_bytes: int | None = Field(default=None, ge=1, le=2**53, examples=[1000000])


class ProjectLimitsShown(Wire):
    """A project's limits, from its plan to what holds."""

    plan: str = Field(examples=["default"])
    of_plan: LimitsShown
    lowered: LoweredLimits
    in_effect: LimitsShown


class KeyLimitsShown(Wire):
    """The limits of one key. It also counts against those of its project."""

    api_key_id: str = Field(examples=["key_01m7xqrwnhyrnz5qfbfzh6h8ap"])
    lowered: LoweredLimits
    in_effect: LimitsShown


class CallerLimits(ProjectLimitsShown):
    """The limits that hold for whoever asks: those of the project and, with a key, of the key."""

    key: KeyLimitsShown | None


@router.get("/v1/limits", summary="Show what I may send")
def show_limits(request: Request, principal: Annotated[Principal, require("project:read")]) -> CallerLimits:
    """The project's plan, what was lowered below it, and what holds in the end. How often a limit refused a
    request is in `GET /v1/status`."""
    limits = _limits(request)
    shown = _project_shown(limits, principal.project_id)
    key = _key_shown(limits, principal.project_id, principal.api_key_id) if principal.api_key_id else None
    return CallerLimits(**shown.model_dump(), key=key)


@router.put("/v1/projects/{project_id}/limits", summary="Lower a project's limits")
def lower_project(
    request: Request,
    principal: Annotated[Principal, require("project:write")],
    project_id: str,
    wish: Annotated[LoweredLimits, Body(examples=[_EXAMPLE])],
) -> ProjectLimitsShown:
    """What is left out or null is as the plan has it; nothing can be above that. Holds within 2 s."""
    limits = _limits(request)
    limits.lower(principal.actor(), principal.organisation_id, project_id, Lowered(**wish.model_dump()))
    return _project_shown(limits, project_id)


@router.get("/v1/keys/{key_id}/limits", summary="Show a key's limits")
def show_key_limits(
    request: Request,
    principal: Annotated[Principal, require("keys:read")],
    key_id: str,
) -> KeyLimitsShown:
    """What one key of the project may send."""
    _identity(request).keys.get(principal.project_id, key_id)
    return _key_shown(_limits(request), principal.project_id, key_id)


@router.put("/v1/keys/{key_id}/limits", summary="Lower a key's limits")
def lower_key(
    request: Request,
    principal: Annotated[Principal, require("keys:write")],
    key_id: str,
    wish: Annotated[LoweredLimits, Body(examples=[_EXAMPLE])],
) -> KeyLimitsShown:
    """Give one key limits of its own, below those of the plan. Holds within 2 s."""
    _identity(request).keys.get(principal.project_id, key_id)
    limits = _limits(request)
    lowered = Lowered(**wish.model_dump())
    limits.lower(principal.actor(), principal.organisation_id, principal.project_id, lowered, key_id)
    return _key_shown(limits, principal.project_id, key_id)


def _project_shown(limits: RequestLimits, project_id: str) -> ProjectLimitsShown:
    found = limits.of_project(project_id)
    return ProjectLimitsShown(
        plan=found.plan,
        of_plan=_shown(found.of_plan),
        lowered=_lowered_shown(found.lowered),
        in_effect=_shown(found.in_effect),
    )


def _key_shown(limits: RequestLimits, project_id: str, key_id: str) -> KeyLimitsShown:
    lowered = limits.of_key(project_id, key_id)
    in_effect = limits.of_project(project_id).in_effect.lowered_by(lowered)
    return KeyLimitsShown(api_key_id=key_id, lowered=_lowered_shown(lowered), in_effect=_shown(in_effect))


def _shown(limits: Ceilings) -> LimitsShown:
    return LimitsShown(
        requests_per_s=limits.requests_per_s,
        burst=limits.burst,
        bytes_per_s=limits.bytes_per_s,
        max_body_bytes=limits.max_body_bytes,
    )


def _lowered_shown(lowered: Lowered) -> LoweredLimits:
    return LoweredLimits(
        requests_per_s=lowered.requests_per_s,
        burst=lowered.burst,
        bytes_per_s=lowered.bytes_per_s,
        max_body_bytes=lowered.max_body_bytes,
    )


def _limits(request: Request) -> RequestLimits:
    limits: RequestLimits = request.app.state.limits
    return limits


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity
