"""A clock that tests hold still."""

NOON_US = 1_767_614_400_000_000  # 2026-01-05T12:00:00Z


class FixedClock:
    """Tells the same time until it is moved."""

    def __init__(self, now_us: int = NOON_US) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us

    def advance_us(self, by_us: int) -> None:
        """Move the time; backwards when negative."""
        self._now_us += by_us
