"""The server's rules as this process knows them: fetched before the first event leaves, asked anew now and
then.

Used by the sender's thread, and read by the encoder's. Without rules nothing leaves; with rules that could
not be renewed, the ones known go on holding.
"""

from __future__ import annotations

import json
import time
from typing import NamedTuple

from lynex._internal.encode import to_bytes
from lynex._internal.redaction.rules import Rules, UnknownRules
from lynex._internal.report import warn_once
from lynex._internal.transport import Transport

REFRESH_S = 180.0
FAILED_REFRESH_S = 30.0
_OK, _NOT_MODIFIED = 200, 304


class Redacted(NamedTuple):
    """Events as they may leave, and how many could not be redacted and must stay."""

    events: list[bytes]
    failed: int


class ServerRules:
    """Rules of one server, and their age."""

    def __init__(self) -> None:
        self.rules: Rules | None = None
        self._etag = ""
        self._ask_at_s = 0.0

    def refresh(self, transport: Transport, timeout_s: float) -> str:
        """Ask the server if it is time to; empty when there are rules to go by, else why there are none."""
        if time.monotonic() < self._ask_at_s and self.rules is not None:
            return ""
        answer = transport.get_rules(self._etag, timeout_s)
        reason = answer.reason
        if answer.status == _NOT_MODIFIED and self.rules is not None:
            reason = ""
        elif answer.status == _OK:
            try:
                self.rules = Rules(json.loads(answer.body))
                self._etag = answer.etag
            except (UnknownRules, ValueError) as error:
                # Newer rules that cannot be followed: the older ones would let through what they forbid.
                self.rules, reason = None, str(error)
        self._ask_at_s = time.monotonic() + (FAILED_REFRESH_S if reason else REFRESH_S)
        if not reason:
            return ""
        waits = "the rules known so far hold" if self.rules else "nothing is sent without them"
        warn_once("rules", f"Lynex's redaction rules cannot be had ({reason}); {waits}")
        return "" if self.rules else reason

    def redacted(self, batch: list[bytes]) -> Redacted:
        """What of the batch may leave. There must be rules."""
        rules = self.rules
        if rules is None:
            return Redacted([], len(batch))
        kept = []
        for item in batch:
            try:
                kept.append(to_bytes(rules.redacted(json.loads(item))))
            except Exception as error:
                warn_once("redacting", f"an event could not be redacted: {type(error).__name__}: {error}")
        return Redacted(kept, len(batch) - len(kept))
