"""`lynex privacy`: erase and export end users, by the API of a running Lynex."""

import sys
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

import typer

from lynex_server.app.api_client import Answer, ApiClient
from lynex_server.app.login_commands import DEFAULT_URL, user_agent
from lynex_server.app.output import Rows, say, say_json

privacy = typer.Typer(help="Erase and export what is held of an end user.", no_args_is_help=True)

TIMEOUT_S: Final = 120

Url = Annotated[str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens.")]
ApiKey = Annotated[str, typer.Option(envvar="LYNEX_API_KEY", help="Key of the project, with scope admin.")]
ReadKey = Annotated[str, typer.Option(envvar="LYNEX_API_KEY", help="Key of the project, with scope read.")]
EndUser = Annotated[str, typer.Argument(help="The end user's id, as the spans have it.")]


@privacy.command("erase-user")
def erase_user(end_user: EndUser, url: Url = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Have every span of an end user removed from every store. Says the erasure's id; see `status`."""
    said = _client(url, api_key).ask("DELETE", f"/v1/end-users/{quote(end_user, safe='')}")
    say(f"{said['id']} is under way. See how far: lynex privacy status {said['id']}")


@privacy.command("export-user")
def export_user(
    end_user: EndUser,
    to: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    url: Url = DEFAULT_URL,
    api_key: ReadKey = "",
) -> None:
    """Write down everything that is held of an end user, as NDJSON."""
    path = f"/v1/end-users/{quote(end_user, safe='')}/export"
    client = _client(url, api_key)
    if to is None:
        client.save(path, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    with to.open("wb") as file:
        to.chmod(0o600)  # it is all about one person
        client.save(path, file)
    say(f"Written to {to}")


@privacy.command("status")
def status(
    erasure_id: Annotated[
        str, typer.Argument(help="Id of one erasure; without it, the latest are listed.")
    ] = "",
    url: Url = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show how far erasures are, and what was found."""
    client = _client(url, api_key)
    if erasure_id:
        say_json(client.ask("GET", f"/v1/erasures/{quote(erasure_id, safe='')}"))
        return
    items: list[Answer] = client.ask("GET", "/v1/erasures")["items"]
    rows = Rows("id", "step", "spans", "left", "requested")
    for item in items:
        spans, left = item["erased"].get("spans", 0), sum(item["left"].values())
        rows.add(item["id"], item["step"], f"{spans:,}", f"{left:,}", item["requested_at"])
    rows.say()


def _client(url: str, api_key: str) -> ApiClient:
    if not api_key:
        raise ValueError("an API key is needed: --api-key, or LYNEX_API_KEY")
    return ApiClient(url, user_agent(), api_key, TIMEOUT_S)
