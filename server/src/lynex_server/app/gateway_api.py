"""The gateway's configuration as the command line reaches it: over HTTP, from any machine."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from lynex_server.app.api_client import Answer, ApiClient
from lynex_server.app.over_http import client_of
from lynex_server.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class GatewayApi:
    """`/v1/gateway` of one project."""

    client: ApiClient
    project: str

    def ask(self, method: str, path: str, body: Answer | None = None, **query: str) -> Answer:
        """One request. Raises the error that the answer stands for."""
        said = query | ({"project_id": self.project} if self.project else {})
        return self.client.ask(method, f"/v1/gateway{path}{f'?{urlencode(said)}' if said else ''}", body)

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
    return GatewayApi(client_of(url, api_key), project)


def named(things: list[Any]) -> dict[str, Any]:
    """Things by their names."""
    return {each["name"]: each for each in things}
