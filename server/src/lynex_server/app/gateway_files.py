"""`lynex gateway check`, `export` and `import`: the configuration as a file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lynex_server.app.api_client import Answer
from lynex_server.app.gateway_api import GatewayApi, named, open_api
from lynex_server.app.lazily import lazily
from lynex_server.app.login_commands import DEFAULT_URL
from lynex_server.app.output import say
from lynex_server.app.over_http import Key, Project, Url
from lynex_server.app.toml import toml_value

with lazily():
    from lynex_server.app import settings as installed
    from lynex_server.gateway import public as calls

File = Annotated[Path, typer.Argument(help="The configuration file.", exists=True, dir_okay=False)]
_SHOWN_ALONE = ("id", "managed_by", "created_at", "updated_at", "config_error")


def check_file(file: File) -> None:
    """Say whether a configuration file would be taken, with the keys that it names."""
    config = _read(file)
    known = {provider.given.name for provider in config.providers}
    named_too = {target.provider for route in config.routes for target in route.targets} - known
    say(f"{len(config.providers)} providers, {len(config.routes)} routes")
    for name in sorted(named_too):
        say(f"{name} is not in the file: the project must have it")


def export_file(url: Url = DEFAULT_URL, api_key: Key = "", project: Project = "") -> None:
    """Write the configuration of a project as a file, to the standard output. Keys are not in it."""
    api = open_api(url, api_key, project)
    for line in _exported(api):
        typer.echo(line)


def import_file(file: File, url: Url = DEFAULT_URL, api_key: Key = "", project: Project = "") -> None:
    """Bring what a file names into a project; what is there beside it stays.

    It is then the project's own: to have a file followed, use LYNEX_GATEWAY_CONFIG.
    """
    config = _read(file)
    api = open_api(url, api_key, project)
    there = named(api.items("/providers"))
    for provider in config.providers:
        _import_provider(api, provider, there.get(provider.given.name))
    routes = named(api.items("/routes"))
    for route in config.routes:
        body = route.model_dump(mode="json")
        hook = route.guardrails.webhook
        if hook is not None and hook.secret is not None:
            body["guardrails"]["webhook"]["secret"] = hook.secret.get_secret_value()
        _put(api, "/routes", routes.get(route.name), body)
    if config.settings is not None:
        api.ask("PUT", "/settings", config.settings.model_dump(mode="json"))
    say(f"{len(config.providers)} providers, {len(config.routes)} routes")


def _read(file: Path) -> "calls.WantedConfig":
    return calls.read_config(file.read_bytes(), file.parent, installed.environment_variable)


def _import_provider(api: GatewayApi, provider: "calls.WantedProvider", before: Answer | None) -> None:
    """Keys that the file names take the place of those with their names."""
    if before is not None:
        wanted = {key.given.name for key in provider.keys}
        for there in before["keys"]:
            if there["name"] in wanted:
                api.ask("DELETE", f"/providers/{before['id']}/keys/{there['id']}")
    made = _put(api, "/providers", before, provider.given.model_dump(mode="json", exclude={"api_key"}))
    path = f"/providers/{made['id']}/keys"
    for key in provider.keys:
        values = {"name": key.given.name, "weight": key.given.weight}
        added = api.ask("POST", path, {**values, "api_key": key.secret})
        if not key.enabled:
            api.ask("PUT", f"{path}/{added['id']}", {**values, "enabled": False})


def _put(api: GatewayApi, path: str, before: Answer | None, body: Answer) -> Answer:
    if before is None:
        return api.ask("POST", path, body)
    return api.ask("PUT", f"{path}/{before['id']}", body)


def _exported(api: GatewayApi) -> Iterator[str]:
    for provider in api.items("/providers"):
        keys = [
            {
                **{name: value for name, value in key.items() if name in ("name", "weight", "enabled")},
                "api_key_env": _variable(provider["name"], key["name"], "API_KEY"),
            }
            for key in provider["keys"]
        ]
        yield "[[providers]]"
        yield from _lines({**provider, "keys": keys})
    for route in api.items("/routes"):
        hook = route["guardrails"]["webhook"]
        if hook is not None:
            hook["secret_env"] = _variable(route["name"], "GUARD_SECRET")
        schema = route["guardrails"]["output_schema"]
        if schema is not None:
            route["guardrails"]["output_schema"] = json.dumps(schema)
        yield "[[routes]]"
        yield from _lines(route)
    yield "[settings]"
    yield from _lines(api.ask("GET", "/settings"))


def _lines(thing: dict[str, Any]) -> Iterator[str]:
    for name, value in thing.items():
        if name not in _SHOWN_ALONE and value is not None:
            yield f"{name} = {toml_value(value)}"
    yield ""


def _variable(*words: str) -> str:
    """The name of an environment variable that may hold a secret."""
    parts = [word for word in words if word != "default"]
    return re.sub(r"[^A-Z0-9]+", "_", "_".join(parts).upper())
