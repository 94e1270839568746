"""The application around a gateway that runs alone: health, metrics, and no for everything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from lynex_server.app import health, metrics
from lynex_server.app.checks import gateway_checks_of
from lynex_server.app.gateway_system import GatewaySystem
from lynex_server.app.web_safety import WebSettings
from lynex_server.gateway.public import Refused, error_response, refusal_of
from lynex_server.identity.public import TrustedProxies
from lynex_server.kernel.errors import LynexError


def create_gateway_app(system: GatewaySystem) -> FastAPI:
    """The application on an open system. Its lifespan starts the gateway and closes the system."""
    app = FastAPI(title="Lynex gateway", openapi_url=None, redirect_slashes=False, lifespan=_lifespan(system))
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(LynexError, _lynex_error)
    app.state.identity = system.identity
    app.state.attempts = system.attempts
    app.state.sessions = system.sessions
    app.state.limits = system.limits
    app.state.gateway = system.gateway
    app.state.metrics_networks = TrustedProxies.of(WebSettings().metrics_networks)
    app.state.readiness_checks = gateway_checks_of(system)
    return app


async def _http_error(request: Request, error: Exception) -> Response:
    """Whoever asks here holds a client of a provider: it is answered in the shape of the commonest."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    if error.status_code == 404:
        text = f"This gateway does not know {request.method} {request.url.path}."
        return _answer(Refused(404, "unknown_path", text))
    return _answer(Refused(error.status_code, f"http_{error.status_code}", str(error.detail)))


async def _lynex_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LynexError)  # noqa: S101  # registered for this class alone
    return _answer(refusal_of(error))


def _answer(refused: Refused) -> Response:
    fields, body = error_response("openai", refused)
    headers = {name.decode(): value.decode() for name, value in fields}
    return Response(body, refused.status, headers)


def _lifespan(system: GatewaySystem):  # type: ignore[no-untyped-def]  # Starlette's own type is a union of callables
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(system.start)
        await system.gateway.start()
        try:
            yield
        finally:
            await system.gateway.stop()
            await system.ingest.close()
            await anyio.to_thread.run_sync(system.close)

    return lifespan
