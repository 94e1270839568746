"""Redaction settings over HTTP."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.identity.public import Principal, require
from lynex_server.ingest.redaction.rules import RedactionRules, RedactionSettings
from lynex_server.ingest.redaction.schemas import RedactionState, TryRedaction
from lynex_server.ingest.redaction.service import Redaction, StoredSettings
from lynex_server.ingest.redaction.trying import MAX_SAMPLE_CHARS, Tried, tried
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.errors import InvalidInput, TooLarge

router = APIRouter(tags=["redaction"])

Reader = Annotated[Principal, require("redaction:read")]
Writer = Annotated[Principal, require("redaction:write")]

_SETTINGS_EXAMPLE: Final = {
    "detectors": ["secrets", "emails", "cards", "phones"],
    "fields": ["x-tenant"],
    "paths": ["metadata.customer"],
    "patterns": [{"name": "order", "expression": "ORD-\\d{6}", "replacement": "[order]"}],
    "store_content": True,
    "no_content_environments": ["production"],
}
_TRY_EXAMPLE: Final = {
    "settings": _SETTINGS_EXAMPLE,
    "sample": {"input": "Write to jane@example.com about ORD-123456", "metadata": {"customer": "Jane"}},
}


@router.get("/v1/redaction", summary="What is removed before it is stored")
async def read_redaction(request: Request, response: Response, principal: Reader) -> RedactionState:
    """The project's settings, or the installation's where it has set nothing. `ETag` is their version."""
    return _state(response, await run_in_threadpool(_redaction(request).read, principal.project_id))


@router.put("/v1/redaction", summary="Change what is removed")
async def change_redaction(
    request: Request,
    response: Response,
    principal: Writer,
    settings: Annotated[RedactionSettings, Body(examples=[_SETTINGS_EXAMPLE])],
    if_match: Annotated[
        str | None, Header(description="The `ETag` that was read: refused with 412 when it changed since.")
    ] = None,
) -> RedactionState:
    """All settings at once. They hold on every process within a second; what is stored stays as it is."""
    stored = await run_in_threadpool(
        _redaction(request).change,
        principal.project_id,
        principal.organisation_id,
        settings,
        _version_in(if_match),
        principal.actor(),
    )
    return _state(response, stored)


@router.post("/v1/redaction/try", summary="Try redaction on a sample")
async def try_redaction(
    request: Request, principal: Reader, asked: Annotated[TryRedaction, Body(examples=[_TRY_EXAMPLE])]
) -> Tried:
    """What would be stored of the sample, and which rule found what where. Nothing is stored or changed."""
    if len(asked.sample.model_dump_json()) > MAX_SAMPLE_CHARS:
        raise TooLarge(f"The sample is over {MAX_SAMPLE_CHARS} characters.")
    settings = asked.settings
    if settings is None:
        settings = (await run_in_threadpool(_redaction(request).read, principal.project_id)).settings
    try:
        return await run_in_threadpool(tried, settings, asked.sample)
    except RecursionError as error:
        raise InvalidInput("sample: nested too deep", field="sample") from error


@router.get(
    "/v1/redaction/rules",
    summary="The rules, for an SDK to apply",
    response_model=RedactionRules,
)
async def redaction_rules(
    request: Request, principal: Reader, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """What the server would remove, in a form that needs no knowledge of the server: an SDK that applies it
    sends nothing that the server would have removed. Ask again with the `ETag` as `If-None-Match` every few
    minutes: 304 says that nothing changed.
    """
    rules = await run_in_threadpool(_redaction(request).rules, principal.project_id)
    headers = {"ETag": f'"{rules.version}"', "Cache-Control": "private, no-cache"}
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(rules.model_dump_json(), headers=headers, media_type="application/json")


def _redaction(request: Request) -> Redaction:
    redaction: Redaction = request.app.state.redaction
    return redaction


def _state(response: Response, stored: StoredSettings) -> RedactionState:
    response.headers["ETag"] = f'"{stored.version}"'
    updated_at = None if stored.updated_at_us is None else datetime_from_us(stored.updated_at_us)
    return RedactionState(settings=stored.settings, version=stored.version, updated_at=updated_at)


def _version_in(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput("if-match: the ETag that was read expected", field="if-match")
    return int(text)
