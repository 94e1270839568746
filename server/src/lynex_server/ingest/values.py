"""Reading the values that clients write in many ways: texts, counts, money and instants."""

import math
import re
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from lynex_server.ingest.aliases import PROVIDERS
from lynex_server.kernel.clock import us_from_datetime
from lynex_server.kernel.money import nanousd_from_usd

MAX_INT64 = 2**63 - 1
# An escape of half a surrogate pair without its other half; the group is escaped backslashes before it.
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F][0-9a-fA-F]{2})"
)
Decoded = TypeVar("Decoded")
_json_encoder = msgspec.json.Encoder()
_json_decoder = msgspec.json.Decoder()

# An instant as a number is told apart by its size: below 1e11 seconds (the year 5138), below 1e14
# milliseconds, below 1e17 microseconds, else nanoseconds. All four agree on 1973 to 5138.
_SECONDS_BELOW, _MILLIS_BELOW, _MICROS_BELOW = 1e11, 1e14, 1e17


def decode_mended(decoder: "msgspec.json.Decoder[Decoded]", json: "bytes | msgspec.Raw") -> Decoded:
    """What the decoder makes of the JSON; raises what it raises.

    Halves of a cut emoji, which JavaScript writes out and which have no UTF-8 form, are read as U+FFFD.
    """
    try:
        return decoder.decode(json)
    except msgspec.DecodeError:
        mended = _LONE_SURROGATE.sub(rb"\1\\ufffd", bytes(json))
        if mended == json:
            raise
        return decoder.decode(mended)


def text_from(value: Any) -> str:
    """The value as text: text as it is, a list or dictionary as JSON, nothing as the empty text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return json_text(value)


def json_text(value: Any) -> str:
    """The value as compact JSON text."""
    return _json_encoder.encode(value).decode()


def parsed_json(text: Any) -> Any:
    """What a JSON text says; the value itself when it is not text, or not JSON."""
    if not isinstance(text, str):
        return text
    try:
        return _json_decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return text


def unquoted(value: Any) -> str:
    """Text that a client may have written as a JSON string: `"a"` with its quotes is a."""
    text = text_from(value)
    if len(text) >= 2 and text[0] == '"' == text[-1]:
        return text_from(parsed_json(text))
    return text


def count_from(value: Any) -> int | None:
    """A count of tokens or units: a whole number that is not negative, as a number or as text; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= 30 else math.nan
        except ValueError:
            return None
    if isinstance(value, float):
        if not math.isfinite(value) or value != int(value):
            return None
        value = int(value)
    if isinstance(value, int) and 0 <= value <= MAX_INT64:
        return value
    return None


def number_from(value: Any) -> float | None:
    """A finite number, as such or as text; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def nanousd_from(value: Any) -> int | None:
    """US dollars, as a number or as text, in nano-dollars; None when it is not an amount or is negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        nanousd = nanousd_from_usd(value)
    except ValueError:
        return None
    return nanousd if nanousd >= 0 else None


def instant_us_from(value: Any) -> int | None:
    """An instant in microseconds: epoch seconds, milliseconds, microseconds or nanoseconds, or ISO 8601.

    ISO text without an offset is read as UTC. None when the value is none of these.
    """
    if isinstance(value, str):
        try:
            return us_from_datetime(datetime.fromisoformat(value.strip()))
        except (ValueError, OverflowError):
            number = number_from(value)
            return None if number is None else instant_us_from(number)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e20:
        return None
    if value < _SECONDS_BELOW:
        return round(value * 1_000_000)
    if value < _MILLIS_BELOW:
        return round(value * 1000)
    if value < _MICROS_BELOW:
        return int(value)
    return int(value // 1000)


@lru_cache(maxsize=1024)
def provider_from(name: str) -> str:
    """Our name of a provider: `AWS.Bedrock`, `az.ai.openai` and `google.generative-ai` each have one."""
    normal = name.strip().lower().replace("-", "_").replace(" ", "_")
    if normal in PROVIDERS:
        return PROVIDERS[normal]
    first_two = ".".join(normal.split(".")[:2])
    if first_two in PROVIDERS:
        return PROVIDERS[first_two]
    first = normal.split(".")[0]  # Vercel names the API too: `openai.responses`
    return PROVIDERS.get(first, first)


def whole_fields_of(value: Any) -> dict[str, Any]:
    """A dictionary, or the one that a JSON text says; empty when it is neither."""
    found = parsed_json(value)
    return found if isinstance(found, dict) else {}
