"""Settings of alerts."""

from pydantic import Field

from lynex_server.kernel.settings import Settings


class AlertSettings(Settings):
    """How often rules are looked at, and how long it is tried to tell somebody."""

    alerts_evaluate_s: float = Field(
        default=30.0, ge=1, le=3600, description="How often every alert rule is evaluated."
    )
    alerts_catch_up_hours: int = Field(
        default=24,
        ge=1,
        le=168,
        description="How far back rules are caught up after a standstill; what is older is shown as skipped.",
    )
    alerts_max_rules: int = Field(default=200, ge=1, le=2000, description="Most alert rules of one project.")
    alerts_max_channels: int = Field(
        default=50,
        ge=1,
        le=500,
        description="Most channels, mute schedules and digests of one project, each.",
    )
    alerts_delivery_tries: int = Field(
        default=8, ge=1, le=20, description="Attempts to deliver a message before it is given up, visibly."
    )
    alerts_delivery_first_pause_s: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        description="Pause before the second attempt; each further one is twice as long, give or take half.",
    )
    alerts_delivery_longest_pause_s: float = Field(
        default=3600.0, gt=0, le=86400, description="Longest pause between two attempts."
    )
    alerts_keep_days: int = Field(
        default=400, ge=1, description="How long resolved incidents and finished deliveries are kept."
    )
