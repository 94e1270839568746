"""Plans: how much each project may send, by name."""

from pydantic import BaseModel, ConfigDict, Field

from lynex_server.kernel.settings import Settings
from lynex_server.limits.model import DEFAULT_PLAN, Ceilings


class PlanSettings(BaseModel):
    """One plan. What is left out is as in the built-in plan `default`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests_per_s: float = Field(default=5_000, gt=0, allow_inf_nan=False)
    burst: int = Field(default=20_000, ge=1)
    bytes_per_s: int = Field(default=100_000_000, ge=1)
    max_body_bytes: int | None = Field(default=None, ge=1)

    def ceilings(self, max_body_bytes: int) -> Ceilings:
        """The plan's limits; `max_body_bytes` is for a plan that states none."""
        return Ceilings(
            self.requests_per_s, self.burst, self.bytes_per_s, self.max_body_bytes or max_body_bytes
        )


class LimitSettings(Settings):
    """What a project may send at most."""

    plans: dict[str, PlanSettings] = Field(
        default={},
        description="JSON object of plans by name, each an object of `requests_per_s` (5000 where left out), "
        "`burst` (requests at once: 20000), `bytes_per_s` (of bodies as sent: 100000000) and "
        "`max_body_bytes` (`LYNEX_MAX_BODY_BYTES`). Projects without a plan of their own are in `default`.",
    )

    def ceilings(self, max_body_bytes: int) -> dict[str, Ceilings]:
        """Every plan's limits; `default` is always there. `max_body_bytes` is for plans that state none."""
        plans = {DEFAULT_PLAN: PlanSettings()} | self.plans
        return {name: plan.ceilings(max_body_bytes) for name, plan in plans.items()}
