"""`lynex projects`: projects of an organisation, here or on a server."""

from typing import Annotated

import typer

from lynex_server.app.lazily import lazily
from lynex_server.app.output import Rows, say
from lynex_server.app.where import ApiKey, Local, Url, local_identity, only_organisation, server
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.ids import OrganisationId

with lazily():
    from lynex_server.identity import public as people

projects = typer.Typer(help="Projects of an organisation.", no_args_is_help=True)

Organisation = Annotated[
    str, typer.Option(help="Organisation id. Empty: `default` locally, the only one over HTTP.")
]
ProjectId = Annotated[str, typer.Argument(help="Id of the project.")]


@projects.command("list")
def list_projects(url: Url = "", api_key: ApiKey = "", local: Local = False) -> None:
    """List the projects that one may see."""
    rows = Rows("id", "name", "organisation", "erased after")
    client = server(url, api_key, local)
    if client is not None:
        for each in client.ask("GET", "/v1/projects")["items"]:
            waits = (each["erase_after"] or "")[:16].replace("T", " ")
            rows.add(each["id"], each["name"], each["organisation_id"], waits)
    else:
        with local_identity() as identity:
            for project in identity.projects.newest():
                due_us = project.erase_after_us
                waits = "" if due_us is None else datetime_from_us(due_us).strftime("%Y-%m-%d %H:%M")
                rows.add(project.id, project.name, project.organisation_id, waits)
    rows.say()


@projects.command("create")
def create_project(
    name: Annotated[str, typer.Argument(help="Its name.")],
    project_id: Annotated[str, typer.Option("--id", help="Its id for ever; made up when empty.")] = "",
    organisation: Organisation = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Add a project, and print its id."""
    client = server(url, api_key, local)
    if client is not None:
        path = f"/v1/organisations/{only_organisation(client, organisation)}/projects"
        made = str(client.ask("POST", path, {"name": name, "id": project_id or None})["id"])
    else:
        with local_identity() as identity:
            made = identity.create_project(
                name, project_id or None, OrganisationId(organisation or "default")
            ).id
    say(made)


@projects.command("rename")
def rename_project(
    project_id: ProjectId,
    name: Annotated[str, typer.Argument(help="Its new name.")],
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Give a project another name; its id stays."""
    client = server(url, api_key, local)
    if client is not None:
        client.ask("PATCH", f"/v1/projects/{project_id}", {"name": name})
    else:
        with local_identity() as identity:
            identity.projects.rename(people.COMMAND_LINE, project_id, name)
    say(f"{project_id} is called {name}")


@projects.command("delete")
def delete_project(project_id: ProjectId, url: Url = "", api_key: ApiKey = "", local: Local = False) -> None:
    """Let a project wait for its deletion: it takes nothing in, and can be restored until then."""
    client = server(url, api_key, local)
    if client is not None:
        due = str(client.ask("DELETE", f"/v1/projects/{project_id}")["erase_after"])
    else:
        with local_identity() as identity:
            waiting = identity.projects.delete(people.COMMAND_LINE, project_id)
            due = datetime_from_us(waiting.erase_after_us or 0).isoformat()
    say(f"{project_id} is erased after {due}")


@projects.command("restore")
def restore_project(project_id: ProjectId, url: Url = "", api_key: ApiKey = "", local: Local = False) -> None:
    """Keep a project that waits for its deletion."""
    client = server(url, api_key, local)
    if client is not None:
        client.ask("POST", f"/v1/projects/{project_id}/restore")
    else:
        with local_identity() as identity:
            identity.projects.restore(people.COMMAND_LINE, project_id)
    say(f"{project_id} is restored")
