"""The header fields that tell clients their limits.

Source: draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4. A policy's quota `q` is what its token
bucket holds and its window `w` the time in which that comes back; `r` is what is left now, and `t` when the
bucket will be full again or, after a refusal, when to come back.
"""

import math
from collections.abc import Sequence

from lynex_server.engines.limits.protocol import Verdict

POLICY_FIELD = b"ratelimit-policy"
STATE_FIELD = b"ratelimit"

REQUESTS = "requests"
CONTENT_BYTES = "content-bytes"


def policy_item(name: str, quota: int, unit: str, window_s: int) -> str:
    """One policy: `"project";q=20000;w=4`."""
    told_unit = "" if unit == REQUESTS else f';qu="{unit}"'
    return f'"{name}";q={quota}{told_unit};w={window_s}'


def state_field(names: Sequence[str], verdicts: Sequence[Verdict]) -> bytes:
    """What is left of each policy: `"project";r=19999;t=1`."""
    items = [
        f'"{name}";r={verdict.remaining};t={_seconds(verdict)}'
        for name, verdict in zip(names, verdicts, strict=True)
    ]
    return ", ".join(items).encode()


def _seconds(verdict: Verdict) -> int:
    return math.ceil(verdict.reset_after_s if verdict.allowed else verdict.retry_after_s)
