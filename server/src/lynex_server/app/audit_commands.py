"""`lynex audit`: read, check and export the audit log."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lynex_server.app.safety_services import safety_services
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.safety.public import AuditEntry, AuditExporter, AuditFilters, verify_all

audit = typer.Typer(help="The audit log: who did what.", no_args_is_help=True)
_out = Console()

Organisation = Annotated[str, typer.Option(help="Organisation id. Empty: the installation's own log.")]
Project = Annotated[str, typer.Option(help="Only what concerns this project.")]
ByActor = Annotated[str, typer.Option("--actor", help="Only what this person or key did: an id or a name.")]
OfAction = Annotated[str, typer.Option("--action", help="Only this action, or all of a noun: `budget`.")]
Target = Annotated[str, typer.Option(help="Only what was done to the thing with this id.")]


@audit.command("list")
def list_entries(
    organisation: Organisation = "default",
    project: Project = "",
    actor: ByActor = "",
    action: OfAction = "",
    target: Target = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
) -> None:
    """List what was done, newest first."""
    filters = AuditFilters(project_id=project, actor=actor, action=action, target=target)
    with safety_services() as services:
        page = services.audit.page(organisation, filters, limit=limit)
    table = Table()
    for title in ("number", "at (UTC)", "who", "from", "action", "project", "target"):
        table.add_column(title, overflow="fold")
    for entry in page.entries:
        table.add_row(*_cells(entry))
    _out.print(table)


@audit.command()
def verify() -> None:
    """Check that nothing was changed, removed, moved or cut off. Exits with 1 when something was."""
    with safety_services() as services:
        reports = list(verify_all(services.database, services.vault))
    for report in reports:
        name = report.organisation_id or "(installation)"
        verdict = "intact" if not report.faults else f"{len(report.faults)} faults"
        _out.print(f"{name}: {report.rows} rows, {verdict}", highlight=False, soft_wrap=True)
        for fault in report.faults:
            row = f"row {fault.sequence}" + (f" ({fault.id})" if fault.id else "")
            _out.print(f"  {row}: {fault.problem}", highlight=False, soft_wrap=True)
    if any(report.faults for report in reports):
        raise typer.Exit(1)


@audit.command()
def export(
    out: Annotated[Path, typer.Option(help="File to write; the signature goes beside it, with `.sig`.")],
    organisation: Organisation = "default",
    project: Project = "",
) -> None:
    """Write the rows as NDJSON, oldest first, and a signature that can be checked without Lynex."""
    with safety_services() as services, out.open("w+b") as file:
        exporter = AuditExporter(services.database, services.vault, services.clock)
        written = exporter.write(file, organisation, AuditFilters(project_id=project))
    signature = out.with_name(f"{out.name}.sig")
    signature.write_bytes(written.signature)
    _out.print(f"{written.rows} rows in {out}, signature in {signature}", highlight=False, soft_wrap=True)


@audit.command("public-key")
def public_key() -> None:
    """Print the public key that checks exports."""
    with safety_services() as services:
        pem = AuditExporter(services.database, services.vault, services.clock).public_key_pem()
    typer.echo(pem, nl=False)


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    at = datetime_from_us(entry.at_us).strftime("%Y-%m-%d %H:%M:%S")
    who = entry.actor.name or entry.actor.id
    return str(entry.sequence), at, who, entry.actor.address, entry.action, entry.project_id, entry.target
