"""The door of `query`: the routes, the service behind them, what it is asked, and its settings.

app.state.query = QueryService(columnar, live, QuerySettings(), SystemClock())
app.include_router(router)
values = await QueryService(…).metrics.totals(project_id, TimeRange(length="5m"), Filters(), "model", 20)
use = await QueryService(…).gateway_use.of(project_id, TimeRange(length="24h"))
"""

from lynex_server.query.filters import Filters
from lynex_server.query.gateway_schemas import GatewayUse
from lynex_server.query.parameters import RangeParameters
from lynex_server.query.routes import router
from lynex_server.query.schemas import MetricValues, Percentiles
from lynex_server.query.service import QueryService
from lynex_server.query.settings import QuerySettings
from lynex_server.query.window import TimeRange

__all__ = [
    "Filters",
    "GatewayUse",
    "MetricValues",
    "Percentiles",
    "QueryService",
    "QuerySettings",
    "RangeParameters",
    "TimeRange",
    "router",
]
