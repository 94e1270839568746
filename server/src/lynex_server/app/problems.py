"""The one place where errors become answers: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from lynex_server.budgets.public import BudgetExceeded, KillSwitchActive
from lynex_server.kernel.errors import Busy, InvalidInput, LynexError, RateLimited, TooManyRequests

log = structlog.get_logger()

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}

QUOTA_EXCEEDED: Final = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""Source: draft-ietf-httpapi-ratelimit-headers-11, section 5.1."""

_OUR_OWN_CHECK: Final = "Value error, "
"""What Pydantic puts before the words of a validator of ours."""

MEDIA_TYPE: Final = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="Where, from the outside in.", examples=["query.limit"])
    reason: str = Field(description="What is wrong there.", examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """What is wrong, in the shape of RFC 9457. `code` is for programs and stable, `detail` for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not found",
                    "status": 404,
                    "code": "not_found",
                    "detail": "no project acme",
                }
            ]
        }
    )

    type: str = Field(
        description="`about:blank`, or the registered type of an exceeded quota. `code` tells problems apart."
    )
    title: str = Field(description="The kind of problem in a word or two.")
    status: int = Field(description="The status of the answer.")
    code: str = Field(description="The kind of problem, for programs. It does not change.")
    detail: str = Field(description="What is wrong with this request, for people.")
    field: str | None = Field(default=None, description="The one field that is wrong, where there is one.")
    faults: list[Fault] | None = Field(default=None, description="Everything that is wrong with the input.")
    violated_policies: list[str] | None = Field(
        default=None,
        alias="violated-policies",
        description="The limits that were exceeded, by their names in RateLimit-Policy.",
    )


ANY_PROBLEM: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "What is wrong, with the status and code that say of which kind it is.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""Every route's answer when something is wrong. `describe_problems` adds the schema that it refers to."""


def describe_problems(app: FastAPI) -> None:
    """Put the shape of a problem into the OpenAPI document of `app`."""
    without_problems = app.openapi

    def openapi() -> dict[str, Any]:
        document = without_problems()
        shapes = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document["components"]["schemas"]
        schemas |= {**shapes.pop("$defs"), Problem.__name__: shapes}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to add to the document


def problem(
    status: int, code: str, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem. `code` is stable and meant for programs; `detail` is meant for people."""
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, **more},
        status_code=status,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
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
    if isinstance(error, Busy | TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="lynex"'
    if isinstance(error, InvalidInput) and error.field:
        more["field"] = error.field
    if isinstance(error, BudgetExceeded | KillSwitchActive):
        more |= error.details
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, RateLimited):
        more |= {"type": QUOTA_EXCEEDED, "violated-policies": list(error.policies)}
    return problem(error.status, error.code, error.title, str(error), headers, **more)


async def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class alone
    faults = [
        {
            "field": ".".join(str(part) for part in fault["loc"]),
            "reason": str(fault["msg"]).removeprefix(_OUR_OWN_CHECK),
        }
        for fault in error.errors()
    ]
    first = faults[0] if faults else {"field": "", "reason": "malformed"}
    where = first["field"].removeprefix("body").removeprefix(".")
    detail = f"{where}: {first['reason']}" if where else first["reason"]
    return problem(422, "invalid_input", "Invalid input", detail, faults=faults)


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    code = _CODES.get(error.status_code, f"http_{error.status_code}")
    title = str(error.detail)
    return problem(error.status_code, code, title, title, error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("http.unexpected_error", path=request.url.path, exc_info=error)
    return problem(500, "internal", "Internal error", "Something went wrong here. It is in the log.")
