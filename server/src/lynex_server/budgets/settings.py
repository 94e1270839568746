"""Settings of budgets."""

from pydantic import Field

from lynex_server.kernel.settings import Settings


class BudgetSettings(Settings):
    """How money is set aside before a call, and how often the books are compared."""

    budgets_reservation_ttl_s: int = Field(
        default=120,
        ge=1,
        le=3600,
        description="How long a reservation holds what it set aside, when its caller does not say: what a "
        "dead caller held is free again after this.",
    )
    budgets_default_output_tokens: int = Field(
        default=4096,
        ge=0,
        description="Output tokens that a reservation expects of a call that says no limit of its own.",
    )
    budgets_reconcile_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="How often the counters are compared with the books, and unfinished counts taken up.",
    )
    budgets_max_per_organisation: int = Field(
        default=1000, ge=1, le=10_000, description="Most budgets of one organisation."
    )
    control_heartbeat_s: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="How often a quiet control stream says that it is there.",
    )
    control_refresh_s: float = Field(
        default=1.0,
        gt=0,
        le=10,
        description="How old a process's knowledge of budgets and kill switches may be when no news came.",
    )
