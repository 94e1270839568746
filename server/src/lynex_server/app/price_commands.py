"""`lynex prices`: look up and set prices, see what has none, price history again, check an invoice."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from lynex_server.app.api_client import Answer
from lynex_server.app.login_commands import DEFAULT_URL
from lynex_server.app.output import Rows, out, say, say_json
from lynex_server.app.over_http import AsJson, Key, Project, Url, ask
from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.money import usd_from_nanousd

prices = typer.Typer(help="Prices: own ones, those of the sources, and what has none.", no_args_is_help=True)
_POLL_S = 0.5

Everywhere = Annotated[bool, typer.Option("--all-projects", help="Of the organisation, for every project.")]
Provider = Annotated[str, typer.Option(help="Provider, such as openai. Empty: any.")]
From = Annotated[str, typer.Option("--from", help="From this day or instant on, ISO 8601.")]
Until = Annotated[str, typer.Option("--to", help="To before this day or instant. Empty: now.")]


@prices.command()
def show(
    query: Annotated[str, typer.Argument(help="Words of the provider's or the model's name.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 20,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Look up prices: own ones first, then the sources."""
    found = ask(url, api_key, "GET", "/v1/prices", query=query, limit=limit, project_id=project)
    if as_json:
        say_json(found)
        return
    rows = Rows("provider", "model", "input", "output", "cache read", "cache write", "when", "source")
    for price in found["items"]:
        rates = {rate["unit"]: rate for rate in reversed(price["rates"])}
        dates = f"from {price['valid_from']}" if price["valid_from"] else ""
        when = ", ".join(filter(None, (price["condition"], dates, "" if price["current"] else "past")))
        rows.add(
            price["provider"],
            price["model"],
            *(_rate(rates, unit) for unit in ("input_tokens", "output_tokens", "cache_read_tokens")),
            _rate(rates, "cache_write_tokens") or _rate(rates, "cache_write_5m_tokens"),
            when,
            price["source"],
        )
    rows.say()
    say("Dollars a million tokens. More units, tiers and thresholds: --json")


