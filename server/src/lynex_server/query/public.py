"""The door of `query`: the routes, the service behind them and its settings.

app.state.query = QueryService(columnar, live, QuerySettings(), SystemClock())
app.include_router(router)
"""

from lynex_server.query.routes import router
from lynex_server.query.service import QueryService
from lynex_server.query.settings import QuerySettings

__all__ = ["QueryService", "QuerySettings", "router"]
