"""Providers and their keys over HTTP."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.gateway.admin.access import KeyId, ProviderId, Reader, Writer, admin_of
from lynex_server.gateway.admin.changes import editor_of
from lynex_server.gateway.admin.provider_schemas import (
    GatewayProviderList,
    GatewayProviderShown,
    KeyInput,
    ProbeInput,
    ProbeShown,
    ProviderInput,
    ProviderKeyChange,
    ProviderKeyShown,
)
from lynex_server.gateway.admin.provider_shapes import key_shown, provider_shown

router = APIRouter(prefix="/v1/gateway/providers", tags=["gateway"])

ANY_MODEL = ProbeInput()


@router.get("", summary="List providers")
async def list_providers(request: Request, principal: Reader) -> GatewayProviderList:
    """The providers of the project by name, with their keys but for what is secret of them."""
    found = await run_in_threadpool(admin_of(request).providers.all, principal.project_id)
    return GatewayProviderList(items=[provider_shown(provider) for provider in found])


@router.post("", status_code=201, summary="Make a provider")
async def create_provider(request: Request, principal: Writer, wanted: ProviderInput) -> GatewayProviderShown:
    """An upstream that calls may go to. Its key is kept encrypted and never shown again."""
    service, editor = admin_of(request).providers, editor_of(principal)
    return provider_shown(await run_in_threadpool(service.create, editor, wanted))


@router.get("/{provider_id}", summary="Read a provider")
async def read_provider(request: Request, principal: Reader, provider_id: ProviderId) -> GatewayProviderShown:
    """One provider with its keys, but for what is secret of them."""
    service = admin_of(request).providers
    return provider_shown(await run_in_threadpool(service.find, principal.project_id, provider_id))


@router.put("/{provider_id}", summary="Change a provider")
async def change_provider(
    request: Request, principal: Writer, provider_id: ProviderId, wanted: ProviderInput
) -> GatewayProviderShown:
    """Make it as given. Its keys stay; to send them to another host, remove them and give them anew."""
    service, editor = admin_of(request).providers, editor_of(principal)
    return provider_shown(await run_in_threadpool(service.change, editor, provider_id, wanted))


@router.delete("/{provider_id}", status_code=204, summary="Remove a provider")
async def remove_provider(request: Request, principal: Writer, provider_id: ProviderId) -> Response:
    """Remove it with its keys. Refused while a route leads to it; the answer names those routes."""
    await run_in_threadpool(admin_of(request).providers.remove, editor_of(principal), provider_id)
    return Response(status_code=204)


@router.post("/{provider_id}/test", summary="Try a provider")
async def try_provider(
    request: Request, principal: Writer, provider_id: ProviderId, wanted: ProbeInput = ANY_MODEL
) -> ProbeShown:
    """Ask it for the list of its models, with one of its keys. What goes wrong there is in the answer."""
    admin = admin_of(request)
    provider = await run_in_threadpool(admin.providers.find, principal.project_id, provider_id)
    probe = await admin.prober.probe(provider, wanted.model)
    return ProbeShown(
        ok=probe.ok,
        status=probe.status,
        latency_ms=round(probe.latency_ms, 1),
        message=probe.message,
        models=list(probe.models),
    )


@router.post("/{provider_id}/keys", status_code=201, summary="Give a provider another key")
async def create_key(
    request: Request, principal: Writer, provider_id: ProviderId, wanted: KeyInput
) -> ProviderKeyShown:
    """Several keys share the calls by their weights. Kept encrypted and never shown again."""
    service, editor = admin_of(request).keys, editor_of(principal)
    return key_shown(await run_in_threadpool(service.create, editor, provider_id, wanted))


@router.put("/{provider_id}/keys/{key_id}", summary="Change a key of a provider")
async def change_key(
    request: Request, principal: Writer, provider_id: ProviderId, key_id: KeyId, wanted: ProviderKeyChange
) -> ProviderKeyShown:
    """Its name, its weight, whether it is used."""
    service, editor = admin_of(request).keys, editor_of(principal)
    return key_shown(await run_in_threadpool(service.change, editor, provider_id, key_id, wanted))


@router.delete("/{provider_id}/keys/{key_id}", status_code=204, summary="Remove a key of a provider")
async def remove_key(request: Request, principal: Writer, provider_id: ProviderId, key_id: KeyId) -> Response:
    """Forget it. Calls that are under way with it go on."""
    await run_in_threadpool(admin_of(request).keys.remove, editor_of(principal), provider_id, key_id)
    return Response(status_code=204)
