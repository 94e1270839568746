"""`lynex limits`: which plan a project is in. For those who run the installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from lynex_server.app.lazily import lazily
from lynex_server.app.output import Rows, say
from lynex_server.kernel.ids import ProjectId

with lazily():
    from lynex_server.app import safety_services as opening
    from lynex_server.engines.limits import memory
    from lynex_server.identity import public as people
    from lynex_server.ingest import public as ingest
    from lynex_server.limits import public as request_limits
    from lynex_server.safety import public as safety

limits = typer.Typer(help="What projects may send.", no_args_is_help=True)


@limits.command("list")
def list_limits() -> None:
    """List what every project may send, and by which plan."""
    rows = Rows("project", "plan", "requests/s", "burst", "bytes/s", "largest body")
    with _services() as (service, identity):
        for project in identity.list_projects():
            found = service.of_project(project.id)
            held = found.in_effect
            rows.add(
                project.id,
                found.plan,
                f"{held.requests_per_s:g}",
                f"{held.burst:,}",
                f"{held.bytes_per_s:,}",
                f"{held.max_body_bytes:,}",
            )
    rows.say()


@limits.command("plan")
def give_plan(
    project: Annotated[str, typer.Argument(help="Project id.")],
    plan: Annotated[str, typer.Argument(help="One of LYNEX_PLANS, or default.")],
) -> None:
    """Put a project into a plan. Running processes follow within 2 seconds."""
    with _services() as (service, identity):
        found: people.Project = identity.projects.get(ProjectId(project))
        by = safety.Actor("system", "cli", "lynex limits")
        service.give_plan(by, found.organisation_id, found.id, plan)
    say(f"{project} is in the plan {plan}")


@contextmanager
def _services() -> "Iterator[tuple[request_limits.RequestLimits, people.Identity]]":
    with opening.safety_services() as services:
        plans = request_limits.LimitSettings().ceilings(ingest.IngestSettings().max_body_bytes)
        # Nothing is sent by this process, so its counters are never asked.
        limiter = memory.MemoryLimiter()
        service = request_limits.RequestLimits(
            limiter, services.database, plans, services.audit, services.clock
        )
        yield service, people.Identity(services.database, services.vault, services.clock)
