"""`ExportLogsServiceRequest` to spans."""

from lynex_server.ingest.decoded import Decoded, RejectedItem
from lynex_server.ingest.otlp import jsonform, protobuf
from lynex_server.ingest.otlp.encoding import is_json
from lynex_server.ingest.otlp.log_events import LogReader
from lynex_server.ingest.settings import IngestSettings

_DEFAULTS = IngestSettings.model_construct()


def decode_otlp_logs(body: bytes, content_type: str, settings: IngestSettings = _DEFAULTS) -> Decoded:
    """Every log record of an OTLP request (decompressed) that tells of a model call or an agent's work.

    Others are rejections. Raises `InvalidInput` when the request as a whole cannot be read, `TooLarge` when
    it carries more records than `settings` allow.
    """
    limits = (settings.max_items_per_batch, settings.max_item_bytes)
    items = (
        jsonform.read_items(body, *limits, jsonform.parse_log)
        if is_json(content_type)
        else protobuf.read_items(body, *limits, protobuf.parse_log)
    )
    reader = LogReader()
    decoded = Decoded()
    for index, item in enumerate(items):
        if isinstance(item, RejectedItem):
            decoded.reject(index, str(item))
            continue
        try:
            decoded.accept(index, reader.read(item))
        except RejectedItem as rejected:
            decoded.reject(index, str(rejected))
    return decoded
