"""`lynex members`: people of an organisation or project, here or on a server."""

from typing import Annotated

import typer

from lynex_server.app.api_client import ApiClient
from lynex_server.app.lazily import lazily
from lynex_server.app.output import Rows, say
from lynex_server.app.where import ApiKey, Local, Url, local_identity, only_organisation, server
from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.ids import OrganisationId

with lazily():
    from lynex_server.app import settings as installed
    from lynex_server.identity import public as people

members = typer.Typer(help="People of an organisation or project.", no_args_is_help=True)

DEFAULT_ORGANISATION = OrganisationId("default")

ROLES = ("viewer", "member", "admin", "owner")
"""Those of identity, which is not loaded to say what it knows."""

Organisation = Annotated[
    str, typer.Option(help="Organisation id. Empty: `default` locally, the only one over HTTP.")
]
Project = Annotated[str, typer.Option(help="Project id, for those who are in it alone.")]
UserId = Annotated[str, typer.Argument(help="Id of the person.")]


@members.command("list")
def list_members(
    organisation: Organisation = "",
    project: Project = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """List who has which role."""
    rows = Rows("id", "e-mail", "name", "role")
    client = server(url, api_key, local)
    if client is not None:
        where = _path(client, organisation, project)
        for each in client.ask("GET", f"{where}/members?limit=1000")["items"]:
            rows.add(each["user"]["id"], each["user"]["email"], each["user"]["name"], each["role"])
    else:
        with local_identity() as identity:
            for member in identity.members.of_place(_place(identity, organisation, project)):
                row = member.membership
                rows.add(row.user_id, member.email, member.name, row.role)
    rows.say()


@members.command("invite")
def invite(
    email: Annotated[str, typer.Argument(help="E-mail address of the person.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "member",
    organisation: Organisation = "",
    project: Project = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Invite somebody. The link is shown where it cannot be mailed."""
    client = server(url, api_key, local)
    if client is not None:
        where = _path(client, organisation, project)
        link = client.ask("POST", f"{where}/invitations", {"email": email, "role": role})["link"]
        said = link or f"The invitation is on its way to {email}"
    else:
        settings = installed.AppSettings()
        with local_identity() as identity:
            place = _place(identity, organisation, project)
            made = identity.invitations.create(people.COMMAND_LINE, place, email, _role(role))
        said = f"{settings.browser_url(settings.port)}/invitation#token={made.token}"
    say(said)


@members.command("role")
def change_role(
    user_id: UserId,
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")],
    organisation: Organisation = "",
    project: Project = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Give a member another role."""
    client = server(url, api_key, local)
    if client is not None:
        where = _path(client, organisation, project)
        client.ask("PATCH", f"{where}/members/{user_id}", {"role": role})
    else:
        with local_identity() as identity:
            place = _place(identity, organisation, project)
            identity.members.change_role(people.COMMAND_LINE, place, user_id, _role(role))
    say(f"{user_id} is {role}")


@members.command("remove")
def remove(
    user_id: UserId,
    organisation: Organisation = "",
    project: Project = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Take a member's role away; from an organisation, with those in its projects."""
    client = server(url, api_key, local)
    if client is not None:
        where = _path(client, organisation, project)
        client.ask("DELETE", f"{where}/members/{user_id}")
    else:
        with local_identity() as identity:
            identity.members.remove(people.COMMAND_LINE, _place(identity, organisation, project), user_id)
    say(f"{user_id} is removed")


@members.command("leave")
def leave(
    organisation: Organisation = "",
    project: Project = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Give your own role up; in an organisation, with those in its projects. The last owner cannot."""
    client = _as_a_person(url, api_key, local)
    where = _path(client, organisation, project)
    client.ask("POST", f"{where}/leave")
    say(f"You have left {project or where.rpartition('/')[2]}")


@members.command("transfer-ownership")
def transfer_ownership(
    user_id: UserId,
    organisation: Organisation = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Make another member the owner in your stead; you become admin."""
    client = _as_a_person(url, api_key, local)
    where = _path(client, organisation)
    made = client.ask("POST", f"{where}/transfer-ownership", {"user_id": user_id})
    say(f"{made['user']['email']} is owner, and you are admin")


def _as_a_person(url: str, api_key: str, local: bool) -> ApiClient:
    """Whoever is signed in. On the data folder the command line is nobody: it has no role to give up."""
    client = server(url, api_key, local)
    if client is None:
        raise InvalidInput(
            "on the data folder nobody is signed in: use `lynex members remove` or `lynex members role`"
        )
    return client


def _path(client: ApiClient, organisation: str, project: str = "") -> str:
    if project:
        return f"/v1/projects/{project}"
    return f"/v1/organisations/{only_organisation(client, organisation)}"


def _place(identity: "people.Identity", organisation: str, project: str) -> "people.Place":
    if project:
        found = identity.projects.get(project)
        return people.Place(found.organisation_id, found.id)
    return people.Place(OrganisationId(organisation or DEFAULT_ORGANISATION))


def _role(text: str) -> "people.Role":
    if text not in people.ROLES:
        raise ValueError(f"a role is one of {', '.join(people.ROLES)}")
    return text
