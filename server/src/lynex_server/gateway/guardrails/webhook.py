"""A guard of one's own: it is sent the texts of a call, and says allow or block.

It is asked by one POST, signed as alert webhooks are, and never waited for longer than its time. What it
cannot say (no answer, an error, what is no verdict) counts as allow or as block, as the route says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from lynex_server.gateway.documents import NOT_JSON
from lynex_server.gateway.guardrails.verdicts import Stage, Verdict
from lynex_server.gateway.model import WebhookGuard
from lynex_server.identity.public import sign
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import InvalidInput, Unreachable
from lynex_server.safety.public import OutgoingClient

MAX_TEXT_CHARS: Final = 1_000_000
"""What it is sent at most, over all texts. It must not judge by a part, so a longer call is not asked
about."""
MAX_REASON_CHARS: Final = 300
_OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Asking:
    """What the guard is told, besides the stage."""

    project_id: str
    route: str
    model: str
    texts: Sequence[str] = field(repr=False)


class _Said(msgspec.Struct):
    action: Literal["allow", "block"]
    reason: str = ""


class WebhookGuards:
    """Asks any number of them."""

    def __init__(self, outgoing: OutgoingClient, clock: Clock) -> None:
        self._outgoing = outgoing
        self._clock = clock

    async def ask(self, hook: WebhookGuard, secret: str, stage: Stage, asking: Asking) -> Verdict:
        """Its verdict: `passed`, `blocked`, or, where it could not be asked, `failed` (the call may go on) or
        `blocked` (it may not)."""
        try:
            said = await self._said(hook, secret, stage, asking)
        except (Unreachable, InvalidInput, *NOT_JSON, _NotAsked) as error:
            why = str(error) if isinstance(error, _NotAsked | Unreachable) else "it gave no verdict"
            return Verdict(
                "webhook", stage, "failed" if hook.fail_open else "blocked", why[:MAX_REASON_CHARS]
            )
        outcome: Literal["passed", "blocked"] = "passed" if said.action == "allow" else "blocked"
        return Verdict("webhook", stage, outcome, said.reason[:MAX_REASON_CHARS])

    async def _said(self, hook: WebhookGuard, secret: str, stage: Stage, asking: Asking) -> _Said:
        if sum(map(len, asking.texts)) > MAX_TEXT_CHARS:
            raise _NotAsked(f"the call has more than {MAX_TEXT_CHARS} characters")
        body = msgspec.json.encode(
            {
                "stage": stage,
                "project_id": asking.project_id,
                "route": asking.route,
                "model": asking.model,
                "texts": asking.texts,
            }
        )
        timestamp = str(self._clock.now_us() // MICROS_PER_SECOND)
        headers = {
            "content-type": "application/json",
            "x-lynex-timestamp": timestamp,
            "x-lynex-signature": sign(secret, timestamp, body),
        }
        answer = await self._outgoing.request(
            "POST", hook.url, headers=headers, content=body, timeout_s=hook.timeout_s
        )
        if answer.status not in _OK:
            raise _NotAsked(f"it answered {answer.status}")
        return msgspec.json.decode(answer.body, type=_Said)


class _NotAsked(Exception):
    """There is no verdict; `str()` says why."""
