"""What is usual at this hour of the week, and how far a value is from it. Pure.

The baseline of a value is its window at the same time of the week in each of the last `WEEKS` weeks, with the
neighbours within `REACH_S` on either side. Its centre is the median and its spread 1.4826 times the median
absolute deviation (MAD), which for normally distributed values estimates the standard deviation: one bad day
in four weeks moves neither. Source: B. Iglewicz, D. Hoaglin, "How to Detect and Handle Outliers", ASQC 1993:
the modified z-score 0.6745 (x - median) / MAD, suspicious beyond 3.5; 0.6745 is 1 / 1.4826.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

WEEKS = 4
REACH_S = 30 * 60
WEEK_S = 7 * 24 * 3600
MIN_SAMPLES = 3
"""With fewer values than these there is no baseline, and nothing is unusual."""
MAD_TO_DEVIATION = 1.4826
LEAST_SPREAD = 0.05
"""The spread is at least this share of the median: what hardly ever moves would cry at every whim."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual, and how much it usually differs from that."""

    centre: float
    spread: float

    def score(self, value: float) -> float:
        """How many spreads the value is above (or, negative, below) the centre."""
        if self.spread == 0:
            return 0.0 if value == self.centre else float("inf") * (1 if value > self.centre else -1)
        return (value - self.centre) / self.spread


def baseline(samples: Sequence[float]) -> Baseline | None:
    """The baseline of earlier values; None when there are too few of them."""
    if len(samples) < MIN_SAMPLES:
        return None
    centre = median(samples)
    mad = median(abs(sample - centre) for sample in samples)
    return Baseline(centre, max(MAD_TO_DEVIATION * mad, LEAST_SPREAD * abs(centre)))


def baseline_starts(start_s: int, window_s: int) -> list[int]:
    """The starts of the windows that the baseline of the window at `start_s` is made of."""
    around = REACH_S // window_s
    return [
        start_s - week * WEEK_S + number * window_s
        for week in range(1, WEEKS + 1)
        for number in range(-around, around + 1)
    ]
