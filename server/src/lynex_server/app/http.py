"""The HTTP application: every slice's routes, one translator of errors, the dashboard behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import anyio
from fastapi import FastAPI

from lynex_server.alerts import public as alerts
from lynex_server.app import health, metrics, rate_limits
from lynex_server.app.checks import checks_of
from lynex_server.app.dashboard import add_dashboard
from lynex_server.app.problems import ANY_PROBLEM, add_problem_handlers, describe_problems
from lynex_server.app.system import System
from lynex_server.app.web_safety import WebSettings
from lynex_server.budgets import public as budgets
from lynex_server.gateway import public as gateway
from lynex_server.identity import public as identity
from lynex_server.ingest import public as ingest
from lynex_server.prices import public as prices
from lynex_server.privacy import public as privacy
from lynex_server.processing import public as processing
from lynex_server.query import public as query

DESCRIPTION = """The API of Lynex.

Authenticate with a project's API key as `Authorization: Bearer`, `x-api-key` or HTTP Basic (the key as
password), or sign requests with HMAC-SHA256. Errors are `application/problem+json`."""


def describe_app() -> FastAPI:
    """The application without engines: its routes and its OpenAPI document."""
    app = FastAPI(
        title="Lynex",
        version=version("lynex-server"),
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=ANY_PROBLEM,
    )
    add_problem_handlers(app)
    describe_problems(app)
    # Matched one after another: what applications ask for every call comes first.
    for router in (
        health.router,
        metrics.router,
        ingest.router,
        budgets.router,
        identity.router,
        rate_limits.router,
        ingest.redaction_router,
        processing.router,
        query.router,
        privacy.router,
        *prices.routers,
        alerts.router,
        gateway.admin_router,
    ):
        app.include_router(router)
    return app


def create_app(system: System) -> FastAPI:
    """The application on an open system. Its lifespan starts the workers and closes the system."""
    app = describe_app()
    app.router.lifespan_context = _lifespan(system)
    app.state.identity = system.identity
    app.state.sign_in = system.sign_in
    app.state.attempts = system.sign_in.attempts
    app.state.sessions = system.sign_in.sessions
    app.state.mailer = system.engines.mailer
    app.state.public_url = system.settings.public_url
    app.state.limits = system.limits
    app.state.ingest = system.ingest
    app.state.redaction = system.ingest.redaction
    app.state.processing = system.processing
    app.state.query = system.query
    app.state.privacy = system.privacy
    app.state.budgets = system.budgets
    app.state.alerts = system.alerts
    app.state.gateway_admin = system.gateway_admin
    app.state.gateway = system.gateway
    app.state.metrics_networks = identity.TrustedProxies.of(WebSettings().metrics_networks)
    app.state.prices = system.prices.service
    app.state.repricings = system.prices.repricings
    app.state.price_checks = system.prices.checks
    app.state.price_reports = system.prices.reports
    app.state.readiness_checks = checks_of(system)
    add_dashboard(app)
    return app


def _lifespan(system: System):  # type: ignore[no-untyped-def]  # Starlette's own type is a union of callables
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(system.prices.start)  # before the workers: they price with it
        if system.workers is not None:
            system.workers.start()
            system.alerts.jobs.start()
        system.budgets.reconciler.start()
        await anyio.to_thread.run_sync(system.gateway_admin.config.start)
        if system.erasure_jobs is not None:
            system.erasure_jobs.start()
        system.identity.key_use.start()
        await system.gateway.start()
        try:
            yield
        finally:
            await system.gateway.stop()
            await system.ingest.close()
            await anyio.to_thread.run_sync(system.close)

    return lifespan
