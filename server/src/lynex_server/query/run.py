"""Runs statements: in a thread, a bounded number at once, under the engine's limits."""

from dataclasses import dataclass

import anyio
import anyio.to_thread

from lynex_server.engines.columnar.protocol import Columnar, QueryLimits, Rows
from lynex_server.query.settings import QuerySettings
from lynex_server.query.statement import Statement


@dataclass(frozen=True, slots=True)
class Runner:
    """The columnar engine as the query services see it."""

    columnar: Columnar
    turns: anyio.CapacityLimiter

    async def run(self, statement: Statement, limits: QueryLimits) -> Rows:
        """The finished answer. Raises `QueryTooExpensive` or `Busy`."""
        return await anyio.to_thread.run_sync(
            self.columnar.query, statement.sql, statement.params, limits, limiter=self.turns
        )


def open_runner(columnar: Columnar, settings: QuerySettings) -> Runner:
    """A runner with as many turns as the settings allow."""
    return Runner(columnar, anyio.CapacityLimiter(settings.query_max_parallel))
