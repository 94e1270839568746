"""The `lynex` command."""

import gc
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from lynex_server.app.alert_commands import alerts
from lynex_server.app.audit_commands import audit
from lynex_server.app.budget_commands import budgets, kill, release
from lynex_server.app.gateway_commands import gateway
from lynex_server.app.key_commands import keys
from lynex_server.app.lazily import lazily
from lynex_server.app.limit_commands import limits
from lynex_server.app.login_commands import login, logout, whoami
from lynex_server.app.member_commands import members
from lynex_server.app.output import say
from lynex_server.app.price_commands import prices
from lynex_server.app.privacy_commands import privacy
from lynex_server.app.project_commands import projects
from lynex_server.app.secrets_commands import secrets
from lynex_server.app.sso_commands import sso
from lynex_server.kernel.errors import LynexError

with lazily():
    from lynex_server.app import demo as traffic
    from lynex_server.app import (
        demo_control,
        greeting,
        http,
        logs,
        reference,
        serving,
        settings_faults,
        system,
    )
    from lynex_server.app import settings as installed

cli = typer.Typer(
    help="Lynex: the self-hosted control plane for AI stacks.", no_args_is_help=True, add_completion=False
)
cli.add_typer(keys, name="keys")
cli.add_typer(alerts, name="alerts")
cli.add_typer(audit, name="audit")
cli.add_typer(budgets, name="budgets")
cli.add_typer(gateway, name="gateway")
cli.add_typer(limits, name="limits")
cli.add_typer(members, name="members")
cli.add_typer(prices, name="prices")
cli.add_typer(privacy, name="privacy")
cli.add_typer(projects, name="projects")
cli.add_typer(secrets, name="secrets")
cli.add_typer(sso, name="sso")
for command in (login, logout, whoami, kill, release):
    cli.command()(command)
err = Console(stderr=True)


def main() -> None:
    """Entry point: errors a person can act on are printed as one line, without a traceback."""
    # What a command loads stays. To look through all of it for garbage, as is done by default while it grows,
    # takes a fifth of the time to start.
    gc.set_threshold(50_000, 20, 100)
    try:
        cli()
    except (LynexError, ValueError, OSError) as error:
        text = settings_faults.said_of(error) if isinstance(error, ValueError) else _said_of(error)
        err.print(Text.assemble(("lynex: ", "bold red"), text), soft_wrap=True)
        raise SystemExit(1) from error


def _said_of(error: LynexError | OSError) -> str:
    """An error in words; of one about a file, without the number that systems give it."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


@cli.command()
def up() -> None:
    """Run everything in one process: API, dashboard, workers, on the engines of the data folder."""
    _serve(works=True)


@cli.command()
def serve() -> None:
    """Run the API and the dashboard alone; `lynex work` does the processing elsewhere."""
    _serve(works=False)


@cli.command()
def work() -> None:
    """Run the workers alone: from the queue to the store."""
    settings = installed.AppSettings()
    logs.configure_logs(settings.log_format)
    with ExitStack() as held:
        _own_folder(held, settings, works=True)
        serving.work(system.open_system(settings, works=True))


@cli.command()
def demo(
    url: Annotated[
        str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens.")
    ] = "http://127.0.0.1:8000",
    api_key: Annotated[str, typer.Option(envvar="LYNEX_API_KEY", help="Key of the project to fill.")] = "",
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days back the traffic reaches.")] = 30,
    traces: Annotated[int, typer.Option(min=1, max=200_000, help="How many traces to send.")] = 6000,
    seed: Annotated[int, typer.Option(help="The same seed sends the same traffic.")] = 1,
) -> None:
    """Send a believable month of traffic, so that every page has something to show.

    With a key that may, also set up budgets, alert rules and a gateway route, each named `demo`.
    """
    if not api_key:
        raise ValueError("an API key is needed: --api-key, or LYNEX_API_KEY")
    sent = traffic.send_demo(url, api_key, days=days, traces=traces, seed=seed)
    say(f"Sent {sent.spans:,} spans of {sent.traces:,} traces over {days} days to {url}")
    made = demo_control.set_up(url, api_key)
    say(f"Set up {made} things named demo: budgets, rules, a provider, a route")


@cli.command()
def openapi(path: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Write the OpenAPI document, from which the dashboard's types are generated."""
    path.write_text(
        json.dumps(http.describe_app().openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    )


@cli.command()
def settings(path: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Write the reference page of every setting."""
    path.write_text(reference.settings_reference())


def _own_folder(held: ExitStack, settings: "installed.AppSettings", works: bool) -> None:
    """Hold what only one process may use: the embedded store, and the workers' names on an embedded queue."""
    urls = settings.engine_urls()
    if urls.columnar.startswith("chdb:"):
        held.enter_context(serving.sole_owner(settings.data_dir, "lock"))
    elif works and urls.queue.startswith("sqlite:"):
        held.enter_context(serving.sole_owner(settings.data_dir, "workers.lock"))


def _serve(works: bool) -> None:
    settings = installed.AppSettings()
    logs.configure_logs(settings.log_format)
    with ExitStack() as held:
        _own_folder(held, settings, works)
        listener = held.enter_context(serving.listen(settings.host, settings.port, "LYNEX_PORT"))
        opened = system.open_system(settings, works)
        given = settings.bootstrap_api_key.get_secret_value() if settings.bootstrap_api_key else None
        created = opened.identity.bootstrap(given)
        url = settings.browser_url(listener.getsockname()[1])
        key = created.secret if created is not None and given is None else None
        hello = greeting.greeting(url, key, opened.sign_in.links.first_owner_link(url))
        serving.serve(opened, listener, lambda _port: say(hello))


if __name__ == "__main__":
    main()
