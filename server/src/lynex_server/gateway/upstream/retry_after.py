"""How long a provider asks to be left alone."""

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def retry_after_s(headers: Iterable[tuple[str, str]]) -> float | None:
    """The wish of an answer with these headers, in seconds; None where it has none. Milliseconds (OpenAI,
    Azure) win over seconds; a time of the day is counted from the provider's own clock."""
    said = {name.lower(): value.strip() for name, value in headers}
    for name, a_second in (("retry-after-ms", 1000), ("retry-after", 1)):
        if _NUMBER.fullmatch(said.get(name, "")):
            return float(said[name]) / a_second
    try:
        until = parsedate_to_datetime(said["retry-after"])
        return max(0.0, (until - parsedate_to_datetime(said["date"])).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None
