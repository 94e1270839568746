"""The OpenTelemetry set-up every Python program here shares: one batch, sent at the end."""

import importlib.util

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

HOUR_MS = 3_600_000


def start() -> TracerProvider:
    """Traces, logs and metrics to the endpoint of the environment; nothing leaves before the end."""
    tracers = TracerProvider()
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=HOUR_MS))
    trace.set_tracer_provider(tracers)
    loggers = LoggerProvider()
    loggers.add_log_record_processor(
        BatchLogRecordProcessor(OTLPLogExporter(), schedule_delay_millis=HOUR_MS)
    )
    _logs.set_logger_provider(loggers)
    if importlib.util.find_spec("opentelemetry.sdk._events"):
        _start_events(loggers)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=HOUR_MS)
    metrics.set_meter_provider(MeterProvider([reader]))
    return tracers


def _start_events(loggers: LoggerProvider) -> None:
    # Releases of 2025 sent events through an interface of its own, which is gone since.
    from opentelemetry._events import set_event_logger_provider  # noqa: PLC0415 - only there in some
    from opentelemetry.sdk._events import EventLoggerProvider  # noqa: PLC0415 - only there in some

    set_event_logger_provider(EventLoggerProvider(loggers))
