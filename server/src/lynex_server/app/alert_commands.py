"""`lynex alerts`: what fires, trying a channel, silencing. Over HTTP, so that it works from any machine."""

from typing import Annotated
from urllib.parse import quote

import typer

from lynex_server.app.api_client import Answer
from lynex_server.app.login_commands import DEFAULT_URL
from lynex_server.app.output import Rows, say, say_json
from lynex_server.app.over_http import AsJson, Key, Project, Url, ask
from lynex_server.kernel.errors import InvalidInput, NotFound, Unreachable

alerts = typer.Typer(help="What fires, and who is told.", no_args_is_help=True)


@alerts.command("list")
def list_incidents(
    phase: Annotated[str, typer.Option(help="open, acknowledged or resolved; empty for all.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most incidents.")] = 50,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """List incidents, latest first."""
    path = "/v1/alerts/incidents"
    found = ask(url, api_key, "GET", path, limit=limit, phase=phase, project_id=project)
    if as_json:
        say_json(found)
        return
    rows = Rows("id", "severity", "rule", "what", "since", "state")
    for each in found["items"]:
        state = f"{each['phase']}, held by {each['held_by']}" if each["held_by"] else each["phase"]
        rows.add(each["id"], each["severity"], each["rule"], each["summary"], each["opened_at"], state)
    rows.say()


@alerts.command("test-channel")
def test_channel(
    channel: Annotated[str, typer.Argument(help="Name or id of the channel.")],
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Send a test message, and say how it went. Fails when it was not taken."""
    known = ask(url, api_key, "GET", "/v1/alerts/channels", project_id=project)["items"]
    meant = [each for each in known if channel in (each["id"], each["name"])]
    if len(meant) != 1:
        raise NotFound(f"{len(meant)} channels are called {channel}")
    path = f"/v1/alerts/channels/{quote(meant[0]['id'], safe='')}/test"
    sent = ask(url, api_key, "POST", path, project_id=project)["items"]
    for each in sent:
        say(f"{each['target'] or meant[0]['name']}: {each['phase']} {each['excerpt']}")
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
    made = ask(url, api_key, "POST", "/v1/alerts/silences", body, project_id=project)
    say(f"{made['id']} holds until {made['until']}")


def _matcher(text: str) -> Answer:
    for sign, how in (("!=", "is_not"), ("~", "like"), ("=", "is")):
        label, found, value = text.partition(sign)
        if found and label:
            return {"label": label, "value": value, "how": how}
    raise InvalidInput(f"--match: not label=value, label!=value or label~pattern: {text}")
