"""`/healthz`: the process lives. `/readyz`: its engines answer, so it can take work. HEAD is for monitors."""

from collections.abc import Callable

import anyio
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

router = APIRouter(tags=["health"])

READY_TIMEOUT_S = 5.0


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="The process lives")
async def healthz() -> dict[str, str]:
    """Answers as long as the process serves requests at all."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="The engines answer")
async def readyz(request: Request) -> JSONResponse:
    """200 when every engine answers and the workers run; 503 with the culprits otherwise."""
    checks: dict[str, Callable[[], None]] = request.app.state.readiness_checks
    found = {name: await _outcome(check) for name, check in checks.items()}
    ready = all(outcome == "ok" for outcome in found.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": found}, status_code=200 if ready else 503
    )


async def _outcome(check: Callable[[], None]) -> str:
    try:
        with anyio.fail_after(READY_TIMEOUT_S):
            await anyio.to_thread.run_sync(check, abandon_on_cancel=True)
    except TimeoutError:
        return f"no answer within {READY_TIMEOUT_S:.0f} s"
    except Exception as error:  # whatever is wrong is the answer
        return f"{type(error).__name__}: {error}"
    return "ok"
