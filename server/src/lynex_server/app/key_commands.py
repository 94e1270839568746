"""`lynex keys`: API keys of a project, here or on a server."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from lynex_server.app.lazily import lazily
from lynex_server.app.output import Rows, say
from lynex_server.app.where import ApiKey, Local, Url, in_project, local_identity, server
from lynex_server.kernel.clock import us_from_datetime
from lynex_server.kernel.ids import ProjectId

with lazily():
    from lynex_server.identity import public as people

keys = typer.Typer(help="API keys of a project.", no_args_is_help=True)

DEFAULT_PROJECT = "default"
"""What the data folder's first start made."""

SCOPES = ("ingest", "read", "gateway", "admin")
"""Those of identity, which is not loaded to say what it knows."""

Project = Annotated[str, typer.Option(help="Project id. Empty: `default` locally, the only one over HTTP.")]
KeyId = Annotated[str, typer.Argument(help="Id of the key.")]


@keys.command("create")
def create_key(
    project: Project = "",
    name: Annotated[str, typer.Option(help="What the key is for.")] = "cli",
    scope: Annotated[list[str], typer.Option(help="What it may do; several may be given.")] = [*SCOPES],  # noqa: B006  # Typer reads it alone
    days: Annotated[int, typer.Option(min=0, help="Days after which it expires; 0: never.")] = 0,
    network: Annotated[list[str], typer.Option(help="CIDR block it works from; none: from anywhere.")] = [],  # noqa: B006  # Typer reads it alone
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Make an API key. It is shown once."""
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    client = server(url, api_key, local)
    if client is not None:
        wish = {
            "name": name,
            "scopes": scope,
            "expires_at": None if expires_at is None else expires_at.isoformat(),
            "allowed_networks": network,
        }
        secret = str(client.ask("POST", in_project("/v1/keys", project), wish)["secret"])
    else:
        expires_at_us = None if expires_at is None else us_from_datetime(expires_at)
        asked = people.KeyWish(name, scope, expires_at_us, network)
        with local_identity() as identity:
            secret = identity.keys.create(people.COMMAND_LINE, _here(project), asked).secret
    say(secret)


@keys.command("list")
def list_keys(project: Project = "", url: Url = "", api_key: ApiKey = "", local: Local = False) -> None:
    """List the keys of a project, without their secrets."""
    rows = Rows("id", "name", "begins", "scopes", "expires", "last used", "revoked")
    client = server(url, api_key, local)
    if client is not None:
        for key in client.ask("GET", in_project("/v1/keys", project))["items"]:
            told = (key["expires_at"], key["last_used_at"])
            dates = [each[:16].replace("T", " ") if each else "" for each in told]
            revoked = "yes" if key["revoked_at"] else ""
            rows.add(key["id"], key["name"], key["prefix"], " ".join(key["scopes"]), *dates, revoked)
    else:
        with local_identity() as identity:
            for found in identity.keys.of_project(_here(project)):
                dates = [_minute(at_us) for at_us in (found.expires_at_us, found.last_used_at_us)]
                revoked = "yes" if found.revoked_at_us else ""
                rows.add(found.id, found.name, found.prefix, " ".join(found.scopes), *dates, revoked)
    rows.say()


@keys.command("rotate")
def rotate_key(
    key_id: KeyId,
    overlap_s: Annotated[
        int, typer.Option(min=0, help="Seconds for which the old key still works.")
    ] = 86_400,
    project: Project = "",
    url: Url = "",
    api_key: ApiKey = "",
    local: Local = False,
) -> None:
    """Make a key that may do the same, and let the old one end. The new one is shown once."""
    client = server(url, api_key, local)
    if client is not None:
        path = in_project(f"/v1/keys/{key_id}/rotate", project)
        secret = str(client.ask("POST", path, {"overlap_s": overlap_s})["secret"])
    else:
        with local_identity() as identity:
            secret = identity.keys.rotate(people.COMMAND_LINE, _here(project), key_id, overlap_s).secret
    say(secret)


@keys.command("revoke")
def revoke_key(
    key_id: KeyId, project: Project = "", url: Url = "", api_key: ApiKey = "", local: Local = False
) -> None:
    """Make a key stop working, within a second."""
    client = server(url, api_key, local)
    if client is not None:
        client.ask("DELETE", in_project(f"/v1/keys/{key_id}", project))
    else:
        with local_identity() as identity:
            identity.keys.revoke(people.COMMAND_LINE, _here(project), key_id)
    say(f"{key_id} is revoked")


def _here(project: str) -> ProjectId:
    return ProjectId(project or DEFAULT_PROJECT)


def _minute(at_us: int | None) -> str:
    return "" if at_us is None else datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
