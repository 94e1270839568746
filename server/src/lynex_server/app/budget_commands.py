"""`lynex budgets`, `lynex kill` and `lynex release`: over HTTP, so that they work from any machine."""

from typing import Annotated

import typer

from lynex_server.app.api_client import Answer
from lynex_server.app.login_commands import DEFAULT_URL
from lynex_server.app.output import Rows, say, say_json
from lynex_server.app.over_http import AsJson, Key, Project, Url, ask
from lynex_server.kernel.errors import InvalidInput, NotFound

budgets = typer.Typer(help="Limits on what is spent.", no_args_is_help=True)

Everywhere = Annotated[bool, typer.Option("--all-projects", help="About every project, not this one alone.")]
Environment = Annotated[str, typer.Option(help="Only calls in this environment.")]
Model = Annotated[str, typer.Option(help="Only calls to this model; * and ? as in file names.")]
Route = Annotated[str, typer.Option(help="Only calls of this route; may be a pattern.")]
EndUser = Annotated[str, typer.Option(help="Only calls for this user of yours.")]
OfKey = Annotated[str, typer.Option("--key", help="Only calls with the API key of this id.")]
Tag = Annotated[str, typer.Option(help="Only calls with this tag.")]
Session = Annotated[str, typer.Option(help="Only calls in this session.")]
Budget = Annotated[str, typer.Argument(help="Its id, or its name where only one bears it.")]


@budgets.command("list")
def list_budgets(
    as_json: AsJson = False, url: Url = DEFAULT_URL, api_key: Key = "", project: Project = ""
) -> None:
    """List budgets with what is spent and where they are heading."""
    found = ask(url, api_key, "GET", "/v1/budgets", project_id=project)
    if as_json:
        say_json(found)
        return
    rows = Rows("id", "name", "spent", "held", "limit", "expected", "state", "what it does")
    for budget in found["items"]:
        expected = budget["forecast"]["expected"]
        amounts = [budget["spent"], budget["held"], budget["limit"], expected]
        rows.add(
            budget["id"],
            budget["name"],
            *("" if amount is None else _amount(amount, budget["unit"]) for amount in amounts),
            budget["state"],
            budget["describes"],
        )
    rows.say()


