"""The gateway's configuration as the command line reaches it: over HTTP, from any machine."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from lynex_server.app.api_client import Answer, ApiClient
from lynex_server.app.login_commands import user_agent
from lynex_server.app.login_store import LoginStore
from lynex_server.kernel.errors import NotFound, Unauthorized

Url = Annotated[str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens.")]
Key = Annotated[
    str,
    typer.Option("--api-key", envvar="LYNEX_API_KEY", help="A project's key. Empty: who is signed in here."),
]
Project = Annotated[str, typer.Option(help="Project id. Empty: the key's, or your only one.")]


@dataclass(frozen=True, slots=True)
class GatewayApi:
    """`/v1/gateway` of one project."""

    client: ApiClient
    project: str

    def ask(self, method: str, path: str, body: Answer | None = None) -> Answer:
        """One request. Raises the error that the answer stands for."""
        query = f"?{urlencode({'project_id': self.project})}" if self.project else ""
        return self.client.ask(method, f"/v1/gateway{path}{query}", body)

    def items(self, path: str) -> list[Answer]:
        """Everything of a list."""
        found: list[Answer] = self.ask("GET", path)["items"]
        return found

    def path_of(self, path: str, name: str) -> str:
        """The path of the thing with this name or id. Raises `NotFound`."""
        found = next((each for each in self.items(path) if name in (each["name"], each["id"])), None)
        if found is None:
            raise NotFound(f"there is none called {name}: `lynex gateway {path[1:]} list` shows them")
        return f"{path}/{quote(found['id'], safe='')}"


def open_api(url: str, api_key: str, project: str) -> GatewayApi:
    """With the key that is given, else as who is signed in. Raises `Unauthorized`."""
    if api_key:
        return GatewayApi(ApiClient(url, user_agent(), api_key), project)
    held = LoginStore().load()
    if held is None:
        raise Unauthorized("an API key is needed (--api-key, or LYNEX_API_KEY), or sign in: lynex login")
    return GatewayApi(ApiClient(held.url, user_agent(), held.token), project)


def named(things: list[Any]) -> dict[str, Any]:
    """Things by their names."""
    return {each["name"]: each for each in things}
