"""The audit log over HTTP: of an organisation for its people, of one project for that project's keys."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from lynex_server.identity.access import require_in_organisation
from lynex_server.identity.model import Principal
from lynex_server.identity.service import Identity
from lynex_server.kernel.clock import datetime_from_us, us_from_datetime
from lynex_server.kernel.errors import NotFound
from lynex_server.kernel.wire import Wire
from lynex_server.safety.public import AuditEntry, AuditFilters

router = APIRouter(tags=["audit"])

Reader = Annotated[Principal, require_in_organisation("audit:read", keys=True)]
MAX_TEXT_CHARS = 300


class AuditActorShown(Wire):
    """Who did it."""

    kind: Literal["user", "api_key", "system"]
    id: str = Field(examples=["usr_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str = Field(examples=["ada@example.org"], description="As it was then.")
    address: str = Field(examples=["192.0.2.7"])


class AuditEntryShown(Wire):
    """One row of the log. Its hash covers the hash of the row before."""

    sequence: int = Field(examples=[42])
    id: str = Field(examples=["aud_01k9zv3w8r4m2n5p7q8s9t0abc"])
    at: datetime
    actor: AuditActorShown
    action: str = Field(examples=["key.created"])
    project_id: str | None
    target: str = Field(examples=["key_01k9zv3w8r4m2n5p7q8s9t0abc"], description="What it was done to.")
    before: dict[str, object] | None = Field(description="What changed, without secrets.")
    after: dict[str, object] | None
    hash: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])


class AuditPageShown(Wire):
    """The newest first."""

    items: list[AuditEntryShown]
    next_cursor: str | None


def _filters(
    principal: Reader,
    project_id: Annotated[str, Query(max_length=63, description="Only what concerns this project.")] = "",
    actor: Annotated[str, Query(max_length=MAX_TEXT_CHARS, description="The actor's id or name.")] = "",
    action: Annotated[
        str, Query(max_length=MAX_TEXT_CHARS, description="An action, or all of a noun: `key`.")
    ] = "",
    target: Annotated[
        str, Query(max_length=MAX_TEXT_CHARS, description="The id of what it was done to.")
    ] = "",
    since: Annotated[
        datetime | None, Query(alias="from", description="The first instant that counts.")
    ] = None,
    until: Annotated[datetime | None, Query(alias="to", description="The first that does not.")] = None,
) -> AuditFilters:
    """What is asked for; a key sees its own project's rows, whatever it asks for."""
    if principal.project_id and project_id not in ("", principal.project_id):
        raise NotFound("There is no such project.")
    return AuditFilters(
        project_id=principal.project_id or project_id,
        actor=actor,
        action=action,
        target=target,
        from_us=None if since is None else us_from_datetime(since),
        to_us=None if until is None else us_from_datetime(until),
    )


Filters = Annotated[AuditFilters, Depends(_filters)]


@router.get("/v1/organisations/{organisation_id}/audit", summary="Read the audit log")
def read_audit_log(
    request: Request,
    principal: Reader,
    organisation_id: str,
    filters: Filters,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: str | None = None,
) -> AuditPageShown:
    """Who did what, when and from where, newest first. An API key sees the rows of its project alone."""
    page = _identity(request).audit.page(principal.organisation_id, filters, cursor, limit)
    return AuditPageShown(items=[_shown(entry) for entry in page.entries], next_cursor=page.next_cursor)


@router.get(
    "/v1/organisations/{organisation_id}/audit/export",
    summary="Export the audit log",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A ZIP archive: `audit.ndjson`, its Ed25519 signature, and the public key.",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def export_audit_log(
    request: Request, principal: Reader, organisation_id: str, filters: Filters
) -> StreamingResponse:
    """The rows that match, oldest first, with a signature that can be checked without Lynex."""
    archive = _identity(request).audit_exporter.archive(principal.organisation_id, filters)
    headers = {"Content-Disposition": 'attachment; filename="lynex-audit.zip"'}
    return StreamingResponse(archive, media_type="application/zip", headers=headers)


def _shown(entry: AuditEntry) -> AuditEntryShown:
    return AuditEntryShown(
        sequence=entry.sequence,
        id=entry.id,
        at=datetime_from_us(entry.at_us),
        actor=AuditActorShown(
            kind=entry.actor.kind, id=entry.actor.id, name=entry.actor.name, address=entry.actor.address
        ),
        action=entry.action,
        project_id=entry.project_id or None,
        target=entry.target,
        before=None if entry.before is None else dict(entry.before),
        after=None if entry.after is None else dict(entry.after),
        hash=entry.hash.hex(),
    )


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity
