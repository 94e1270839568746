"""Time ranges of queries: read from the request, clamped, and divided into steps.

A window is half open, `[start_us, end_us)`, in microseconds since the epoch, UTC.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from lynex_server.kernel.clock import MICROS_PER_SECOND, us_from_datetime
from lynex_server.kernel.errors import InvalidInput

MINUTE_US = 60 * MICROS_PER_SECOND
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

STEPS_S: dict[str, int] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "3h": 3 * 3600,
    "6h": 6 * 3600,
    "12h": 12 * 3600,
    "1d": 24 * 3600,
}
"""The steps of a series. Each divides a day, so steps begin where UTC days, hours and minutes do."""

_UNITS_US = {"s": MICROS_PER_SECOND, "m": MINUTE_US, "h": HOUR_US, "d": DAY_US, "w": 7 * DAY_US}
_DURATION = re.compile(r"([1-9]\d{0,5})([smhdw])", re.ASCII)
_EPOCH = re.compile(r"\d{1,17}(\.\d{1,6})?", re.ASCII)
_YEAR_2300_US = 10_413_792_000 * MICROS_PER_SECOND  # where the engine's instants end
CLOCK_SKEW_US = DAY_US  # how far ahead of our clock a sender's may be and its spans still be listed


@dataclass(frozen=True, slots=True)
class Window:
    """`[start_us, end_us)`."""

    start_us: int
    end_us: int

    def __post_init__(self) -> None:
        if self.start_us >= self.end_us:
            raise InvalidInput("from must be before to", field="from")

    @property
    def length_us(self) -> int:
        """How long it is."""
        return self.end_us - self.start_us

    def before(self) -> "Window":
        """The window of equal length that ends where this one starts."""
        return Window(self.start_us - self.length_us, self.start_us)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What a request said of time, unread: `from`/`to` as ISO 8601 or epoch, or a `range` such as `7d`."""

    start: str | None = None
    end: str | None = None
    length: str | None = None


def metrics_window(asked: TimeRange, now_us: int) -> Window:
    """The window of a metrics query: as asked, else the last day up to now."""
    _refuse_contradiction(asked)
    end_us = parse_instant(asked.end, "to") if asked.end else now_us
    if asked.start:
        return Window(parse_instant(asked.start, "from"), end_us)
    return Window(end_us - parse_duration(asked.length or "24h"), end_us)


def _refuse_contradiction(asked: TimeRange) -> None:
    if asked.start and asked.length:
        raise InvalidInput("range: give either from or range", field="range")


def list_window(asked: TimeRange, now_us: int, max_length_us: int) -> Window:
    """The window of a list: as asked, else everything up to `max_length_us` back.

    An open end reaches a day past now, so that a sender whose clock is ahead is not invisible.
    """
    _refuse_contradiction(asked)
    end_us = parse_instant(asked.end, "to") if asked.end else now_us + CLOCK_SKEW_US
    if asked.start:
        return Window(parse_instant(asked.start, "from"), end_us)
    if asked.length:
        return Window(min(now_us, end_us) - parse_duration(asked.length), end_us)
    return Window(end_us - max_length_us, end_us)


def clamped(window: Window, max_length_us: int) -> Window:
    """The window, cut at its start when it is longer than `max_length_us`."""
    return Window(max(window.start_us, window.end_us - max_length_us), window.end_us)


def from_whole_step(window: Window, step_s: int) -> Window:
    """The window, begun a little earlier so that its first step is whole."""
    step_us = step_s * MICROS_PER_SECOND
    return Window(window.start_us // step_us * step_us, window.end_us)


def parse_instant(text: str, name: str) -> int:
    """ISO 8601 (without a zone: UTC), or seconds, milliseconds or microseconds since the epoch.

    An epoch's unit is told by its size: below 10^11 seconds, below 10^14 milliseconds.
    Raises `InvalidInput` naming the parameter `name`.
    """
    if _EPOCH.fullmatch(text):
        instant_us = _epoch_us(text)
    else:
        try:
            # A "+" that was not percent-encoded arrives as a space.
            instant_us = us_from_datetime(datetime.fromisoformat(text.replace(" 00:00", "+00:00")))
        except (ValueError, OverflowError):
            raise InvalidInput(f"{name}: neither ISO 8601 nor an epoch: {text!r}", field=name) from None
    if not 0 <= instant_us < _YEAR_2300_US:
        raise InvalidInput(f"{name}: outside the years 1970 to 2299", field=name)
    return instant_us


def _epoch_us(text: str) -> int:
    whole, _, fraction = text.partition(".")
    number = int(whole)
    if number >= 10**14:
        return number
    unit_us = MICROS_PER_SECOND if number < 10**11 else 1000
    return number * unit_us + int(fraction.ljust(6, "0") or 0) * unit_us // MICROS_PER_SECOND


def parse_duration(text: str) -> int:
    """A `range` (`90s`, `15m`, `24h`, `7d`, `4w`) as microseconds. Raises `InvalidInput`."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise InvalidInput(f"range: not a duration such as 15m, 24h or 7d: {text!r}", field="range")
    return int(found.group(1)) * _UNITS_US[found.group(2)]


def automatic_step_s(window: Window) -> int:
    """A step that gives a readable chart: a minute up to 2 hours, 5 minutes up to 12, an hour up to
    2 days, 3 hours up to 7, 6 hours up to 14, a day beyond. The coarser the step, the coarser the rollup."""
    for longest_us, step_s in (
        (2 * HOUR_US, 60),
        (12 * HOUR_US, 300),
        (2 * DAY_US, 3600),
        (7 * DAY_US, 3 * 3600),
        (14 * DAY_US, 6 * 3600),
    ):
        if window.length_us <= longest_us:
            return step_s
    return 24 * 3600


def chosen_step_s(window: Window, asked: str | None, max_points: int) -> int:
    """The step asked for, or a readable one. Raises `InvalidInput` for an unknown or too fine step."""
    if asked is None or asked == "auto":
        return automatic_step_s(window)
    step_s = STEPS_S.get(asked)
    if step_s is None:
        raise InvalidInput(f"step: one of auto, {', '.join(STEPS_S)}", field="step")
    if window.length_us // (step_s * MICROS_PER_SECOND) > max_points:
        raise InvalidInput(f"step: {asked} would give more than {max_points} points", field="step")
    return step_s


def step_starts(window: Window, step_s: int) -> range:
    """The start of every step that touches the window, in microseconds."""
    step_us = step_s * MICROS_PER_SECOND
    return range(window.start_us // step_us * step_us, window.end_us, step_us)
