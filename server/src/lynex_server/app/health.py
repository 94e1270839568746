"""`/healthz`: the process lives. `/readyz`: its engines answer, so it can take work. HEAD is for monitors."""

from collections.abc import Callable
from typing import Literal

import anyio
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from lynex_server.identity.public import open_to_all
from lynex_server.kernel.errors import Busy

router = APIRouter(tags=["health"], dependencies=[open_to_all("a monitor has no project")])
log = structlog.get_logger()

READY_TIMEOUT_S = 5.0

Outcome = Literal["ok", "busy", "timeout", "failed"]


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="The process lives")
async def healthz() -> dict[str, str]:
    """Answers as long as the process serves requests at all."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="The engines answer")
async def readyz(request: Request) -> JSONResponse:
    """200 when every engine answers and the workers run; 503 otherwise, with a reason for each culprit:
    `timeout`, `busy` (passes by itself) or `failed`; the log tells more."""
    # Anyone may read this route, and what an engine says of a failure names hosts, folders and users.
    checks: dict[str, Callable[[], object]] = request.app.state.readiness_checks
    found = {name: await _outcome(name, check) for name, check in checks.items()}
    ready = all(outcome == "ok" for outcome in found.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": found}, status_code=200 if ready else 503
    )


async def _outcome(name: str, check: Callable[[], object]) -> Outcome:
    try:
        with anyio.fail_after(READY_TIMEOUT_S):
            await anyio.to_thread.run_sync(check, abandon_on_cancel=True)
    except TimeoutError:
        log.warning("ready.timeout", check=name, timeout_s=READY_TIMEOUT_S)
        return "timeout"
    except Busy as error:
        log.warning("ready.busy", check=name, error=str(error))
        return "busy"
    except Exception as error:  # whatever is wrong makes us not ready
        log.warning("ready.failed", check=name, error=f"{type(error).__name__}: {error}")
        return "failed"
    return "ok"
