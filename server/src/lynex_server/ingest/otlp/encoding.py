"""The two encodings of OTLP/HTTP: which one a request uses, and its answers in the same one.

Format: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

from typing import Final

import msgspec

from lynex_server.kernel.errors import InvalidInput

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
_PROTOBUF_NAMES: Final = (PROTOBUF, "application/protobuf", "application/vnd.google.protobuf")
_GRPC_CODES: Final[dict[int, int]] = {
    # HTTP status to google.rpc.Code
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    409: 10,
    413: 8,
    429: 8,
    503: 14,
}
_UNKNOWN_CODE = 2


def is_json(content_type: str) -> bool:
    """Whether the request is OTLP/JSON. Raises `InvalidInput` when it is neither of the two."""
    name = content_type.split(";")[0].strip().lower()
    if name in _PROTOBUF_NAMES:
        return False
    if name == JSON:
        return True
    raise InvalidInput(
        f"content-type: {PROTOBUF} or {JSON} expected, not {name[:60]!r}", field="content-type"
    )


def partial_success(rejected: int, message: str, json: bool, rejected_name: str) -> bytes:
    """An `Export…ServiceResponse`. Empty when all was taken: a success is then complete, by the format.

    `rejected_name` is `rejectedSpans`, `rejectedLogRecords` or `rejectedDataPoints`: field 1 in protobuf.
    """
    if json:
        if not rejected:
            return b"{}"
        return msgspec.json.encode(
            {"partialSuccess": {rejected_name: str(rejected), "errorMessage": message}}  # 64 bits are text
        )
    if not rejected:
        return b""
    inner = b"\x08" + _varint(rejected) + _text_field(2, message)
    return b"\x0a" + _varint(len(inner)) + inner


def rpc_status(http_status: int, message: str, json: bool) -> bytes:
    """A `google.rpc.Status`: what an OTLP client is told of an error."""
    code = _GRPC_CODES.get(http_status, _UNKNOWN_CODE)
    if json:
        return msgspec.json.encode({"code": code, "message": message})
    return b"\x08" + _varint(code) + _text_field(2, message)


def _text_field(number: int, text: str) -> bytes:
    encoded = text.encode()
    return _varint(number << 3 | 2) + _varint(len(encoded)) + encoded


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
