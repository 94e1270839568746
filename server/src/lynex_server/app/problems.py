"""The one place where errors become answers: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lynex_server.kernel.errors import Busy, InvalidInput, LynexError

log = structlog.get_logger()

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


def problem(
    status: int, code: str, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem. `code` is stable and meant for programs; `detail` is meant for people."""
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, **more},
        status_code=status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Teach `app` to answer every error as a problem."""
    app.add_exception_handler(LynexError, _lynex_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


async def _lynex_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LynexError)  # noqa: S101  # registered for this class alone
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, Busy):
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="lynex"'
    if isinstance(error, InvalidInput) and error.field:
        more["field"] = error.field
    return problem(error.status, error.code, error.title, str(error), headers, **more)


async def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class alone
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"]), "reason": fault["msg"]}
        for fault in error.errors()
    ]
    first = faults[0] if faults else {"field": "", "reason": "malformed"}
    detail = f"{first['field']}: {first['reason']}"
    return problem(422, "invalid_input", "Invalid input", detail, faults=faults)


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    code = _CODES.get(error.status_code, f"http_{error.status_code}")
    title = str(error.detail)
    return problem(error.status_code, code, title, title, error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("http.unexpected_error", path=request.url.path, exc_info=error)
    return problem(500, "internal", "Internal error", "Something went wrong here. It is in the log.")
