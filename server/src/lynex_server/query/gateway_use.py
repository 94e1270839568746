"""Answers to what went through the gateway: one period, by provider and by reason of refusal."""

from typing import Any

from lynex_server.kernel.clock import Clock, datetime_from_us
from lynex_server.kernel.money import usd_from_nanousd
from lynex_server.query.gateway_schemas import GatewayProviderFigures, GatewayUse, Refusals
from lynex_server.query.gateway_statements import (
    MAX_PROVIDERS,
    MAX_REASONS,
    compile_gateway_providers,
    compile_gateway_refusals,
    compile_gateway_totals,
)
from lynex_server.query.metrics_shape import Row, percentiles
from lynex_server.query.run import Runner
from lynex_server.query.settings import QuerySettings
from lynex_server.query.window import DAY_US, TimeRange, clamped, metrics_window

_COUNTED = (
    "calls",
    "errors",
    "refused",
    "cancelled",
    "cache_hits",
    "saved_nanousd",
    "tried_again",
    "input_tokens",
    "output_tokens",
    "cost_nanousd",
)


class GatewayUseService:
    """Every method takes the principal's project: what is answered is that project's alone."""

    def __init__(self, runner: Runner, settings: QuerySettings, clock: Clock) -> None:
        self._runner = runner
        self._settings = settings
        self._clock = clock

    async def of(self, project_id: str, asked: TimeRange) -> GatewayUse:
        """What went through in the period; the last 24 hours unless asked otherwise."""
        longest_us = self._settings.query_max_range_days * DAY_US
        window = clamped(metrics_window(asked, self._clock.now_us()), longest_us)
        limits = self._settings.limits
        totals = await self._runner.run(compile_gateway_totals(project_id, window), limits(1))
        providers = await self._runner.run(
            compile_gateway_providers(project_id, window), limits(MAX_PROVIDERS)
        )
        refusals = await self._runner.run(compile_gateway_refusals(project_id, window), limits(MAX_REASONS))
        return GatewayUse(
            start=datetime_from_us(window.start_us),
            end=datetime_from_us(window.end_us),
            refusals=[Refusals(**row) for row in refusals.dicts()],
            providers=[
                GatewayProviderFigures(
                    name=row["name_of_provider"], provider=row["priced_as"], **_figures(row)
                )
                for row in providers.dicts()
            ],
            **_figures(totals.dicts()[0]),
        )


def _figures(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _COUNTED},
        "saved_usd": usd_from_nanousd(row["saved_nanousd"]),
        "cost_usd": usd_from_nanousd(row["cost_nanousd"]),
        "added_ms": percentiles(row["added_ms"]),
        "time_to_first_token_ms": percentiles(row["time_to_first_token_ms"]),
        "latency_ms": percentiles(row["duration_ms"]),
    }
