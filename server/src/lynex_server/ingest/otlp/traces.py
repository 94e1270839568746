"""`ExportTraceServiceRequest` to spans."""

from lynex_server.ingest.decoded import Decoded, RejectedItem
from lynex_server.ingest.otlp import jsonform, protobuf
from lynex_server.ingest.otlp.encoding import is_json
from lynex_server.ingest.otlp.same_call import join_twice_told_calls
from lynex_server.ingest.otlp.spans import SpanReader
from lynex_server.ingest.settings import IngestSettings

_DEFAULTS = IngestSettings.model_construct()


def decode_otlp_traces(body: bytes, content_type: str, settings: IngestSettings = _DEFAULTS) -> Decoded:
    """Every span of an OTLP trace request (decompressed), protobuf or JSON as `content_type` says.

    A span that cannot be read is a rejection, its neighbours are not touched. A call that was told twice is
    told once (`same_call`). Raises `InvalidInput` when the
    request as a whole cannot be read, `TooLarge` when it carries more spans than `settings` allow.
    """
    limits = (settings.max_items_per_batch, settings.max_item_bytes)
    items = (
        jsonform.read_items(body, *limits, jsonform.parse_span)
        if is_json(content_type)
        else protobuf.read_items(body, *limits, protobuf.parse_span)
    )
    reader = SpanReader()
    decoded = Decoded()
    for index, item in enumerate(items):
        if isinstance(item, RejectedItem):
            decoded.reject(index, str(item))
            continue
        try:
            decoded.accept(index, reader.read(item))
        except RejectedItem as rejected:
            decoded.reject(index, str(rejected))
    join_twice_told_calls(decoded.spans)
    return decoded
