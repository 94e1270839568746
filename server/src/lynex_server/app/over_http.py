"""Commands that speak to a running Lynex alone: their options, and requests as whoever is meant."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from lynex_server.app.api_client import Answer, ApiClient
from lynex_server.app.login_commands import user_agent
from lynex_server.app.login_store import LoginStore
from lynex_server.kernel.errors import Unauthorized

Url = Annotated[str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens.")]
Key = Annotated[
    str,
    typer.Option("--api-key", envvar="LYNEX_API_KEY", help="A project's key. Empty: who is signed in here."),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, with all that the API says.")]
Project = Annotated[str, typer.Option(help="Project id. Empty: the key's, or your only one.")]


def client_of(url: str, api_key: str) -> ApiClient:
    """With the key that is given, else as who is signed in, and there. Raises `Unauthorized`."""
    if api_key:
        return ApiClient(url, user_agent(), api_key)
    held = LoginStore().load()
    if held is None:
        raise Unauthorized("an API key is needed (--api-key, or LYNEX_API_KEY), or sign in: lynex login")
    return ApiClient(held.url, user_agent(), held.token)


def ask(
    url: str, api_key: str, method: str, path: str, body: Answer | None = None, **query: str | int
) -> Answer:
    """One request; what is empty of the query is left out. Raises the error that the answer stands for."""
    said = {name: value for name, value in query.items() if value != ""}
    return client_of(url, api_key).ask(method, f"{path}?{urlencode(said)}" if said else path, body)