@prices.command("set")
def set_price(
    model: Annotated[str, typer.Argument(help="Model, or a pattern with * and ?.")],
    provider: Provider = "",
    input_usd: Annotated[str, typer.Option("--input", help="Dollars a million input tokens.")] = "",
    output_usd: Annotated[str, typer.Option("--output", help="Dollars a million output tokens.")] = "",
    cache_read: Annotated[str, typer.Option(help="Dollars a million tokens read from the cache.")] = "",
    cache_write: Annotated[str, typer.Option(help="Dollars a million tokens written for 5 minutes.")] = "",
    cache_write_1h: Annotated[str, typer.Option(help="Dollars a million tokens written for an hour.")] = "",
    rate: Annotated[
        list[str] | None, typer.Option(help="Another unit: web_searches=10 (dollars for its usual number).")
    ] = None,
    factor: Annotated[str, typer.Option(help="Times the list price, such as 0.85.")] = "",
    flat: Annotated[str, typer.Option(help="Dollars a million tokens, in or out.")] = "",
    gpu_hour: Annotated[str, typer.Option(help="Dollars an hour of one GPU.")] = "",
    gpus: Annotated[int, typer.Option(min=1, help="How many GPUs are paid for.")] = 1,
    tokens_per_s: Annotated[str, typer.Option(help="Tokens a second while busy. Empty: by duration.")] = "",
    busy_share: Annotated[str, typer.Option(help="Part of the paid time in which the GPU works.")] = "1",
    tier: Annotated[str, typer.Option(help="Service tier. Empty: any.")] = "",
    region: Annotated[str, typer.Option(help="Region. Empty: any.")] = "",
    valid_from: Annotated[
        str, typer.Option("--from", help="Valid from. Empty: now; with --replace, as before.")
    ] = "",
    valid_until: Annotated[str, typer.Option("--until", help="Valid until. Empty: for ever.")] = "",
    note: Annotated[str, typer.Option(help="What for.")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Even if it looks like a slip.")] = False,
    replace: Annotated[
        str, typer.Option(help="Id of an own price that becomes this one, instead of a new one.")
    ] = "",
    everywhere: Everywhere = False,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Set an own price of the project (or of its organisation), in force in every process within a second."""
    units = {
        "input_tokens": input_usd,
        "output_tokens": output_usd,
        "cache_read_tokens": cache_read,
        "cache_write_5m_tokens": cache_write,
        "cache_write_1h_tokens": cache_write_1h,
        **dict(_unit_and_usd(said) for said in rate or ()),
    }
    rates = [{"unit": unit, "usd": usd} for unit, usd in units.items() if usd]
    terms = _terms(rates, factor, flat, gpu_hour)
    if gpu_hour:
        terms |= {"gpus": gpus, "busy_share": busy_share, "tokens_per_s": tokens_per_s or None}
    body: Answer = {"model": model, "provider": provider, "service_tier": tier, "region": region}
    body |= {"terms": terms, "note": note, "confirm": confirm}
    body |= {"valid_from": _instant(valid_from)} if valid_from else {}
    body |= {"valid_until": _instant(valid_until)} if valid_until else {}
    path, query = _overrides(url, api_key, project, everywhere)
    method, path = ("PUT", f"{path}/{quote(replace, safe='')}") if replace else ("POST", path)
    made = ask(url, api_key, method, path, body, **query)
    say(f"{made['id']}: {made['model']} from {made['valid_from']}")


@prices.command()
def remove(
    override_id: Annotated[str, typer.Argument(help="Id of an own price.")],
    everywhere: Everywhere = False,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Let an own price count no more."""
    path, query = _overrides(url, api_key, project, everywhere)
    ask(url, api_key, "DELETE", f"{path}/{override_id}", **query)
    say(f"{override_id} counts no more")


@prices.command()
def diff(
    now: Annotated[bool, typer.Option("--now", help="Compare now, rather than show last night's.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, the greatest first.")] = 40,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Show where the bundled price data and the community file disagree."""
    found = ask(url, api_key, "POST" if now else "GET", "/v1/prices/sources/differences", project_id=project)
    rows = Rows("provider", "model", "unit", found["first"] or "first", found["second"] or "second", "ratio")
    for each in found["items"][:limit]:
        first, second = f"${each['first']:g}", f"${each['second']:g}"
        rows.add(each["provider"], each["model"], each["unit"], first, second, f"{each['ratio']:.2f}")
    rows.say()
    say(f"{found['compared']} models are in both; {len(found['items'])} prices differ.")


@prices.command()
def unpriced(
    days: Annotated[int, typer.Option(min=1, max=400, help="Of the last days.")] = 30,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """List the models whose calls have no cost."""
    found = ask(url, api_key, "GET", "/v1/prices/unpriced", days=days, project_id=project)
    rows = Rows("provider", "model", "calls", "first seen", "last seen", "tokens in", "tokens out", "why")
    for each in found["items"]:
        numbers = (f"{each['input_tokens']:,}", f"{each['output_tokens']:,}", " ".join(each["flags"]))
        seen = (each["first_seen"][:19], each["last_seen"][:19])
        rows.add(each["provider"], each["model"], f"{each['spans']:,}", *seen, *numbers)
    rows.say()


@prices.command()
def reprice(
    begin: From,
    end: Until = "",
    model: Annotated[str, typer.Option(help="Model, or a pattern with * and ?. Empty: any.")] = "",
    provider: Provider = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would change.")] = False,
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Price history again, and show the difference per day and model."""
    body: Answer = {"from": _instant(begin), "provider": provider, "model": model}
    body |= {"dry_run": dry_run, "wait_s": 0}
    body |= {"to": _instant(end)} if end else {}
    job = ask(url, api_key, "POST", "/v1/prices/reprice", body, project_id=project)
    with out.status("Waiting…") as status:
        while job["state"] in ("waiting", "running"):
            time.sleep(_POLL_S)
            job = ask(url, api_key, "GET", f"/v1/prices/reprice/{job['id']}", project_id=project)
            status.update(f"{job['spans_done']:,} of {job['spans']:,} spans")
    rows = Rows("day", "provider", "model", "calls", "before", "after", "difference")
    for line in job["differences"]:
        money = (_usd(line["old_nanousd"]), _usd(line["new_nanousd"]), _usd(line["difference_nanousd"]))
        rows.add(line["day"], line["provider"], line["model"], f"{line['changed']:,}", *money)
    rows.say()
    would = "would change" if dry_run else "changed"
    say(
        f"{job['state']}: {job['changed']:,} of {job['spans_done']:,} spans {would}, "
        f"{_usd(job['difference_nanousd'])} in all"
    )
    if job["state"] == "failed":
        say(f"It failed: {job['error']}")
        raise typer.Exit(1)


@prices.command("import")
def import_report(
    file: Annotated[Path, typer.Argument(help="Usage or cost export of OpenAI or Anthropic, JSON or CSV.")],
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Import a provider's report, to compare ours with it."""
    body = {"name": file.name, "content": file.read_text(encoding="utf-8-sig")}
    made = ask(url, api_key, "POST", "/v1/prices/reports", body, project_id=project)
    say(f"{made['id']}: {made['format']}, {made['first_day']} to {made['last_day']}")


@prices.command()
def reconcile(
    provider: Annotated[str, typer.Argument(help="openai or anthropic.")],
    first: Annotated[str, typer.Option("--from", help="First day, ISO 8601. Empty: 30 days ago.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day. Empty: today.")] = "",
    url: Url = DEFAULT_URL,
    api_key: Key = "",
    project: Project = "",
) -> None:
    """Show ours against theirs per day and model, and why they differ."""
    today = datetime.now(UTC).date()
    days: Answer = {"from": first or str(today - timedelta(days=30)), "to": last or str(today)}
    found = ask(
        url, api_key, "GET", "/v1/prices/reconciliation", provider=provider, project_id=project, **days
    )
    rows = Rows("day", "model", "ours", "theirs", "difference", "why")
    for each in found["items"]:
        theirs = each["theirs"]["cost_nanousd"] if each["theirs"] else None
        why = ", ".join(f"{part['reason']} {_usd(part['nanousd'])}" for part in each["parts"])
        difference = _usd(each["difference_nanousd"])
        rows.add(
            each["day"], each["model"], _usd(each["ours"]["cost_nanousd"]), _usd(theirs), difference, why
        )
    rows.say()
    for reason, nanousd in found["by_reason"].items():
        say(f"{reason}: {_usd(nanousd)}")
    say(f"In all {_usd(found['difference_nanousd'])} of {_usd(found['theirs_nanousd'])}")


def _overrides(url: str, api_key: str, project: str, everywhere: bool) -> tuple[str, Answer]:
    """Where the own prices meant are kept: the path, and what to ask along."""
    if not everywhere:
        return "/v1/prices/overrides", {"project_id": project}
    organisation = ask(url, api_key, "GET", "/v1/me", project_id=project)["organisation_id"]
    return f"/v1/organisations/{organisation}/prices/overrides", {}


def _terms(rates: list[dict[str, str]], factor: str, flat: str, gpu_hour: str) -> Answer:
    kinds: list[Answer] = [
        *([{"kind": "rates", "rates": rates}] if rates else []),
        *([{"kind": "factor", "factor": factor}] if factor else []),
        *([{"kind": "flat", "usd_per_million_tokens": flat}] if flat else []),
        *([{"kind": "gpu_hour", "gpu_hour_usd": gpu_hour}] if gpu_hour else []),
    ]
    if len(kinds) != 1:
        raise InvalidInput("say one of: rates (--input, --output, …), --factor, --flat, --gpu-hour")
    return kinds[0]


def _unit_and_usd(said: str) -> tuple[str, str]:
    unit, _, usd = said.partition("=")
    if not usd:
        raise InvalidInput(f"--rate {said}: unit=dollars expected")
    return unit.strip(), usd.strip()


def _instant(said: str) -> str:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise InvalidInput(f"{said!r}: a day or an instant expected, such as 2026-01-05") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _rate(rates: dict[str, Answer], unit: str) -> str:
    return f"${rates[unit]['usd']}" if unit in rates else ""


def _usd(nanousd: int | None) -> str:
    return "" if nanousd is None else f"${usd_from_nanousd(nanousd):,.4f}"
