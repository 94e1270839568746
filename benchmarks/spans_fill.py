"""Fills a data folder with synthetic spans, straight in the columnar engine.

Thirty days, evenly spread, traces of eight spans; models, routes and users are skewed as in real traffic. One
trace has 33,000 spans. Texts are short: lists and panels never read them.
"""

import sys
import time

from lynex_server.engines.columnar.clickhouse import open_columnar
from lynex_server.engines.columnar.migrations import migrate
from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.spans.public import spans_migrations

DAYS = 30
SPANS_PER_TRACE = 8
LARGE_TRACE_SPANS = 33_000
LARGE_TRACE_ID = "1a59e7ace0000000" * 2
CHUNK = 200_000

_FILL = """
INSERT INTO spans (project_id, trace_id, span_id, parent_span_id, session_id, end_user_id, start_time,
    duration_ms, time_to_first_token_ms, kind, name, route, environment, release, service, provider, model,
    model_requested, input_tokens, output_tokens, cache_read_tokens, cost_nanousd, cost_source, price_version,
    status, error_type, input, output, tags, source, api_key_id, received_at, batch_id)
WITH
    number + {first:UInt64} AS n,
    intDiv(n, {per_trace:UInt64}) AS trace,
    n % {per_trace:UInt64} AS position,
    fromUnixTimestamp64Micro({start_us:Int64} + toInt64(n * {step_us:Float64})) AS began,
    cityHash64(n) AS h,
    cityHash64(trace) AS ht,
    ['llm', 'llm', 'llm', 'llm', 'embedding', 'tool', 'retrieval'][1 + intDiv(h, 7) % 7] AS span_kind,
    position = 0 ? 'agent' : span_kind AS k,
    least(5, toUInt8(6 * pow((intDiv(h, 11) % 1000) / 1000, 2))) AS m,
    k IN ('llm', 'embedding') AS is_call
SELECT
    {project:String}, lower(hex(MD5(toString(trace)))), lower(hex(n)),
    position = 0 ? '' : lower(hex(n - position)), concat('session-', toString(intDiv(trace, 5))),
    concat('user-', toString(toUInt32(20000 * pow((ht % 10000) / 10000, 3)))),
    began, exp(6 + (h % 4000) / 1000), is_call ? exp(5 + (h % 2000) / 1000) : NULL,
    k, concat(k, ' step'), concat('/route-', toString(toUInt8(8 * pow((ht % 997) / 997, 2)))),
    ht % 10 = 0 ? 'staging' : 'production', '1.0',
    concat('service-', toString(toUInt8(8 * pow((ht % 997) / 997, 2)) % 3)),
    is_call ? ['openai', 'openai', 'anthropic', 'anthropic', 'google', 'mistral'][1 + m] : '',
    is_call ? ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gemini-2.5-flash',
        'mistral-large'][1 + m] : '',
    '', is_call ? 200 + h % 4000 : NULL, is_call ? 20 + h % 700 : NULL, is_call ? h % 200 : NULL,
    is_call ? 100000 + h % 90000000 : NULL, is_call ? 'priced' : 'none', '1',
    h % 60 = 0 ? 'error' : 'ok', h % 60 = 0 ? 'rate_limit' : '',
    concat('question ', toString(h % 100000)), concat('answer ', toString(ht % 100000)), ['bench'], 'sdk',
    'key', began, {batch:String}
FROM numbers({count:UInt64})
"""

_FILL_LARGE_TRACE = """
INSERT INTO spans (project_id, trace_id, span_id, parent_span_id, start_time, duration_ms, kind, name,
    environment, cost_source, status, input, source, received_at, batch_id)
SELECT {project:String}, {trace:String}, lower(hex(number + 1)),
    number = 0 ? '' : lower(hex(intDiv(number - 1, 4) + 1)),
    fromUnixTimestamp64Micro({start_us:Int64} + toInt64(number * 1000)), 5, 'chain', 'step',
    'production', 'none', 'ok', 'text', 'sdk', now64(6), 'large'
FROM numbers({count:UInt64})
"""


def fill(folder: str, project_id: str, spans: int) -> None:
    """Insert `spans` spans and the large trace into the embedded engine at `folder`."""
    columnar = open_columnar(f"chdb://{folder}")
    migrate(columnar, spans_migrations())
    start_us = (int(time.time()) - DAYS * 86400) * 1_000_000
    common = {"project": project_id, "start_us": start_us}
    for first in range(0, spans, CHUNK):
        columnar.command(
            _FILL,
            {
                **common,
                "first": first,
                "count": min(CHUNK, spans - first),
                "per_trace": SPANS_PER_TRACE,
                "step_us": DAYS * 86400e6 / spans,
                "batch": f"fill-{first}",
            },
        )
    large = {"trace": LARGE_TRACE_ID, "count": LARGE_TRACE_SPANS}
    columnar.command(_FILL_LARGE_TRACE, {**common, **large, "start_us": start_us + 86_400_000_000})
    _wait_for_merges(columnar)
    columnar.close()


def _wait_for_merges(columnar: Columnar) -> None:
    for _ in range(240):
        running = columnar.query("SELECT count() FROM system.merges").rows
        if not running[0][0]:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    fill(sys.argv[1], sys.argv[2], int(sys.argv[3]))
