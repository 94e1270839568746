"""What queries may cost and how much one answer may hold."""

from pydantic import Field

from lynex_server.engines.columnar.protocol import QueryLimits
from lynex_server.kernel.settings import Settings


class QuerySettings(Settings):
    """Bounds of the query API."""

    query_max_seconds: float = Field(default=20.0, gt=0, description="Longest one statement may run.")
    query_max_memory_bytes: int = Field(
        default=1_000_000_000, gt=0, description="Most memory one statement may use in the columnar engine."
    )
    query_max_parallel: int = Field(
        default=4, ge=1, description="Statements that run at once; further ones wait for their turn."
    )
    query_max_range_days: int = Field(
        default=400, ge=1, description="Longest time range; a longer one is cut at its start."
    )
    query_max_trace_spans: int = Field(
        default=100_000, ge=1, description="Most spans a trace may have to be shown as a tree."
    )
    query_max_series_points: int = Field(
        default=2000, ge=1, description="Most steps in one time series; a finer step is refused."
    )
    query_export_max_rows: int = Field(
        default=5_000_000, ge=1, description="Most spans in one export; a larger one is refused at its start."
    )
    query_export_page_bytes: int = Field(
        default=16_000_000, ge=1, description="Aimed-for size of the pages in which an export is read."
    )
    query_live_heartbeat_s: float = Field(
        default=15.0, gt=0, description="Seconds between the comments that keep a quiet live stream open."
    )
    query_live_max_waiting: int = Field(
        default=1000,
        ge=1,
        description="News a slow live listener may be behind before the oldest is dropped.",
    )

    def limits(self, max_rows: int) -> QueryLimits:
        """The engine's limits for a statement that may answer `max_rows` rows."""
        return QueryLimits(self.query_max_seconds, self.query_max_memory_bytes, max_rows)
