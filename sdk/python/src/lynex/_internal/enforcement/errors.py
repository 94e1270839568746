"""What is raised instead of a call. Kept light: `import lynex` loads it."""

from __future__ import annotations


class CallBlocked(Exception):
    """A call was stopped before it left the process. `reason` is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BudgetExceeded(CallBlocked):
    """A budget is used up. `frees_at` is when it will have something left again (ISO 8601), if that is
    known."""

    def __init__(self, reason: str, budget_id: str = "", frees_at: str | None = None) -> None:
        super().__init__(reason)
        self.budget_id = budget_id
        self.frees_at = frees_at


class KillSwitchActive(CallBlocked):
    """A kill switch stops this call. `until` is when it releases itself (ISO 8601), if it does."""

    def __init__(self, reason: str, kill_switch_id: str = "", until: str | None = None) -> None:
        super().__init__(reason)
        self.kill_switch_id = kill_switch_id
        self.until = until


class LynexUnreachable(CallBlocked):
    """Lynex was not heard of for too long, and `fail="closed"` was chosen."""