@budgets.command("set")
def set_budget(
    name: Annotated[str, typer.Argument(help="Its name. One of this name in the project is changed.")],
    limit: Annotated[str, typer.Argument(help="Dollars, tokens or requests.")],
    unit: Annotated[str, typer.Option(help="usd, tokens or requests.")] = "usd",
    period: Annotated[str, typer.Option(help="hour, day, week, month, total or rolling.")] = "month",
    rolling_s: Annotated[int, typer.Option(help="Length of a rolling period in seconds.")] = 0,
    time_zone: Annotated[str, typer.Option(help="Such as Europe/Berlin.")] = "UTC",
    action: Annotated[
        str, typer.Option(help="At the limit: notify, slow_down, downgrade_model or stop.")
    ] = "notify",
    downgrade_to: Annotated[str, typer.Option(help="The model to use, for downgrade_model.")] = "",
    hard: Annotated[bool, typer.Option("--hard", help="Calls set money aside first.")] = False,
    threshold: Annotated[list[int] | None, typer.Option(help="Percent at which it tells; repeat it.")] = None,
    everywhere: Everywhere = False,
    environment: Environment = "",
    model: Model = "",
    route: Route = "",
    end_user: EndUser = "",
    key: OfKey = "",
    tag: Tag = "",
    session: Session = "",
    per: Annotated[str, typer.Option(help="The limit is each one's own: end_user, api_key or session.")] = "",
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Make a budget, or change the one of that name, and say what it will do."""
    wanted: Answer = {
        "name": name,
        "limit": limit,
        "unit": unit,
        "period": period,
        "rolling_s": rolling_s or None,
        "time_zone": time_zone,
        "action": action,
        "downgrade_to": downgrade_to or None,
        "hard_stop": hard,
        "per": per or None,
        "scope": _scope(everywhere, environment, model, route, end_user, key, tag, session),
    }
    if threshold is not None:
        wanted["thresholds"] = threshold
    known = [each["id"] for each in _named(url, api_key, project, name)]
    if len(known) > 1:
        raise InvalidInput(f"{len(known)} budgets are called {name!r}: change one over the API")
    method, path = ("PUT", f"/v1/budgets/{known[0]}") if known else ("POST", "/v1/budgets")
    made = ask(url, api_key, method, path, wanted, project_id=project)
    say(f"{made['describes']} ({made['id']})")


@budgets.command("remove")
def remove_budget(
    budget: Budget,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Remove a budget with its history. The audit log keeps what it was."""
    budget_id = _the_one(url, api_key, project, budget)
    ask(url, api_key, "DELETE", f"/v1/budgets/{budget_id}", project_id=project)
    say(f"{budget} is removed")


@budgets.command("override")
def override_budget(
    budget: Budget,
    minutes: Annotated[int, typer.Argument(help="For how long it stops nothing.")],
    reason: Annotated[str, typer.Option(help="Why: it is kept in the audit log.")],
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Let calls through for a while, whatever was spent."""
    budget_id = _the_one(url, api_key, project, budget)
    body: Answer = {"minutes": minutes, "reason": reason}
    said = ask(url, api_key, "POST", f"/v1/budgets/{budget_id}/override", body, project_id=project)
    say(f"{said['name']} stops nothing until {said['override']['until']}")


@budgets.command("end-override")
def end_override(
    budget: Budget,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Let a budget hold again before its override is over."""
    budget_id = _the_one(url, api_key, project, budget)
    said = ask(url, api_key, "DELETE", f"/v1/budgets/{budget_id}/override", project_id=project)
    say(f"{said['describes']} ({said['id']})")


@budgets.command("enforcement")
def enforcement(
    mode: Annotated[str, typer.Argument(help="off, warn or enforce. Empty: only show it.")] = "",
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Say what SDKs do with budgets and kill switches that leave it to their project."""
    path = "/v1/control/enforcement"
    said = ask(
        url, api_key, "PUT" if mode else "GET", path, {"mode": mode} if mode else None, project_id=project
    )
    by = f", said {said['changed_by']} at {said['changed_at']}" if said["changed_at"] else ""
    say(f"{said['mode']}{by}")


def kill(
    reason: Annotated[str, typer.Argument(help="Why: everyone who is stopped reads it.")],
    minutes: Annotated[int, typer.Option(help="Releases itself after so long; 0: by hand.")] = 0,
    allow_route: Annotated[
        list[str] | None, typer.Option(help="Calls of this route stay open; repeat it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop nothing, count what would be.")] = False,
    everywhere: Everywhere = False,
    environment: Environment = "",
    model: Model = "",
    route: Route = "",
    end_user: EndUser = "",
    key: OfKey = "",
    tag: Tag = "",
    session: Session = "",
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Stop calls now: all of a project, or those that the options mean. See `lynex release`."""
    body: Answer = {
        "reason": reason,
        "minutes": minutes or None,
        "allow_routes": allow_route or [],
        "dry_run": dry_run,
        "scope": _scope(everywhere, environment, model, route, end_user, key, tag, session),
    }
    made = ask(url, api_key, "POST", "/v1/kill-switch/trigger", body, project_id=project)
    until = f" until {made['until']}" if made["until"] else ""
    say(f"{made['describes']}{until} ({made['id']})")


def release(
    kill_switch: Annotated[str, typer.Argument(help="Id of a kill switch. Empty: all that hold.")] = "",
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Let calls through again."""
    held = [kill_switch]
    if not kill_switch:
        found = ask(url, api_key, "GET", "/v1/kill-switch", active="true", project_id=project)
        held = [each["id"] for each in found["items"]]
    for each in held:
        ask(url, api_key, "POST", f"/v1/kill-switch/{each}/release", project_id=project)
        say(f"{each} is released")
    if not held:
        say("No kill switch holds.")


def _named(url: str, api_key: str, project: str, name: str) -> list[Answer]:
    listed = ask(url, api_key, "GET", "/v1/budgets", project_id=project)["items"]
    return [budget for budget in listed if budget["name"] == name]


def _the_one(url: str, api_key: str, project: str, budget: str) -> str:
    """The id of the budget that is meant by an id or a name."""
    known = [budget] if budget.startswith("bud_") else []
    known = known or [each["id"] for each in _named(url, api_key, project, budget)]
    if len(known) != 1:
        raise NotFound(f"{len(known) or 'no'} budgets are called {budget!r}")
    return str(known[0])


def _scope(
    everywhere: bool,
    environment: str,
    model: str,
    route: str,
    end_user: str,
    api_key: str,
    tag: str,
    session: str,
) -> Answer:
    return {
        "project": "all" if everywhere else "this",
        "environment": environment,
        "model": model,
        "route": route,
        "end_user": end_user,
        "api_key": api_key,
        "tag": tag,
        "session": session,
    }


def _amount(amount: float, unit: str) -> str:
    return f"${amount:,.2f}" if unit == "usd" else f"{amount:,.0f}"
