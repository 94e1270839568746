"""The door of `ingest`: the service, its routes and settings, and the decoders of each wire format.

service = IngestService(queue, settings, SystemClock(), Redactor.of(settings))
app.state.ingest = service          # `app.state.identity` is needed beside it
app.include_router(router)

decode_events(b'{"ts": 1767614400, "model": "gpt-4o", "tokens_in": 812}').spans[0].usage
# {'input_tokens': 812}
"""

from lynex_server.ingest.decoded import Decoded, Rejection
from lynex_server.ingest.events import decode_events
from lynex_server.ingest.otlp.logs import decode_otlp_logs
from lynex_server.ingest.otlp.metrics import decode_otlp_metrics
from lynex_server.ingest.otlp.traces import decode_otlp_traces
from lynex_server.ingest.redaction import Redactor
from lynex_server.ingest.routes import router
from lynex_server.ingest.service import IngestService
from lynex_server.ingest.settings import IngestSettings

__all__ = [
    "Decoded",
    "IngestService",
    "IngestSettings",
    "Redactor",
    "Rejection",
    "decode_events",
    "decode_otlp_logs",
    "decode_otlp_metrics",
    "decode_otlp_traces",
    "router",
]
