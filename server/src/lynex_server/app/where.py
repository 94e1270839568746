"""Which Lynex a command is about: one that is spoken to over HTTP, or the data folder of this machine.

`--local` means the folder. Else a server that is named (`--url`, `LYNEX_URL`) counts, with the API key that
is given or the session of `lynex login` there; else the server that one is signed in to; else the folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import urlencode

import typer

from lynex_server.app.api_client import Answer, ApiClient
from lynex_server.app.lazily import lazily
from lynex_server.app.login_commands import user_agent
from lynex_server.app.login_store import LoginStore
from lynex_server.kernel.errors import Unauthorized

with lazily():
    from lynex_server.app import safety_services as opening
    from lynex_server.identity import public as people

Url = Annotated[
    str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens. Empty: where one is signed in.")
]
ApiKey = Annotated[str, typer.Option(envvar="LYNEX_API_KEY", help="API key, instead of `lynex login`.")]
Local = Annotated[
    bool, typer.Option("--local", help="Work on the data folder of this machine, whoever is signed in.")
]


def server(url: str, api_key: str, local: bool) -> ApiClient | None:
    """Whom to speak to; None for the data folder.

    Raises `Unauthorized` for a server that is named without a credential.
    """
    if local:
        return None
    held = LoginStore().load()
    if not url:
        return None if held is None else ApiClient(held.url, user_agent(), held.token)
    if api_key:
        return ApiClient(url, user_agent(), api_key)
    if held is None or held.url != url.rstrip("/"):
        raise Unauthorized(f"no credential for {url}: give LYNEX_API_KEY, or run lynex login")
    return ApiClient(url, user_agent(), held.token)


@contextmanager
def local_identity() -> "Iterator[people.Identity]":
    """The services of the data folder, as the environment says where it is."""
    with opening.safety_services() as services:
        yield people.Identity(services.database, services.vault, services.clock)


def in_project(path: str, project: str) -> str:
    """A path of the API about a project; the only one of the caller when none is named."""
    return f"{path}?{urlencode({'project_id': project})}" if project else path


def only_organisation(client: ApiClient, named: str) -> str:
    """The organisation that a command is about: the one named, else the only one of whoever is signed in.

    Raises `ValueError` when he is in none or in several.
    """
    if named:
        return named
    mine: list[Answer] = client.ask("GET", "/v1/organisations")["items"]
    if len(mine) != 1:
        raise ValueError(f"name one with --organisation: you are in {len(mine)} organisations")
    return str(mine[0]["id"])
