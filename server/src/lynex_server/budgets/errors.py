"""The refusals of this slice."""

from typing import Any

from lynex_server.kernel.errors import LynexError


class BudgetExceeded(LynexError):
    """A budget has not enough left. Nothing was set aside.

    `details` goes into the answer: which budget said no, what it has left, and when it frees.
    """

    status = 402
    code = "budget_exceeded"
    title = "Budget exceeded"

    def __init__(self, message: str, details: dict[str, Any], retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.details = details
        self.retry_after_s = retry_after_s


class KillSwitchActive(LynexError):
    """A kill switch stops this call. `details` names it, and says until when."""

    status = 423
    code = "kill_switch_active"
    title = "Stopped by a kill switch"

    def __init__(self, message: str, details: dict[str, Any], retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.details = details
        self.retry_after_s = retry_after_s
