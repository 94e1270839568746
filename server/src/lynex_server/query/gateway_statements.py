"""The statements behind the gateway's summary. They read the gateway's spans: what its page asks for is in
their attributes, which no rollup keeps."""

from lynex_server.query.conditions import window_condition
from lynex_server.query.dimensions import ERROR_STATUSES
from lynex_server.query.statement import Condition, Select, Statement, compile_select
from lynex_server.query.window import Window

MAX_PROVIDERS = 200
MAX_REASONS = 100
_THROUGH_THE_GATEWAY = Condition("source = 'gateway'")
_REFUSED = Condition("status = 'blocked'")
_HIT = "JSONExtractString(attributes, 'lynex.gateway.cache') = 'hit'"
_COUNTS: tuple[str, ...] = (
    "count() AS calls",
    f"countIf(status IN {ERROR_STATUSES}) AS errors",
    "countIf(status = 'blocked') AS refused",
    "countIf(status = 'cancelled') AS cancelled",
    f"countIf({_HIT}) AS cache_hits",
    "sum(JSONExtractInt(attributes, 'lynex.gateway.saved_nanousd')) AS saved_nanousd",
    "countIf(JSONExtractInt(attributes, 'lynex.gateway.attempts') > 1) AS tried_again",
    "ifNull(sum(input_tokens), 0) AS input_tokens",
    "ifNull(sum(output_tokens), 0) AS output_tokens",
    "ifNull(sum(cost_nanousd), 0) AS cost_nanousd",
    "quantilesBFloat16(0.5, 0.95, 0.99)"
    "(JSONExtract(attributes, 'lynex.gateway.added_ms', 'Nullable(Float64)')) AS added_ms",
    "quantilesBFloat16(0.5, 0.95, 0.99)(time_to_first_token_ms) AS time_to_first_token_ms",
    "quantilesBFloat16(0.5, 0.95, 0.99)(duration_ms) AS duration_ms",
)


def compile_gateway_totals(project_id: str, window: Window) -> Statement:
    """One row: everything that went through the gateway."""
    return compile_select(Select("spans", _COUNTS, _conditions(window)), project_id)


def compile_gateway_providers(project_id: str, window: Window) -> Statement:
    """The same for every provider, by its name in the gateway; calls that none was asked for are left out."""
    asked = Condition("name_of_provider != ''")
    return compile_select(
        Select(
            "spans",
            (
                "JSONExtractString(attributes, 'lynex.gateway.provider') AS name_of_provider",
                "any(provider) AS priced_as",
                *_COUNTS,
            ),
            (*_conditions(window), asked),
            "GROUP BY name_of_provider\nORDER BY calls DESC, name_of_provider\nLIMIT {most:UInt32}",
            {"most": MAX_PROVIDERS},
        ),
        project_id,
    )


def compile_gateway_refusals(project_id: str, window: Window) -> Statement:
    """Why calls were refused, the commonest reason first."""
    return compile_select(
        Select(
            "spans",
            ("error_type", "count() AS calls"),
            (*_conditions(window), _REFUSED),
            "GROUP BY error_type\nORDER BY calls DESC, error_type\nLIMIT {most:UInt32}",
            {"most": MAX_REASONS},
        ),
        project_id,
    )


def _conditions(window: Window) -> tuple[Condition, ...]:
    return (window_condition((window,), "start_time"), _THROUGH_THE_GATEWAY)
