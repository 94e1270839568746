"""Usage exports and invoices of OpenAI and Anthropic, as JSON of their APIs or CSV of their consoles, read
into one shape: what was used and what it cost, by UTC day and model.

Sources:
- OpenAI usage and costs: https://platform.openai.com/docs/api-reference/usage
  (`organization/usage/completions`, `organization/costs`); the dashboard's CSV has the same names, and
  `amount.value` as `amount_value`.
- Anthropic: https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report and
  get-cost-report, whose `amount` is in cents; the console's CSV spells them as in `_CSV_NAMES`.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Literal

from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.money import nanousd_from_usd

ReportFormat = Literal["openai usage", "openai costs", "anthropic usage", "anthropic costs"]
LINES_MAX = 200_000
CENTS = Decimal(100)
OTHER = "(other)"
"""The model of a line that names none, such as a web search."""

_CSV_NAMES: Mapping[str, tuple[str, ...]] = {
    "day": ("usage_date_utc", "start_time_iso", "date", "start_time"),
    "model": ("model_version", "model", "line_item"),
    "requests": ("num_model_requests",),
    "uncached_input": ("usage_input_tokens_no_cache", "uncached_input_tokens"),
    "cache_write_5m": ("usage_input_tokens_cache_write_5m", "cache_creation_5m_input_tokens"),
    "cache_write_1h": ("usage_input_tokens_cache_write_1h", "cache_creation_1h_input_tokens"),
    "cache_read": ("usage_input_tokens_cache_read", "cache_read_input_tokens", "input_cached_tokens"),
    "input": ("input_tokens",),
    "output": ("usage_output_tokens", "output_tokens"),
    "cost_usd": ("cost_usd", "amount_value"),
    "currency": ("amount_currency", "currency"),
}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What a provider says of one UTC day and model. Input includes cache. `None`: it does not say."""

    day: str
    model: str
    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cost_nanousd: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A file of a provider, read."""

    provider: str
    format: ReportFormat
    lines: tuple[ReportLine, ...]


def read_report(text: str) -> Report:
    """Read a file of either kind and provider. Lines of one day and model are added up.

    Raises `InvalidInput` for a file that is neither, or that holds another currency than US dollars.
    """
    stripped = text.lstrip("\ufeff \r\n\t")
    if stripped[:1] in ("{", "["):
        found, lines = _from_json(stripped)
    else:
        found, lines = _from_csv(stripped)
    return Report(found.split()[0], found, _added_up(lines))


def _from_json(text: str) -> tuple[ReportFormat, Iterator[ReportLine]]:
    try:
        said = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise InvalidInput(f"content: neither JSON nor CSV ({error})", field="content") from error
    pages = said if isinstance(said, list) else [said]
    buckets = [bucket for page in pages for bucket in _list_in(page, "data")]
    results = [(bucket, result) for bucket in buckets for result in _list_in(bucket, "results")]
    if not results:
        raise InvalidInput("content: no `data` with `results` in it", field="content")
    first = results[0][1]
    if "uncached_input_tokens" in first:
        return "anthropic usage", (_anthropic_usage(*each) for each in results)
    if isinstance(first.get("amount"), dict):
        return "openai costs", (_openai_cost(*each) for each in results)
    if "amount" in first:
        return "anthropic costs", (_anthropic_cost(*each) for each in results)
    if "input_tokens" in first or "num_model_requests" in first:
        return "openai usage", (_openai_usage(*each) for each in results)
    raise InvalidInput("content: a usage or costs report of OpenAI or Anthropic expected", field="content")


def _openai_usage(bucket: Mapping[str, Any], result: Mapping[str, Any]) -> ReportLine:
    return ReportLine(
        day=_day(bucket.get("start_time")),
        model=str(result.get("model") or OTHER).lower(),
        requests=_count(result.get("num_model_requests")),
        input_tokens=_count(result.get("input_tokens")),
        output_tokens=_count(result.get("output_tokens")),
        cache_read_tokens=_count(result.get("input_cached_tokens")),
    )


def _openai_cost(bucket: Mapping[str, Any], result: Mapping[str, Any]) -> ReportLine:
    amount = result["amount"]
    _check_currency(amount.get("currency"))
    item = str(result.get("line_item") or OTHER)
    return ReportLine(
        day=_day(bucket.get("start_time")), model=_model_of_item(item), cost_nanousd=_usd(amount.get("value"))
    )


def _anthropic_usage(bucket: Mapping[str, Any], result: Mapping[str, Any]) -> ReportLine:
    written = result.get("cache_creation") or {}
    read = _count(result.get("cache_read_input_tokens")) or 0
    writes = sum(_count(count) or 0 for count in written.values())
    return ReportLine(
        day=_day(bucket.get("starting_at")),
        model=str(result.get("model") or OTHER).lower(),
        input_tokens=(_count(result.get("uncached_input_tokens")) or 0) + read + writes,
        output_tokens=_count(result.get("output_tokens")),
        cache_read_tokens=read,
    )


def _anthropic_cost(bucket: Mapping[str, Any], result: Mapping[str, Any]) -> ReportLine:
    _check_currency(result.get("currency"))
    cents = _decimal(result.get("amount"))
    return ReportLine(
        day=_day(bucket.get("starting_at")),
        model=str(result.get("model") or OTHER).lower(),
        cost_nanousd=nanousd_from_usd(cents / CENTS),
    )


def _from_csv(text: str) -> tuple[ReportFormat, Iterator[ReportLine]]:
    try:
        rows = list(islice(csv.DictReader(io.StringIO(text, newline=None)), LINES_MAX + 1))
    except csv.Error as error:
        raise InvalidInput(f"content: neither JSON nor CSV ({error})", field="content") from error
    names = {name.strip().lower(): name for name in (rows[0] if rows else ()) if name}
    columns = {
        meaning: next(names[spelled] for spelled in spellings if spelled in names)
        for meaning, spellings in _CSV_NAMES.items()
        if any(spelled in names for spelled in spellings)
    }
    if "day" not in columns or not columns.keys() & {"input", "uncached_input", "cost_usd"}:
        known = ", ".join(sorted({name for spellings in _CSV_NAMES.values() for name in spellings}))
        raise InvalidInput(f"content: a CSV with some of these columns expected: {known}", field="content")
    provider = "anthropic" if names.keys() & {"usage_date_utc", "model_version"} else "openai"
    kind = "costs" if "cost_usd" in columns else "usage"
    found: ReportFormat = f"{provider} {kind}"  # type: ignore[assignment]  # both halves are from above
    return found, (_from_row(row, columns) for row in rows)


def _from_row(row: Mapping[str, str], columns: Mapping[str, str]) -> ReportLine:
    def said(meaning: str) -> str | None:
        return row.get(columns[meaning]) or None if meaning in columns else None

    _check_currency(said("currency"))
    parts = [_count(said(name)) for name in ("uncached_input", "cache_write_5m", "cache_write_1h")]
    read = _count(said("cache_read"))
    apart = sum(part or 0 for part in parts) + (read or 0) if "uncached_input" in columns else None
    cost = said("cost_usd")
    return ReportLine(
        day=_day(said("day")),
        model=_model_of_item(said("model") or OTHER),
        requests=_count(said("requests")),
        input_tokens=_count(said("input")) if apart is None else apart,
        output_tokens=_count(said("output")),
        cache_read_tokens=read,
        cost_nanousd=None if cost is None else _usd(cost),
    )


def _added_up(lines: Iterable[ReportLine]) -> tuple[ReportLine, ...]:
    sums: defaultdict[tuple[str, str], list[int | None]] = defaultdict(lambda: [None] * 5)
    for number, line in enumerate(lines):
        if number >= LINES_MAX:
            raise InvalidInput(f"content: over {LINES_MAX:,} lines", field="content")
        amounts = sums[(line.day, line.model)]
        said = (
            line.requests,
            line.input_tokens,
            line.output_tokens,
            line.cache_read_tokens,
            line.cost_nanousd,
        )
        for place, amount in enumerate(said):
            if amount is not None:
                amounts[place] = (amounts[place] or 0) + amount
    if not sums:
        raise InvalidInput("content: no line in it", field="content")
    return tuple(ReportLine(*key, *amounts) for key, amounts in sorted(sums.items()))


def _model_of_item(item: str) -> str:
    """`gpt-4o-2024-08-06, input` is a line of that model."""
    return item.partition(",")[0].strip().lower() or OTHER


def _day(said: object) -> str:
    """The UTC day of epoch seconds, an ISO instant or an ISO date. Raises `InvalidInput`."""
    try:
        if isinstance(said, int | Decimal) or (isinstance(said, str) and said.strip().isdigit()):
            return datetime.fromtimestamp(int(said), UTC).date().isoformat()
        text = str(said).strip()
        if len(text) == len("2026-01-05"):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput(f"content: {said!r} is no day", field="content") from error


def _count(said: object) -> int | None:
    if said is None or said == "":
        return None
    count = _decimal(said)
    if count != count.to_integral_value() or not 0 <= count < 2**63:
        raise InvalidInput(f"content: {said!r} is no count", field="content")
    return int(count)


def _usd(said: object) -> int:
    try:
        return nanousd_from_usd(_decimal(said))
    except ValueError as error:
        raise InvalidInput(f"content: {said!r} is no amount of dollars", field="content") from error


def _decimal(said: object) -> Decimal:
    try:
        amount = Decimal(str(said).strip().lstrip("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise InvalidInput(f"content: {said!r} is no number", field="content")
    return amount


def _check_currency(said: object) -> None:
    if said and str(said).strip().lower() != "usd":
        raise InvalidInput(f"content: amounts in {said}, US dollars expected", field="content")


def _list_in(said: object, name: str) -> list[dict[str, Any]]:
    inner = said.get(name) if isinstance(said, dict) else None
    return [each for each in inner if isinstance(each, dict)] if isinstance(inner, list) else []
