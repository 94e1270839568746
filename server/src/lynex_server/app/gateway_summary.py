"""`lynex gateway summary`: what went through, what the cache saved, what was refused."""

from typing import Annotated

import typer

from lynex_server.app.gateway_api import open_api
from lynex_server.app.login_commands import DEFAULT_URL
from lynex_server.app.output import Rows, say, say_json
from lynex_server.app.over_http import AsJson, Key, Project, Url

_DIGITS = 6
"""Small amounts are the rule: a call costs a part of a cent."""


def show_summary(
    length: Annotated[
        str, typer.Option("--range", help="Of the last 15m, 24h, 7d: a number and s to w.")
    ] = "24h",
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Show what went through the gateway by provider, what its cache saved, and what was refused and why."""
    found = open_api(url, api_key, project).ask("GET", "/summary", range=length)
    if as_json:
        say_json(found)
        return
    rows = Rows("name", "calls", "failed", "refused", "cost", "first token p50", "added p50", "added p99")
    for each in [*found["providers"], {**found, "name": "in all"}]:
        added, first = each["added_ms"], each["time_to_first_token_ms"]["p50"]
        counts = (f"{each[name]:,}" for name in ("calls", "errors", "refused"))
        rows.add(
            each["name"], *counts, _usd(each["cost_usd"]), _ms(first), _ms(added["p50"]), _ms(added["p99"])
        )
    rows.say()
    say(f"From the cache: {found['cache_hits']:,}, saved {_usd(found['saved_usd'])}")
    for refusal in found["refusals"]:
        say(f"Refused by {refusal['error_type']}: {refusal['calls']:,}")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f} ms"


def _usd(amount: float) -> str:
    return f"${amount:,.{_DIGITS}f}"
