"""What the routes call: one service per kind of answer, over one runner."""

from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.live.protocol import Live
from lynex_server.kernel.clock import Clock
from lynex_server.query.export import ExportService
from lynex_server.query.gateway_use import GatewayUseService
from lynex_server.query.live_stream import LiveService
from lynex_server.query.metrics import MetricsService
from lynex_server.query.run import open_runner
from lynex_server.query.settings import QuerySettings
from lynex_server.query.spans import SpansService
from lynex_server.query.traces import TracesService


class QueryService:
    """Found by the routes at `request.app.state.query`."""

    def __init__(self, columnar: Columnar, live: Live, settings: QuerySettings, clock: Clock) -> None:
        runner = open_runner(columnar, settings)
        self.spans = SpansService(runner, settings, clock)
        self.traces = TracesService(runner, settings, clock)
        self.export = ExportService(runner, settings, clock)
        self.live = LiveService(live, settings)
        self.metrics = MetricsService(runner, settings, clock)
        self.gateway_use = GatewayUseService(runner, settings, clock)
