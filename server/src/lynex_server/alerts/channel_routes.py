"""Channels, their deliveries and templates over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.alerts.access import alerts_of
from lynex_server.alerts.channel_schemas import (
    ChannelInput,
    ChannelList,
    ChannelShown,
    DeliveryPage,
    DeliveryShown,
    NewChannel,
    TemplatesInput,
    TemplatesPreview,
)
from lynex_server.alerts.channels import Made
from lynex_server.alerts.model import Channel, Delivery, Message
from lynex_server.alerts.rule_shapes import matchers_shown
from lynex_server.alerts.templates import PLACEHOLDERS, check_template, text_of, title_of
from lynex_server.identity.public import Principal, require
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.paging import decode_cursor, encode_cursor

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

Reader = Annotated[Principal, require("alerts:read")]
Writer = Annotated[Principal, require("alerts:write")]
ChannelId = Annotated[str, Path(max_length=64, examples=["alc_01k9zv3w8r4m2n5p7q8s9t0abc"])]

EXAMPLE = Message(
    incident_id="ali_01k9zv3w8r4m2n5p7q8s9t0abc",
    reason="opened",
    rule="Errors in production",
    group="gpt-4o",
    severity="critical",
    summary="the error rate of gpt-4o was 12.5 %, above 5 %",
    note="See the status page of the provider.",
    value="12.5",
    project="prj_01k9zv3w8r4m2n5p7q8s9t0abc",
    opened_at="2026-11-20T14:05:00Z",
    resolved_at="",
    url="https://lynex.example.org/alerts/incidents/ali_01k9zv3w8r4m2n5p7q8s9t0abc",
    labels={"severity": "critical", "team": "search"},
)


@router.post("/channels", status_code=201, summary="Make a channel")
async def create_channel(request: Request, principal: Writer, wanted: ChannelInput) -> NewChannel:
    """A way to tell somebody. Secrets are kept encrypted and never shown again."""
    return _made(await run_in_threadpool(alerts_of(request).channels.create, principal, wanted))


@router.get("/channels", summary="List channels")
async def list_channels(request: Request, principal: Reader) -> ChannelList:
    """The channels of the project by name; which of them fail, and why."""
    found = await run_in_threadpool(alerts_of(request).channels.all, principal.project_id)
    return ChannelList(items=[_shown(channel) for channel in found])


@router.get("/channels/{channel_id}", summary="Read a channel")
async def read_channel(request: Request, principal: Reader, channel_id: ChannelId) -> ChannelShown:
    """One channel, without what is secret of it."""
    return _shown(await run_in_threadpool(alerts_of(request).channels.find, principal.project_id, channel_id))


@router.put("/channels/{channel_id}", summary="Change a channel")
async def change_channel(
    request: Request, principal: Writer, channel_id: ChannelId, wanted: ChannelInput
) -> NewChannel:
    """Make it as given. A secret that is left out stays."""
    return _made(await run_in_threadpool(alerts_of(request).channels.change, principal, channel_id, wanted))


@router.delete("/channels/{channel_id}", status_code=204, summary="Remove a channel")
async def remove_channel(request: Request, principal: Writer, channel_id: ChannelId) -> Response:
    """Remove it with its secrets and its log."""
    await run_in_threadpool(alerts_of(request).channels.remove, principal, channel_id)
    return Response(status_code=204)


@router.post("/channels/{channel_id}/test", summary="Try a channel")
async def try_channel(request: Request, principal: Writer, channel_id: ChannelId) -> DeliveryPage:
    """Send a test message now. The answer says how it went, for each target."""
    found = await run_in_threadpool(alerts_of(request).channels.test, principal, channel_id)
    return DeliveryPage(items=[_delivery(each) for each in found], next_cursor=None)


@router.get("/channels/{channel_id}/deliveries", summary="What was told on a channel")
async def list_deliveries(
    request: Request,
    principal: Reader,
    channel_id: ChannelId,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of a page.")] = None,
) -> DeliveryPage:
    """The delivery log: every message with its attempts, the last status and the beginning of the answer."""
    before = None if cursor is None else decode_cursor(cursor, tuple[int, str])
    service = alerts_of(request).channels
    found = await run_in_threadpool(service.deliveries, principal.project_id, channel_id, limit + 1, before)
    page = found[:limit]
    more = len(found) > limit
    return DeliveryPage(
        items=[_delivery(each) for each in page],
        next_cursor=encode_cursor(page[-1].created_at_us, page[-1].id) if more else None,
    )


@router.post("/templates/preview", summary="Try templates on an example")
async def preview_templates(_principal: Reader, wanted: TemplatesInput) -> TemplatesPreview:
    """What the templates make of an example, and which placeholders there are."""
    check_template(wanted.title, "title")
    check_template(wanted.text, "text")
    return TemplatesPreview(
        title=title_of(EXAMPLE, wanted.title),
        text=text_of(EXAMPLE, wanted.text),
        placeholders=dict(PLACEHOLDERS),
    )


def _made(made: Made) -> NewChannel:
    return NewChannel(**_shown(made.channel).model_dump(), signing_secret=made.signing_secret)


def _shown(channel: Channel) -> ChannelShown:
    return ChannelShown(
        id=channel.id,
        name=channel.name,
        kind=channel.kind,
        enabled=channel.enabled,
        settings={
            name: value if isinstance(value, str) else list(value) for name, value in channel.settings.items()
        },
        match=None if channel.match is None else matchers_shown(channel.match),
        min_severity=channel.min_severity,
        templates=TemplatesInput(title=channel.title_template, text=channel.text_template),
        failing_since=_or_none(channel.failing_since_us),
        last_error=channel.last_error,
        last_delivered_at=_or_none(channel.last_delivered_at_us),
        created_at=datetime_from_us(channel.created_at_us),
        updated_at=datetime_from_us(channel.updated_at_us),
    )


def _delivery(delivery: Delivery) -> DeliveryShown:
    waits = delivery.phase == "waiting"
    return DeliveryShown(
        id=delivery.id,
        reason=delivery.reason,
        incident_id=delivery.incident_id or None,
        target=delivery.target,
        phase=delivery.phase,
        attempts=delivery.attempts,
        next_attempt_at=datetime_from_us(delivery.next_attempt_us) if waits else None,
        created_at=datetime_from_us(delivery.created_at_us),
        finished_at=_or_none(delivery.finished_at_us),
        status=delivery.status or None,
        excerpt=delivery.excerpt,
    )


def _or_none(at_us: int | None) -> datetime | None:
    return None if at_us is None else datetime_from_us(at_us)
