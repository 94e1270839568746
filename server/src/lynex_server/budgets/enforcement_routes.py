"""What SDKs of a project do with budgets and kill switches, over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field

from lynex_server.budgets.access import budgets_of
from lynex_server.budgets.enforcement import Enforcement
from lynex_server.budgets.model import EnforcementMode
from lynex_server.identity.public import Principal, require
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.wire import Wire

router = APIRouter(prefix="/v1/control/enforcement", tags=["budgets"])

Reader = Annotated[Principal, require("budgets:read")]
Writer = Annotated[Principal, require("budgets:write")]


class EnforcementInput(Wire):
    """What SDKs are to do that leave it to their project (`enforce="project"`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "warn"}]})

    mode: EnforcementMode = Field(
        description="`enforce` stops calls under used-up budgets and kill switches, `warn` only says so in "
        "the log, `off` lets all of them through."
    )


class EnforcementShown(EnforcementInput):
    """What they do."""

    changed_at: datetime | None = Field(description="Null while nobody said anything: then it is `off`.")
    changed_by: str = Field(examples=["ann@example.org"])


@router.get("", summary="Show what SDKs of the project enforce")
async def read_enforcement(request: Request, principal: Reader) -> EnforcementShown:
    """Of those that leave it to their project. The gateway and reservations keep what holds in any case."""
    return _shown(await run_in_threadpool(budgets_of(request).enforcement.of_project, principal.project_id))


@router.put("", summary="Say what SDKs of the project enforce")
async def change_enforcement(
    request: Request, principal: Writer, wanted: EnforcementInput
) -> EnforcementShown:
    """Holds within a second in every process with `enforce="project"`, without a deployment."""
    return _shown(await run_in_threadpool(budgets_of(request).enforcement.change, principal, wanted.mode))


def _shown(found: Enforcement) -> EnforcementShown:
    at_us = found.changed_at_us
    return EnforcementShown(
        mode=found.mode,
        changed_at=None if at_us is None else datetime_from_us(at_us),
        changed_by=found.changed_by,
    )
