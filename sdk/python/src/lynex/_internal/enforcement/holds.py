"""Money set aside for one call, and where it is offered. Kept light: `import lynex` loads it."""

from __future__ import annotations

from contextvars import ContextVar

RESERVATION_ATTRIBUTE = "lynex.reservation_id"
"""The span attribute by which the server knows that a reserved call was made: it settles the reservation."""


class Hold:
    """Money set aside. `taken`: by the call of a watched client. `told`: a span bears its id, so that its
    arrival settles it."""

    __slots__ = ("id", "taken", "told")

    def __init__(self, reservation_id: str) -> None:
        self.id = reservation_id
        self.taken = False
        self.told = False


offered: ContextVar[Hold | None] = ContextVar("lynex_hold", default=None)
"""Money set aside around here. The first call of a watched client inside takes it."""


slowed: ContextVar[bool] = ContextVar("lynex_slowed", default=False)
"""Whether a guard around here has waited for a budget that slows down: then the calls inside do not."""


def untaken() -> Hold | None:
    """The money set aside around here, unless a call has taken it."""
    hold = offered.get()
    return None if hold is None or hold.taken else hold
