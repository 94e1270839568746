"""How much a project or one of its keys may send: frozen values."""

import math
from dataclasses import dataclass
from typing import Protocol

from lynex_server.kernel.errors import InvalidInput
from lynex_server.safety.public import Actor

DEFAULT_PLAN = "default"


class Sender(Protocol):
    """Who sends a request, as far as limits care: `identity`'s `Principal` is one."""

    @property
    def project_id(self) -> str:
        """Empty where a person acts in an organisation as a whole."""
        ...

    @property
    def organisation_id(self) -> str: ...

    @property
    def api_key_id(self) -> str:
        """Empty for a person."""
        ...

    @property
    def user_id(self) -> str:
        """Empty for a program."""
        ...

    def actor(self) -> Actor:
        """Who the audit log names."""
        ...


@dataclass(frozen=True, slots=True)
class Lowered:
    """Limits below those of the plan; None leaves one as it is."""

    requests_per_s: float | None = None
    burst: int | None = None
    bytes_per_s: int | None = None
    max_body_bytes: int | None = None

    @property
    def is_anything(self) -> bool:
        """Whether any limit is lowered."""
        return self != UNCHANGED


UNCHANGED = Lowered()


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What may be sent: requests on average and at once, body bytes on average, and bytes of one body."""

    requests_per_s: float
    burst: int
    bytes_per_s: int
    max_body_bytes: int

    @property
    def bytes_burst(self) -> int:
        """Bytes at once: those of a second, and always enough for the largest body."""
        return max(self.bytes_per_s, self.max_body_bytes)

    @property
    def requests_window_s(self) -> int:
        """Seconds in which a spent burst comes back."""
        return max(math.ceil(self.burst / self.requests_per_s), 1)

    @property
    def bytes_window_s(self) -> int:
        """Seconds in which spent bytes come back."""
        return max(math.ceil(self.bytes_burst / self.bytes_per_s), 1)

    def lowered_by(self, lowered: Lowered) -> "Ceilings":
        """The lower of each. A lower rate without a burst of its own lowers the burst in proportion."""
        rate = min(self.requests_per_s, lowered.requests_per_s or self.requests_per_s)
        in_proportion = max(int(self.burst * rate / self.requests_per_s), 1)
        return Ceilings(
            requests_per_s=rate,
            burst=in_proportion if lowered.burst is None else min(self.burst, lowered.burst),
            bytes_per_s=min(self.bytes_per_s, lowered.bytes_per_s or self.bytes_per_s),
            max_body_bytes=min(self.max_body_bytes, lowered.max_body_bytes or self.max_body_bytes),
        )

    def check_only_lowered(self, lowered: Lowered) -> None:
        """Raises `InvalidInput` naming what is above the plan, or below what makes sense."""
        for field in ("requests_per_s", "burst", "bytes_per_s", "max_body_bytes"):
            wanted, ceiling = getattr(lowered, field), getattr(self, field)
            if wanted is None:
                continue
            if not 0 < wanted < math.inf:
                raise InvalidInput(f"{field} must be above 0", field=field)
            if wanted > ceiling:
                raise InvalidInput(
                    f"{field}: the plan allows {ceiling:g}; here it can only be lowered", field=field
                )


@dataclass(frozen=True, slots=True)
class ProjectLimits:
    """A project's plan, what it may send by the plan, what was lowered, and what holds in the end."""

    plan: str
    of_plan: Ceilings
    lowered: Lowered

    @property
    def in_effect(self) -> Ceilings:
        """The plan as lowered for the project."""
        return self.of_plan.lowered_by(self.lowered)


@dataclass(frozen=True, slots=True)
class Refusals:
    """How often a limit refused a sender, in one process, since it started."""

    sender: str
    policy: str
    count: int
