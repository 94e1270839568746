"""`lynex audit`: read and export the audit log, here or on a server; check it, where the database is."""

import shutil
import zipfile
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated
from urllib.parse import quote, urlencode

import typer

from lynex_server.app.api_client import ApiClient
from lynex_server.app.lazily import lazily
from lynex_server.app.output import Rows, say
from lynex_server.app.where import ApiKey, Local, Url, only_organisation, server
from lynex_server.kernel.clock import datetime_from_us

with lazily():
    from lynex_server.app import safety_services as opening
    from lynex_server.safety import public as safety

audit = typer.Typer(help="The audit log: who did what.", no_args_is_help=True)

FIRST_ORGANISATION = "default"
"""What the data folder's first start made."""

Organisation = Annotated[
    str | None,
    typer.Option(
        help="Organisation id. Not given: the first one locally, the caller's over HTTP. Given as empty: the "
        "installation's own log, which is read locally alone."
    ),
]
Project = Annotated[str, typer.Option(help="Only what concerns this project.")]
ByActor = Annotated[str, typer.Option("--actor", help="Only what this person or key did: an id or a name.")]
OfAction = Annotated[str, typer.Option("--action", help="Only this action, or all of a noun: `budget`.")]
Target = Annotated[str, typer.Option(help="Only what was done to the thing with this id.")]


@audit.command("list")
def list_entries(
    organisation: Organisation = None,
    project: Project = "",
    actor: ByActor = "",
    action: OfAction = "",
    target: Target = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """List what was done, newest first."""
    rows = Rows("number", "at (UTC)", "who", "from", "action", "project", "target")
    client = server(url, api_key, local)
    if client is not None:
        wanted = {"project_id": project, "actor": actor, "action": action, "target": target}
        path = _log_of(client, organisation, "", {**wanted, "limit": str(limit)})
        for row in client.ask("GET", path)["items"]:
            who = row["actor"]["name"] or row["actor"]["id"]
            at = _second(datetime.fromisoformat(row["at"]))
            of = (row["action"], row["project_id"] or "", row["target"])
            rows.add(str(row["sequence"]), at, who, row["actor"]["address"], *of)
    else:
        filters = safety.AuditFilters(project_id=project, actor=actor, action=action, target=target)
        with opening.safety_services() as services:
            page = services.audit.page(_here(organisation), filters, limit=limit)
        for entry in page.entries:
            rows.add(*_cells(entry))
    rows.say()


@audit.command()
def verify() -> None:
    """Check that nothing was changed, removed, moved or cut off. Exits with 1 when something was."""
    with opening.safety_services() as services:
        reports = list(safety.verify_all(services.database, services.vault))
    for report in reports:
        name = report.organisation_id or "(installation)"
        verdict = "intact" if not report.faults else f"{len(report.faults)} faults"
        say(f"{name}: {report.rows} rows, {verdict}")
        for fault in report.faults:
            row = f"row {fault.sequence}" + (f" ({fault.id})" if fault.id else "")
            say(f"  {row}: {fault.problem}")
    if any(report.faults for report in reports):
        raise typer.Exit(1)


@audit.command()
def export(
    out: Annotated[Path, typer.Option(help="File to write; the signature goes beside it, with `.sig`.")],
    organisation: Organisation = None,
    project: Project = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Write the rows as NDJSON, oldest first, and a signature that can be checked without Lynex."""
    signature = out.with_name(f"{out.name}.sig")
    client = server(url, api_key, local)
    if client is not None:
        with TemporaryFile() as archive:
            client.save(_log_of(client, organisation, "/export", {"project_id": project}), archive)
            with zipfile.ZipFile(archive) as parts:
                for name, file in (("audit.ndjson", out), ("audit.ndjson.sig", signature)):
                    with parts.open(name) as part, file.open("wb") as written:
                        shutil.copyfileobj(part, written)
    else:
        with opening.safety_services() as services, out.open("w+b") as ndjson:
            exporter = safety.AuditExporter(services.database, services.vault, services.clock)
            made = exporter.write(ndjson, _here(organisation), safety.AuditFilters(project_id=project))
        signature.write_bytes(made.signature)
    with out.open("rb") as ndjson:
        rows = sum(1 for _ in ndjson)
    say(f"{rows} rows in {out}, signature in {signature}")


@audit.command("public-key")
def public_key() -> None:
    """Print the public key that checks exports."""
    with opening.safety_services() as services:
        pem = safety.AuditExporter(services.database, services.vault, services.clock).public_key_pem()
    typer.echo(pem, nl=False)


def _log_of(client: ApiClient, organisation: str | None, path: str, wanted: dict[str, str]) -> str:
    """The address of an organisation's log: the one named, a key's own, or the only one of a person."""
    if organisation == "":
        raise ValueError("the installation's own log is read with --local alone")
    named = organisation or client.ask("GET", "/v1/me")["organisation_id"] or ""
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"/v1/organisations/{quote(only_organisation(client, named), safe='')}/audit{path}?{query}"


def _here(organisation: str | None) -> str:
    return FIRST_ORGANISATION if organisation is None else organisation


def _second(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _cells(entry: "safety.AuditEntry") -> tuple[str, ...]:
    at = _second(datetime_from_us(entry.at_us))
    who = entry.actor.name or entry.actor.id
    return str(entry.sequence), at, who, entry.actor.address, entry.action, entry.project_id, entry.target
