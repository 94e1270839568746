"""The end of every call: its span, its money, its metrics."""

import time

from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.money import Money
from lynex_server.gateway.call.recorder import Recorder
from lynex_server.gateway.metrics import GatewayMetrics
from lynex_server.gateway.settings import GatewaySettings


class Closing:
    """One for the event loop."""

    def __init__(
        self, money: Money, recorder: Recorder, metrics: GatewayMetrics, settings: GatewaySettings
    ) -> None:
        self._money = money
        self._recorder = recorder
        self._metrics = metrics
        self._max_chars = settings.gateway_max_capture_chars

    def finish(self, exchange: Exchange) -> None:
        """Write the span, and put right what was set aside. Waits for nothing: the client has its answer."""
        if exchange.client_left and exchange.status == "ok" and exchange.answer is None:
            exchange.status = "cancelled"
        now_s = time.perf_counter()
        self._money.put_right(exchange)
        if exchange.operation.name != "models":
            sender = exchange.sender
            span = exchange.span(now_s, self._max_chars)
            self._recorder.put(sender.project_id, sender.api_key_id, span)
        self._count(exchange, now_s)

    def _count(self, exchange: Exchange, now_s: float) -> None:
        provider = exchange.provider.name if exchange.provider is not None else ""
        self._metrics.ended(exchange.operation.dialect, provider, exchange.status, now_s - exchange.began_s)
        if exchange.refused is not None:
            self._metrics.refused(exchange.refused.code)
        if exchange.cache:
            self._metrics.looked_up(exchange.cache)
        if exchange.cache == "hit":  # nobody was asked
            return
        usage = exchange.normalised()
        if usage.input_tokens or usage.output_tokens:
            self._metrics.used(provider, usage.input_tokens or 0, usage.output_tokens or 0)
        if exchange.operation.kind != "other":
            self._metrics.spent(provider, self._money.cost_nanousd(exchange) or 0)
