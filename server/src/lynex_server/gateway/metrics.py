"""What Prometheus is told. Labels have few values: no project, no key, no model that a caller made up."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from lynex_server.kernel.money import usd_from_nanousd

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class GatewayMetrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._children: dict[tuple[object, ...], Any] = {}
        made = self.registry
        self.calls = Counter(
            "lynex_gateway_calls",
            "Calls, by how they ended.",
            ("surface", "provider", "status"),
            registry=made,
        )
        self.refusals = Counter(
            "lynex_gateway_refusals", "Errors that callers were told, by why.", ("code",), registry=made
        )
        self.added = Histogram(
            "lynex_gateway_added_seconds",
            "Time between a call's body and its request to the provider.",
            buckets=_SECONDS,
            registry=made,
        )
        self.first_byte = Histogram(
            "lynex_gateway_first_byte_seconds",
            "Time until the provider's first byte.",
            ("provider",),
            buckets=_SECONDS,
            registry=made,
        )
        self.duration = Histogram(
            "lynex_gateway_duration_seconds",
            "Time of a whole call.",
            ("provider",),
            buckets=_SECONDS,
            registry=made,
        )
        self.tokens = Counter(
            "lynex_gateway_tokens", "Tokens, by direction.", ("provider", "direction"), registry=made
        )
        self.cost = Counter(
            "lynex_gateway_cost_usd", "Cost of calls in US dollars.", ("provider",), registry=made
        )
        self.attempts = Counter(
            "lynex_gateway_attempts",
            "Requests to providers, by outcome.",
            ("provider", "outcome"),
            registry=made,
        )
        self.cache = Counter(
            "lynex_gateway_cache", "Answers looked for in the cache.", ("outcome",), registry=made
        )
        self.under_way = Gauge("lynex_gateway_calls_under_way", "Calls under way.", registry=made)
        self.unsaved = Gauge(
            "lynex_gateway_spans_unsaved", "Spans that the log does not have yet.", registry=made
        )

    def ended(self, surface: str, provider: str, status: str, seconds: float) -> None:
        """A call is over. `provider` is empty where none was asked."""
        _child(self._children, self.calls, surface, provider, status).inc()
        if provider:
            _child(self._children, self.duration, provider).observe(seconds)

    def used(self, provider: str, input_tokens: int, output_tokens: int) -> None:
        """What a call used."""
        _child(self._children, self.tokens, provider, "input").inc(input_tokens)
        _child(self._children, self.tokens, provider, "output").inc(output_tokens)

    def spent(self, provider: str, nanousd: int) -> None:
        """What a call cost."""
        if nanousd > 0:
            _child(self._children, self.cost, provider).inc(usd_from_nanousd(nanousd))

    def refused(self, code: str) -> None:
        """A call was answered with an error of ours, or passed one on."""
        _child(self._children, self.refusals, code).inc()

    def looked_up(self, outcome: str) -> None:
        """The cache was asked."""
        _child(self._children, self.cache, outcome).inc()

    def attempted(self, provider: str, outcome: str) -> None:
        """A provider was asked, or could not be."""
        _child(self._children, self.attempts, provider, outcome).inc()

    def began(self, provider: str, seconds: float) -> None:
        """A provider's answer began."""
        _child(self._children, self.first_byte, provider).observe(seconds)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self.registry)


def _child(known: dict[tuple[object, ...], Any], metric: Any, *labels: str) -> Any:
    """The metric with these labels. Looking it up in the library costs more than counting does."""
    key = (metric, *labels)
    found = known.get(key)
    if found is None:
        found = known[key] = metric.labels(*labels)
    return found
