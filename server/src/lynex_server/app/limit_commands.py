"""`lynex limits`: which plan a project is in. For those who run the installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lynex_server.app.safety_services import safety_services
from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.identity.public import Identity, Project
from lynex_server.ingest.public import IngestSettings
from lynex_server.kernel.ids import ProjectId
from lynex_server.limits.public import LimitSettings, RequestLimits
from lynex_server.safety.public import Actor

limits = typer.Typer(help="What projects may send.", no_args_is_help=True)
_out = Console()

CLI = Actor("system", "cli", "lynex limits")


@limits.command("list")
def list_limits() -> None:
    """List what every project may send, and by which plan."""
    table = Table("project", "plan", "requests/s", "burst", "bytes/s", "largest body")
    with _services() as (service, identity):
        for project in identity.list_projects():
            found = service.of_project(project.id)
            held = found.in_effect
            table.add_row(
                project.id,
                found.plan,
                f"{held.requests_per_s:g}",
                f"{held.burst:,}",
                f"{held.bytes_per_s:,}",
                f"{held.max_body_bytes:,}",
            )
    _out.print(table)


@limits.command("plan")
def give_plan(
    project: Annotated[str, typer.Argument(help="Project id.")],
    plan: Annotated[str, typer.Argument(help="One of LYNEX_PLANS, or default.")],
) -> None:
    """Put a project into a plan. Running processes follow within 2 seconds."""
    with _services() as (service, identity):
        found: Project = identity.projects.get(ProjectId(project))
        service.give_plan(CLI, found.organisation_id, found.id, plan)
    _out.print(f"{project} is in the plan {plan}", highlight=False, soft_wrap=True)


@contextmanager
def _services() -> Iterator[tuple[RequestLimits, Identity]]:
    with safety_services() as services:
        plans = LimitSettings().ceilings(IngestSettings().max_body_bytes)
        # Nothing is sent by this process, so its counters are never asked.
        service = RequestLimits(MemoryLimiter(), services.database, plans, services.audit, services.clock)
        yield service, Identity(services.database, services.vault, services.clock)
