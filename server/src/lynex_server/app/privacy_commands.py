"""`lynex privacy`: erase and export end users, by the API of a running Lynex."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
import typer
from rich.console import Console
from rich.table import Table

from lynex_server.kernel.errors import Busy, Forbidden, InvalidInput, NotFound, Unauthorized

privacy = typer.Typer(help="Erase and export what is held of an end user.", no_args_is_help=True)
_out = Console()

TIMEOUT_S: Final = 120.0
_REFUSALS: Final = {401: Unauthorized, 403: Forbidden, 404: NotFound, 503: Busy}

Url = Annotated[str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens.")]
ApiKey = Annotated[str, typer.Option(envvar="LYNEX_API_KEY", help="Key of the project, with scope admin.")]
ReadKey = Annotated[str, typer.Option(envvar="LYNEX_API_KEY", help="Key of the project, with scope read.")]
EndUser = Annotated[str, typer.Argument(help="The end user's id, as the spans have it.")]
DEFAULT_URL: Final = "http://127.0.0.1:8000"


@privacy.command("erase-user")
def erase_user(end_user: EndUser, url: Url = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Have every span of an end user removed from every store. Says the erasure's id; see `status`."""
    with _client(url, api_key) as client:
        said = _asked(client, "DELETE", f"/v1/end-users/{quote(end_user, safe='')}").json()
    _out.print(f"{said['id']} is under way. See how far: lynex privacy status {said['id']}", soft_wrap=True)


@privacy.command("export-user")
def export_user(
    end_user: EndUser,
    to: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    url: Url = DEFAULT_URL,
    api_key: ReadKey = "",
) -> None:
    """Write down everything that is held of an end user, as NDJSON."""
    path = f"/v1/end-users/{quote(end_user, safe='')}/export"
    with _client(url, api_key) as client, client.stream("GET", path) as answer:
        if not answer.is_success:
            answer.read()
        _check(answer)
        if to is None:
            for piece in answer.iter_bytes():
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        with to.open("wb") as file:
            to.chmod(0o600)  # it is all about one person
            for piece in answer.iter_bytes():
                file.write(piece)
    _out.print(f"Written to {to}", highlight=False, soft_wrap=True)


@privacy.command("status")
def status(
    erasure_id: Annotated[
        str, typer.Argument(help="Id of one erasure; without it, the latest are listed.")
    ] = "",
    url: Url = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show how far erasures are, and what was found."""
    with _client(url, api_key) as client:
        if erasure_id:
            _out.print_json(data=_asked(client, "GET", f"/v1/erasures/{quote(erasure_id, safe='')}").json())
            return
        items: list[dict[str, Any]] = _asked(client, "GET", "/v1/erasures").json()["items"]
    table = Table()
    table.add_column("id", no_wrap=True)  # to be copied
    for heading in ("step", "spans", "left", "requested"):
        table.add_column(heading)
    for item in items:
        spans, left = item["erased"].get("spans", 0), sum(item["left"].values())
        table.add_row(item["id"], item["step"], f"{spans:,}", f"{left:,}", item["requested_at"])
    _out.print(table)


def _client(url: str, api_key: str) -> httpx.Client:
    if not api_key:
        raise ValueError("an API key is needed: --api-key, or LYNEX_API_KEY")
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {api_key}"}, timeout=TIMEOUT_S, trust_env=False
    )


def _asked(client: httpx.Client, method: str, path: str) -> httpx.Response:
    try:
        answer = client.request(method, path)
    except httpx.TransportError as error:
        raise Busy(f"no Lynex answers at {client.base_url}: {error}") from error
    _check(answer)
    return answer


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError):
        detail = f"HTTP {answer.status_code}"
    raise _REFUSALS.get(answer.status_code, InvalidInput)(detail)
