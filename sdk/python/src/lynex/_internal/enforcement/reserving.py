"""Money set aside before a call: one request, on the host's thread, for calls that a hard budget covers."""

from __future__ import annotations

import http.client
import json
from collections import deque
from typing import Any, NamedTuple

from lynex._internal.config import Config
from lynex._internal.enforcement.connection import Answer, credential, open_connection, read_answer
from lynex._internal.enforcement.errors import BudgetExceeded, KillSwitchActive
from lynex._internal.enforcement.holds import Hold
from lynex._internal.enforcement.rules import Call

IDLE_CONNECTIONS = 8
CHARACTERS_PER_TOKEN = 3
"""Fewer than any tokeniser takes for prose: an estimate that is too high is given back a moment later."""
MAX_DEPTH = 8
_CREATED, _OK = 201, 200
_PAYMENT_REQUIRED, _LOCKED = 402, 423
_OUTPUT_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")


class Estimate(NamedTuple):
    """The most that a call may use; None for what nobody said."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


class Unreserved(Exception):
    """Lynex could not be asked, or could not tell."""


class Reserver:
    """Asks for reservations over a few kept connections. Safe from any thread."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._timeout_s = min(config.request_timeout_s, 5.0)
        self._idle: deque[tuple[http.client.HTTPConnection, str]] = deque(maxlen=IDLE_CONNECTIONS)

    def reserve(self, call: Call, estimate: Estimate) -> Hold:
        """Set aside the most that the call may use.

        Raises `BudgetExceeded` or `KillSwitchActive` as the server decides, `Unreserved` when it cannot.
        """
        answer = self._post(
            "/v1/reservations",
            {
                "provider": call.provider,
                "model": call.model,
                "environment": call.environment,
                "route": call.route,
                "end_user": call.end_user,
                "session": call.session,
                "tags": list(call.tags[:50]),
                "usage": {"input_tokens": estimate.input_tokens, "output_tokens": estimate.output_tokens},
                "cost_usd": estimate.cost_usd,
            },
        )
        said = answer.body
        reason = str(said.get("detail", ""))
        if answer.status == _CREATED:
            return Hold(str(said["id"]))
        if answer.status == _PAYMENT_REQUIRED:
            raise BudgetExceeded(reason, str(said.get("budget_id", "")), said.get("frees_at"))
        if answer.status == _LOCKED:
            raise KillSwitchActive(reason, str(said.get("kill_switch_id", "")), said.get("until"))
        raise Unreserved(f"HTTP {answer.status}: {reason}")

    def settle(self, hold: Hold, usage: dict[str, int], cost_usd: float | None) -> None:
        """Say what the call truly used. Raises `Unreserved`."""
        answer = self._post(f"/v1/reservations/{hold.id}/settle", {"usage": usage, "cost_usd": cost_usd})
        if answer.status != _OK:
            raise Unreserved(f"HTTP {answer.status}: {answer.body.get('detail', '')}")

    def release(self, hold: Hold) -> None:
        """Give it back: the call was not made. What cannot be given back expires."""
        self._request("DELETE", f"/v1/reservations/{hold.id}", b"")

    def _post(self, path: str, body: dict[str, Any]) -> Answer:
        return self._request("POST", path, json.dumps(body).encode())

    def _request(self, method: str, path: str, body: bytes) -> Answer:
        kept = self._idle.pop() if self._idle else None
        try:
            if kept is not None:
                try:
                    return self._ask(kept, method, path, body)
                except (OSError, http.client.HTTPException):
                    pass  # the server has closed it meanwhile; a reservation made twice expires
            return self._ask(open_connection(self._config, self._timeout_s), method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise Unreserved(f"{type(error).__name__}: {error}") from error

    def _ask(
        self, kept: tuple[http.client.HTTPConnection, str], method: str, path: str, body: bytes
    ) -> Answer:
        connection, before = kept
        headers = {**credential(self._config, body), "Content-Type": "application/json"}
        try:
            connection.request(method, before + path, body or None, headers)
            response = connection.getresponse()
            answer = read_answer(response)
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._idle.append(kept)
        return answer


def estimate_of(request: Any) -> Estimate:
    """What a provider's request may use at most: its text by length, its output by the limit that it
    names."""
    if not isinstance(request, dict):
        return Estimate(input_tokens=_characters(request, 0) // CHARACTERS_PER_TOKEN)
    limits = (request.get(name) for name in _OUTPUT_LIMITS)
    output = next((limit for limit in limits if type(limit) is int and limit >= 0), None)
    count = request.get("n")
    if output is not None and type(count) is int and count > 1:
        output *= count
    return Estimate(_characters(request, 0) // CHARACTERS_PER_TOKEN + 1, output)


def _characters(value: Any, depth: int) -> int:
    if isinstance(value, str):
        return len(value)
    if depth >= MAX_DEPTH:
        return 0
    if isinstance(value, dict):
        return sum(_characters(item, depth + 1) for item in value.values())
    if isinstance(value, (list, tuple)):
        return sum(_characters(item, depth + 1) for item in value)
    return 0
