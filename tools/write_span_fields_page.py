"""Writes docs/reference/span-fields.md. Its one argument is the file to write.

Names and types come from the table's migrations, flags from `pricing/flags.py`; the meanings are here. A
column without a meaning fails, so a new one cannot be forgotten.
"""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from lynex_server.spans.public import SPAN_COLUMNS, spans_migrations

_INTRODUCTION = """# Span fields

A span is one unit of work: a model call, a tool call, a retrieval, an agent's step. Spans with one `trace_id`
make a trace, traces with one `session_id` a session. These are the columns of the table `spans`; the API, the
export and the dashboard use the same words.

Three rules hold for all of them: input includes cache and output includes reasoning, whatever the source's
way of counting; a count that nobody said is NULL, not 0; nothing is derived from a total.

This page is generated from the table's migrations and from the flags of pricing.
"""

MEANINGS = {
    "project_id": "The project of the API key that sent it.",
    "trace_id": "Spans with one trace id belong together.",
    "span_id": "The span within its trace.",
    "parent_span_id": "The span that caused this one; empty at the top.",
    "session_id": "Traces with one session id belong together, such as one conversation.",
    "end_user_id": "The customer's user on whose behalf it was done.",
    "start_time": "When it began, in microseconds UTC.",
    "duration_ms": "From its begin to its end, in milliseconds.",
    "time_to_first_token_ms": "From its begin to the first piece of the answer, in milliseconds.",
    "kind": "llm, embedding, tool, retrieval, agent, chain, guardrail, evaluator or other.",
    "name": "What is done, in few words.",
    "route": "The part of the application, such as `/chat`.",
    "environment": "production, staging, …",
    "release": "Version of the application.",
    "service": "Name of the application.",
    "provider": "Who answered: openai, anthropic, bedrock, …",
    "model": "The model that answered; the requested one where the answer names none.",
    "model_requested": "The model that was asked for.",
    "service_tier": "The tier that the answer names.",
    "region": "The provider's region, where it was said.",
    "input_tokens": "Tokens of the input, cache reads and writes included.",
    "output_tokens": "Tokens of the output, reasoning included.",
    "cache_read_tokens": "Part of input: read from the provider's cache.",
    "cache_write_5m_tokens": "Part of input: written to the cache for five minutes.",
    "cache_write_1h_tokens": "Part of input: written to the cache for an hour.",
    "reasoning_tokens": "Part of output: thinking.",
    "input_audio_tokens": "Part of input: audio.",
    "output_audio_tokens": "Part of output: audio.",
    "input_image_tokens": "Part of input: images.",
    "output_image_tokens": "Part of output: images.",
    "usage_other": "Every other unit by its name; priced where the price book knows it.",
    "usage_flags": "What there is to say about usage and cost: see below.",
    "cost_nanousd": "Cost in billionths of a US dollar. NULL: unknown, or nothing to price.",
    "cost_source": "`reported` by the source; `priced` here; `estimated`: priced from estimated usage; "
    "`unpriced`: a call whose price or usage is unknown; `none`: nothing to price.",
    "price_version": "Price data, entry, and a hash of its rates; empty unless priced here.",
    "status": "ok, error, timeout, cancelled or blocked. Errors in metrics are error and timeout.",
    "error_type": "Class or code of the error.",
    "error_message": "What the error said.",
    "finish_reason": "Why the model stopped.",
    "prompt_name": "Name of the prompt that was used.",
    "prompt_version": "Its version.",
    "input": "What went in, as text or JSON. Lists never read it.",
    "output": "What came out, as text or JSON. Lists never read it.",
    "tags": "Labels to filter by.",
    "metadata": "Keys and texts to filter by.",
    "attributes": "Everything else that was said, as JSON.",
    "source": "What sent it: sdk, otlp, langfuse, or what an event says.",
    "api_key_id": "The key that sent it.",
    "received_at": "When the request was accepted, in microseconds UTC.",
    "batch_id": "The batch it was stored in: its deduplication token.",
}


def page() -> str:
    """The page as Markdown."""
    return "\n".join([_INTRODUCTION, *_columns(), *_flags()]) + "\n"


def _columns() -> Iterator[str]:
    types = _types()
    yield "## Columns\n"
    yield "| field | type | meaning |"
    yield "| --- | --- | --- |"
    for name in SPAN_COLUMNS:
        yield f"| `{name}` | {types[name]} | {MEANINGS[name]} |"
    yield ""


def _types() -> dict[str, str]:
    """The type of each column, by the `CREATE TABLE` and the migrations that add to it."""
    sql = "\n".join(migration.sql for migration in spans_migrations())
    found: dict[str, str] = {}
    for name, written in _COLUMN.findall(sql.replace("LowCardinality(String)", "String")):
        found.setdefault(name, written)
    return found


_COLUMN = re.compile(
    r"^\s+(?:ADD COLUMN IF NOT EXISTS )?(\w+) ([A-Z]\w+(?:\((?:[^()]|\([^()]*\))*\))?)", re.MULTILINE
)


def _flags() -> Iterator[str]:
    yield "## Flags\n"
    yield "A flag changes no number by itself. It says which rule was applied.\n"
    yield "| flag | meaning |"
    yield "| --- | --- |"
    body = ast.parse((files("lynex_server.pricing") / "flags.py").read_text()).body
    for constant, meaning in pairwise(body):
        if not isinstance(constant, ast.Assign) or not isinstance(meaning, ast.Expr):
            continue
        if isinstance(constant.value, ast.Constant):
            told = " ".join(ast.literal_eval(meaning.value).split())
            yield f"| `{ast.literal_eval(constant.value)}` | {told} |"
    yield "| `usage_estimated` | Unpriced, and the usage was an estimate: so will be its cost. |"
    yield "| `local_cache_hit` | Answered from the caller's own cache: it cost nothing. |"
    yield "| `counted_elsewhere` | Another span counts the call: `lynex.counted_by` says whose. |"
    yield "| `counted_in_children` | The calls below used it; it is kept as `repeated_…` and not added. |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
