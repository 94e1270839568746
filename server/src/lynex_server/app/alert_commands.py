"""`lynex alerts`: what fires, trying a channel, silencing. Over HTTP, so that it works from any machine."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.console import Console
from rich.table import Table

from lynex_server.app.api_client import Answer, ApiClient
from lynex_server.app.login_commands import DEFAULT_URL, user_agent
from lynex_server.app.login_store import LoginStore
from lynex_server.kernel.errors import InvalidInput, NotFound, Unauthorized, Unreachable

alerts = typer.Typer(help="What fires, and who is told.", no_args_is_help=True)
_out = Console()

Url = Annotated[str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens.")]
Key = Annotated[
    str,
    typer.Option("--api-key", envvar="LYNEX_API_KEY", help="A project's key. Empty: who is signed in here."),
]
Project = Annotated[str, typer.Option(help="Project id. Empty: the key's, or your only one.")]


@alerts.command("list")
def list_incidents(
    phase: Annotated[str, typer.Option(help="open, acknowledged or resolved; empty for all.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most incidents.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """List incidents, latest first."""
    query: dict[str, Any] = {"limit": limit, **({"phase": phase} if phase else {})}
    table = Table(box=None)
    for title in ("id", "severity", "rule", "what", "since", "state"):
        table.add_column(title, overflow="fold", no_wrap=title in ("id", "state"))
    for each in _ask(url, api_key, "GET", "/v1/alerts/incidents", project, **query)["items"]:
        state = f"{each['phase']}, held by {each['held_by']}" if each["held_by"] else each["phase"]
        table.add_row(each["id"], each["severity"], each["rule"], each["summary"], each["opened_at"], state)
    _out.print(table)


@alerts.command("test-channel")
def test_channel(
    channel: Annotated[str, typer.Argument(help="Name or id of the channel.")],
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Send a test message, and say how it went. Fails when it was not taken."""
    known = _ask(url, api_key, "GET", "/v1/alerts/channels", project)["items"]
    meant = [each for each in known if channel in (each["id"], each["name"])]
    if len(meant) != 1:
        raise NotFound(f"{len(meant)} channels are called {channel}")
    path = f"/v1/alerts/channels/{quote(meant[0]['id'], safe='')}/test"
    sent = _ask(url, api_key, "POST", path, project)["items"]
    for each in sent:
        _out.print(f"{each['target'] or meant[0]['name']}: {each['phase']} {each['excerpt']}", markup=False)
    if not sent or any(each["phase"] != "sent" for each in sent):
        raise Unreachable(f"{meant[0]['name']} did not take the message")


@alerts.command("silence")
def silence(
    reason: Annotated[str, typer.Argument(help="Why.")],
    minutes: Annotated[int, typer.Option(min=1, max=129_600, help="For how long.")] = 60,
    match: Annotated[
        list[str] | None,
        typer.Option(help="label=value, label!=value or label~pattern; repeat it. Without: everything."),
    ] = None,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Tell nobody of incidents that match, for a while. What is open afterwards is told then."""
    matchers = [_matcher(each) for each in match or []]
    body: Answer = {"reason": reason, "minutes": minutes, "matchers": matchers}
    made = _ask(url, api_key, "POST", "/v1/alerts/silences", project, body)
    _out.print(f"{made['id']} holds until {made['until']}", highlight=False, soft_wrap=True)


def _matcher(text: str) -> Answer:
    for sign, how in (("!=", "is_not"), ("~", "like"), ("=", "is")):
        label, found, value = text.partition(sign)
        if found and label:
            return {"label": label, "value": value, "how": how}
    raise InvalidInput(f"--match: not label=value, label!=value or label~pattern: {text}")


def _ask(
    url: str,
    api_key: str,
    method: str,
    path: str,
    project: str,
    body: Answer | None = None,
    **query: Any,
) -> Answer:
    token = api_key
    if not token:
        held = LoginStore().load()
        if held is None:
            raise Unauthorized("an API key is needed (--api-key, or LYNEX_API_KEY), or sign in: lynex login")
        url, token = held.url, held.token
    said = {**query, **({"project_id": project} if project else {})}
    asked = f"{path}?{urlencode(said)}" if said else path
    return ApiClient(url, user_agent(), token).ask(method, asked, body)
