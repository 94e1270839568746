"""Named routes, what holds for every call, and what callers may name, over HTTP."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from lynex_server.gateway.admin.access import Reader, RouteId, Writer, admin_of
from lynex_server.gateway.admin.changes import editor_of
from lynex_server.gateway.admin.names import names_of
from lynex_server.gateway.admin.project_settings import settings_shown
from lynex_server.gateway.admin.route_schemas import RouteInput, RouteList, RouteShown
from lynex_server.gateway.admin.route_shapes import route_shown
from lynex_server.gateway.admin.settings_schemas import NameList, NameShown, SettingsInput, SettingsShown

router = APIRouter(prefix="/v1/gateway", tags=["gateway"])


@router.get("/routes", summary="List routes")
async def list_routes(request: Request, principal: Reader) -> RouteList:
    """The routes of the project by name."""
    found = await run_in_threadpool(admin_of(request).routes.all, principal.project_id)
    return RouteList(items=[route_shown(route) for route in found])


@router.post("/routes", status_code=201, summary="Make a route")
async def create_route(request: Request, principal: Writer, wanted: RouteInput) -> RouteShown:
    """A name that callers use as a model, and what becomes of such calls. It holds at once."""
    service, editor = admin_of(request).routes, editor_of(principal)
    return route_shown(await run_in_threadpool(service.create, editor, wanted))


@router.get("/routes/{route_id}", summary="Read a route")
async def read_route(request: Request, principal: Reader, route_id: RouteId) -> RouteShown:
    """One route, without the secret of its webhook."""
    return route_shown(await run_in_threadpool(admin_of(request).routes.find, principal.project_id, route_id))


@router.put("/routes/{route_id}", summary="Change a route")
async def change_route(
    request: Request, principal: Writer, route_id: RouteId, wanted: RouteInput
) -> RouteShown:
    """Make it as given, from the next call on. The secret of a webhook that is left out stays."""
    service, editor = admin_of(request).routes, editor_of(principal)
    return route_shown(await run_in_threadpool(service.change, editor, route_id, wanted))


@router.delete("/routes/{route_id}", status_code=204, summary="Remove a route")
async def remove_route(request: Request, principal: Writer, route_id: RouteId) -> Response:
    """Remove it. Calls that are under way go on."""
    await run_in_threadpool(admin_of(request).routes.remove, editor_of(principal), route_id)
    return Response(status_code=204)


@router.get("/settings", summary="What holds for every call")
async def read_settings(request: Request, principal: Reader) -> SettingsShown:
    """Capture, rates, which key may name which models, and whether the configuration file is taken."""
    admin = admin_of(request)
    found = await run_in_threadpool(admin.settings.read, principal.project_id)
    return settings_shown(found, admin.config.error_of(principal.project_id))


@router.put("/settings", summary="Set what holds for every call")
async def change_settings(request: Request, principal: Writer, wanted: SettingsInput) -> SettingsShown:
    """Let exactly this hold, from the next call on."""
    admin = admin_of(request)
    found = await run_in_threadpool(admin.settings.change, editor_of(principal), wanted)
    return settings_shown(found, admin.config.error_of(principal.project_id))


@router.get("/models", summary="What callers may name")
async def list_names(request: Request, principal: Reader) -> NameList:
    """Names of routes, and `provider/model` as patterns."""
    gateway = await run_in_threadpool(admin_of(request).catalog.of, principal.project_id)
    return NameList(
        items=[NameShown(id=name.id, kind=name.kind, provider=name.provider) for name in names_of(gateway)]
    )
