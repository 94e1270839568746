"""`lynex gateway`: providers, routes, what callers may name, and the configuration as a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lynex_server.app.api_client import Answer
from lynex_server.app.gateway_api import open_api
from lynex_server.app.gateway_files import check_file, export_file, import_file
from lynex_server.app.gateway_summary import show_summary
from lynex_server.app.lazily import lazily
from lynex_server.app.login_commands import DEFAULT_URL
from lynex_server.app.output import Rows, say, say_json
from lynex_server.app.over_http import AsJson, Key, Project, Url
from lynex_server.kernel.errors import InvalidInput, Unreachable

with lazily():
    from lynex_server.app import gateway_process
    from lynex_server.app import settings as installed

gateway = typer.Typer()
providers = typer.Typer(help="Upstreams that calls go to.", no_args_is_help=True)
routes = typer.Typer(help="Names that callers use as a model.", no_args_is_help=True)
gateway.add_typer(providers, name="providers")
gateway.add_typer(routes, name="routes")
gateway.command("summary")(show_summary)
gateway.command("check")(check_file)
gateway.command("export")(export_file)
gateway.command("import")(import_file)


@gateway.callback(invoke_without_command=True)
def run(context: typer.Context) -> None:
    """The gateway: where calls go, and what becomes of them. Without a further word: answer calls in this
    process alone, beside `lynex up` on the same data folder, or anywhere on PostgreSQL and Redis."""
    if context.invoked_subcommand is None:
        gateway_process.run_gateway()


Name = Annotated[str, typer.Argument(help="Name or id.")]


@providers.command("list")
def list_providers(
    as_json: AsJson = False, url: Url = DEFAULT_URL, api_key: Key = "", project: Project = ""
) -> None:
    """List providers with how their keys end."""
    found = open_api(url, api_key, project).items("/providers")
    if as_json:
        say_json({"items": found})
        return
    rows = Rows("id", "name", "kind", "base URL", "keys", "models", "state")
    for each in found:
        keys = ", ".join(
            f"{key['name']} …{key['hint']}" if key["hint"] else key["name"] for key in each["keys"]
        )
        models = ", ".join(each["models"]) or "*"
        state = "on" if each["enabled"] else "off"
        managed = ", by the file" if each["managed_by"] == "file" else ""
        rows.add(each["id"], each["name"], each["kind"], each["base_url"], keys, models, state + managed)
    rows.say()


@providers.command("add")
def add_provider(
    name: Annotated[str, typer.Argument(help="What routes and `provider/model` will say.")],
    kind: Annotated[
        str,
        typer.Argument(help="openai, anthropic, gemini, azure_openai, bedrock, ollama or openai_compatible."),
    ],
    base_url: Annotated[str, typer.Option(help="Empty: the usual one of the kind.")] = "",
    model: Annotated[list[str] | None, typer.Option(help="Pattern of models that it has; repeat it.")] = None,
    key_env: Annotated[str, typer.Option(help="Environment variable that holds its key.")] = "",
    key_file: Annotated[str, typer.Option(help="File that holds its key; - for the standard input.")] = "",
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Make a provider. Its key is read from where you say, and kept encrypted."""
    wanted: Answer = {"name": name, "kind": kind}
    if base_url:
        wanted["base_url"] = base_url
    if model:
        wanted["models"] = model
    secret = _secret(key_env, key_file)
    if secret:
        wanted["api_key"] = secret
    made = open_api(url, api_key, project).ask("POST", "/providers", wanted)
    say(f"{made['name']} is made: {made['base_url']}")


@providers.command("remove")
def remove_provider(name: Name, url: Url = DEFAULT_URL, api_key: Key = "", project: Project = "") -> None:
    """Remove a provider with its keys. Refused while a route leads to it."""
    api = open_api(url, api_key, project)
    api.ask("DELETE", api.path_of("/providers", name))
    say(f"{name} is removed")


@providers.command("test")
def try_provider(
    name: Name,
    model: Annotated[str, typer.Option(help="A model that it must have.")] = "",
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Ask a provider for its models. Fails when that does."""
    api = open_api(url, api_key, project)
    told = api.ask("POST", f"{api.path_of('/providers', name)}/test", {"model": model})
    if not told["ok"]:
        raise Unreachable(f"{name}: {told['message']}")
    say(f"{told['message']} ({told['latency_ms']} ms)")
    for each in told["models"]:
        say(f"  {each}")


@routes.command("list")
def list_routes(
    as_json: AsJson = False, url: Url = DEFAULT_URL, api_key: Key = "", project: Project = ""
) -> None:
    """List routes and where they lead."""
    found = open_api(url, api_key, project).items("/routes")
    if as_json:
        say_json({"items": found})
        return
    rows = Rows("id", "name", "targets", "cache", "state")
    for each in found:
        targets = ", ".join(f"{_target_shown(target)}={target['weight']}" for target in each["targets"])
        managed = ", by the file" if each["managed_by"] == "file" else ""
        state = "on" if each["enabled"] else "off"
        rows.add(each["id"], each["name"], targets, each["cache"]["mode"], state + managed)
    rows.say()


@routes.command("add")
def add_route(
    name: Annotated[str, typer.Argument(help="What callers will name as the model.")],
    target: Annotated[
        list[str],
        typer.Argument(help="provider/model=weight. Without a model: the caller's. Without a weight: 1."),
    ],
    retries: Annotated[int, typer.Option(min=0, max=5, help="Further tries of one target.")] = 1,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Make a route. Targets of weight 0 are tried in order when the others fail."""
    wanted: Answer = {"name": name, "targets": [_target(each) for each in target], "retries": retries}
    made = open_api(url, api_key, project).ask("POST", "/routes", wanted)
    say(f"{made['name']} is made")


@routes.command("remove")
def remove_route(name: Name, url: Url = DEFAULT_URL, api_key: Key = "", project: Project = "") -> None:
    """Remove a route."""
    api = open_api(url, api_key, project)
    api.ask("DELETE", api.path_of("/routes", name))
    say(f"{name} is removed")


@gateway.command("models")
def list_models(url: Url = DEFAULT_URL, api_key: Key = "", project: Project = "") -> None:
    """List what callers may name as their model."""
    for each in open_api(url, api_key, project).items("/models"):
        say(each["id"])


def _target(text: str) -> Answer:
    place, sign, weight = text.rpartition("=")
    if not sign or not weight.isdigit():
        place, weight = text, "1"
    provider, _, model = place.partition("/")
    return {"provider": provider, "model": model, "weight": int(weight)}


def _target_shown(target: Answer) -> str:
    return f"{target['provider']}/{target['model']}" if target["model"] else str(target["provider"])


def _secret(key_env: str, key_file: str) -> str:
    """The key of a provider; empty when none was meant."""
    if key_env and key_file:
        raise InvalidInput("say either --key-env or --key-file")
    if key_env:
        found = installed.environment_variable(key_env)
        if not found:
            raise InvalidInput(f"--key-env: {key_env} is not set")
        return found
    if key_file:
        text = sys.stdin.read() if key_file == "-" else Path(key_file).read_text()
        return text.strip()
    return ""
