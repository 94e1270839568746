"""How each field of a native event is read. Every reader takes what JSON said and gives the value, or raises
`RejectedItem` with what was expected; the caller puts the field's name before it."""

from typing import Any, Final, get_args

from lynex_server.ingest.aliases import KINDS
from lynex_server.ingest.decoded import RejectedItem
from lynex_server.ingest.usage import read_usage
from lynex_server.ingest.values import (
    MAX_INT64,
    count_from,
    instant_us_from,
    nanousd_from,
    number_from,
    provider_from,
    text_from,
)
from lynex_server.spans.public import Kind, Status, UsageConvention

MAX_NAME_CHARS: Final = 1024
"""Names, routes, ids and their like are for grouping: longer ones are refused."""
MAX_ID_CHARS: Final = 128
_MAX_DEPTH: Final = 32
_MAX_DURATION_MS: Final = 366 * 86_400_000.0
_KINDS: Final[tuple[str, ...]] = get_args(Kind)
_CONVENTIONS: Final[tuple[str, ...]] = get_args(UsageConvention)
_STATUSES: Final[dict[str, Status]] = {
    **{name: name for name in get_args(Status)},
    "success": "ok",
    "succeeded": "ok",
    "completed": "ok",
    "failed": "error",
    "failure": "error",
    "timed_out": "timeout",
    "canceled": "cancelled",
    "aborted": "cancelled",
}


def plain_text(value: Any) -> str:
    """A name or another short text; a number is written out."""
    if isinstance(value, (bool, dict, list)):
        raise RejectedItem("text expected")
    text = text_from(value)
    if len(text) > MAX_NAME_CHARS:
        raise RejectedItem(f"longer than {MAX_NAME_CHARS} characters")
    return text


def identifier(value: Any) -> str:
    """An id: 1 to 128 characters without blanks or control characters."""
    text = plain_text(value)
    if not text or len(text) > MAX_ID_CHARS or not text.isprintable() or " " in text:
        raise RejectedItem(f"an id of 1 to {MAX_ID_CHARS} printable characters without blanks expected")
    return text


def written_text(value: Any) -> str:
    """Content of any length: text as it is, anything else as JSON text."""
    return text_from(open_value(value))


def instant(value: Any) -> int:
    """Microseconds since the epoch."""
    instant_us = instant_us_from(value)
    if instant_us is None:
        raise RejectedItem("an instant expected: ISO 8601, or epoch seconds, ms, µs or ns")
    return instant_us


def milliseconds(value: Any) -> float:
    """A duration: a number of milliseconds from 0 to a year."""
    number = number_from(value)
    if number is None or not 0 <= number <= _MAX_DURATION_MS:
        raise RejectedItem("milliseconds expected, from 0 to one year")
    return number


def one_count(value: Any) -> int:
    """A whole number of tokens."""
    count = count_from(value)
    if count is None:
        raise RejectedItem("a whole number from 0 expected")
    return count


def counts(value: Any) -> tuple[dict[str, int], UsageConvention]:
    """A usage object: our units, or a provider's own usage object as it came."""
    if not isinstance(value, dict):
        raise RejectedItem("an object of counts expected")
    for key, count in value.items():
        if count is not None and not isinstance(count, (dict, list, str)) and count_from(count) is None:
            raise RejectedItem(f"{key[:80]}: a whole number from 0 expected")
    return read_usage(value, own_units_first=True)


def usage_convention(value: Any) -> str:
    """`inclusive`, `exclusive` or `unknown`."""
    if value not in _CONVENTIONS:
        raise RejectedItem(f"one of {', '.join(_CONVENTIONS)} expected")
    return str(value)


def boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise RejectedItem("true or false expected")
    return value


def money(value: Any) -> int:
    """US dollars, from 0, as a number or as text; in nano-dollars."""
    nanousd = nanousd_from(value)
    if nanousd is None:
        raise RejectedItem("US dollars expected: a number from 0")
    return nanousd


def nano_money(value: Any) -> int:
    """Whole nano-dollars, from 0."""
    return one_count(value)


def kind(value: Any) -> str:
    """One of our kinds, or a word of another dialect that means one."""
    text = plain_text(value).lower()
    found = text if text in _KINDS else KINDS.get(text)
    if not found:
        raise RejectedItem(f"one of {', '.join(_KINDS)} expected")
    return found


def status(value: Any) -> Status:
    """One of our statuses, a usual word for one, or an HTTP status code."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _status_of_http(value)
    text = plain_text(value).lower()
    if text in _STATUSES:
        return _STATUSES[text]
    if text.isascii() and text.isdigit() and len(text) == 3:
        return _status_of_http(int(text))
    raise RejectedItem(f"one of {', '.join(get_args(Status))} or an HTTP status expected")


def _status_of_http(code: int) -> Status:
    if not 100 <= code <= 599:
        raise RejectedItem("an HTTP status of three digits expected")
    if code in (408, 504):
        return "timeout"
    if code == 499:
        return "cancelled"
    return "ok" if code < 400 else "error"


def name_of_provider(value: Any) -> str:
    """A provider in our words."""
    return provider_from(plain_text(value))


def tag_list(value: Any) -> list[str]:
    """A list of short texts."""
    if not isinstance(value, list):
        raise RejectedItem("a list of texts expected")
    return [plain_text(tag) for tag in value]


def text_map(value: Any) -> dict[str, str]:
    """An object whose values are stored as text."""
    if not isinstance(value, dict):
        raise RejectedItem("an object expected")
    return {key: text_from(open_value(member)) for key, member in value.items() if member is not None}


def open_object(value: Any) -> dict[str, Any]:
    """An object of any values."""
    if not isinstance(value, dict):
        raise RejectedItem("an object expected")
    return {key: open_value(member) for key, member in value.items()}


def open_value(value: Any, depth: int = 0) -> Any:
    """Any JSON value; an integer beyond 64 bits is written out, too deep a nesting is refused."""
    if isinstance(value, dict):
        if depth >= _MAX_DEPTH:
            raise RejectedItem(f"nested deeper than {_MAX_DEPTH} levels")
        return {key: open_value(member, depth + 1) for key, member in value.items()}
    if isinstance(value, list):
        if depth >= _MAX_DEPTH:
            raise RejectedItem(f"nested deeper than {_MAX_DEPTH} levels")
        return [open_value(member, depth + 1) for member in value]
    if isinstance(value, int) and not -MAX_INT64 <= value <= MAX_INT64:
        return str(value)
    return value
