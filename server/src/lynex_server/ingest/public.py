"""The door of `ingest`: the service, its routes and settings, and the decoders of each wire format.

redaction = Redaction(database, default_settings(settings), SystemClock(), AuditLog(database, clock))
service = IngestService(queue, settings, SystemClock(), redaction)
app.state.ingest = service          # `app.state.identity` is needed beside it
app.state.redaction = redaction
app.include_router(router)
app.include_router(redaction_router)

decode_events(b'{"ts": 1767614400, "model": "gpt-4o", "tokens_in": 812}').spans[0].usage
# {'input_tokens': 812}
"""

from lynex_server.ingest.decoded import Decoded
from lynex_server.ingest.events import decode_events
from lynex_server.ingest.otlp.logs import decode_otlp_logs
from lynex_server.ingest.otlp.metrics import decode_otlp_metrics
from lynex_server.ingest.otlp.traces import decode_otlp_traces
from lynex_server.ingest.preparing import Task, prepare
from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.redaction.routes import router as redaction_router
from lynex_server.ingest.redaction.rules import RedactionSettings, default_settings
from lynex_server.ingest.redaction.service import Redaction
from lynex_server.ingest.routes import router
from lynex_server.ingest.service import IngestService
from lynex_server.ingest.settings import IngestSettings
from lynex_server.ingest.usage import read_usage

__all__ = [
    "Decoded",
    "IngestService",
    "IngestSettings",
    "Redaction",
    "RedactionSettings",
    "Redactor",
    "Task",
    "decode_events",
    "decode_otlp_logs",
    "decode_otlp_metrics",
    "decode_otlp_traces",
    "default_settings",
    "prepare",
    "read_usage",
    "redaction_router",
    "router",
]
