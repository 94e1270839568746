"""`guard`: a block that is entered only when budgets and kill switches allow the call made in it."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from lynex._internal.context import ambient, current
from lynex._internal.enforcement.holds import Hold, offered, slowed, untaken
from lynex._internal.report import handle_internal_errors
from lynex._internal.runtime import active
from lynex._internal.span import nearest_route

if TYPE_CHECKING:
    from lynex._internal.enforcement.gate import Gate
    from lynex._internal.enforcement.rules import Call


class guard:  # noqa: N801 - reads as a statement: `with guard(model="gpt-4o"):`
    """Ask before a call that no watched client makes; works as `with` and `async with`.

    Raises `BudgetExceeded`, `KillSwitchActive` or `LynexUnreachable` instead of entering the block, when
    `configure(enforce="enforce")` was called. Where a hard budget covers the call, the most that it may use
    is set aside: say it in tokens or dollars. The first model call recorded inside settles it when its span
    arrives; for one that is not recorded, call `settle`. What no call took is given back at the end of the
    block.

    Where a budget that slows down is used up, entering the block waits: 0.25 s at first, each time twice as
    long, at most 2 s. Where one asks for a cheaper model, `downgrade_to` names it inside the block.

        >>> import lynex
        >>> with lynex.guard(provider="ollama", model="llama3", max_output_tokens=200) as held:
        ...     # call the model here
        ...     held.settle(input_tokens=850, output_tokens=120)
    """

    def __init__(
        self,
        *,
        provider: str = "",
        model: str = "",
        route: str = "",
        tags: tuple[str, ...] | list[str] = (),
        input_tokens: int | None = None,
        max_output_tokens: int | None = None,
        max_cost_usd: float | None = None,
    ) -> None:
        self._provider = provider
        self._model = model
        self._route = route
        self._tags = tuple(tags)
        self._most = (input_tokens, max_output_tokens, max_cost_usd)
        self._gate: Gate | None = None
        self._hold: Hold | None = None
        self._outer: Hold | None = None
        self._slowed = False
        self.downgrade_to = ""

    def __enter__(self) -> guard:
        call = self._asked()
        wait_s = self._wait_s(call)
        if wait_s:
            time.sleep(wait_s)
        if call is not None and self._gate is not None and self._gate.wants_hold(call):
            self._hold = self._gate.reserve(call, self._estimate())
        return self._entered()

    def __exit__(self, *exc_info: object) -> None:
        left = self._left()
        if left is not None and self._gate is not None:
            self._gate.release(left)

    async def __aenter__(self) -> guard:
        call = self._asked()
        wait_s = self._wait_s(call)
        if wait_s:
            await importlib.import_module("asyncio").sleep(wait_s)
        if call is not None and self._gate is not None and self._gate.wants_hold(call):
            self._hold = await _in_thread(self._gate.reserve, call, self._estimate())
        return self._entered()

    async def __aexit__(self, *exc_info: object) -> None:
        left = self._left()
        if left is not None and self._gate is not None:
            await _in_thread(self._gate.release, left)

    @handle_internal_errors("settling a reservation", None)
    def settle(
        self,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        *,
        cost_usd: float | None = None,
        **other_units: int,
    ) -> None:
        """Say what the call truly used (input with cached tokens, output with reasoning). One request; does
        nothing where nothing was set aside."""
        hold, gate = self._hold, self._gate
        if hold is None or gate is None:
            return
        said = {"input_tokens": input_tokens, "output_tokens": output_tokens, **other_units}
        hold.told = True
        gate.settle(hold, {unit: count for unit, count in said.items() if count is not None}, cost_usd)

    def _asked(self) -> Call | None:
        """What is to be called, when the gate lets it through; None where nothing is enforced."""
        runtime = active()
        self._gate = runtime.gate
        if self._gate is None:
            return None
        call: Call = importlib.import_module("lynex._internal.enforcement.gate").call_of(
            runtime.config,
            ambient.get(),
            provider=self._provider,
            model=self._model,
            route=self._route or nearest_route(current.get()),
            tags=self._tags,
        )
        self._gate.check(call)
        return call

    @handle_internal_errors("asking what a budget asks of a call", 0.0)
    def _wait_s(self, call: Call | None) -> float:
        """How long a budget that slows down wants the block to wait."""
        if call is None or self._gate is None or slowed.get():
            return 0.0
        wait_s, self.downgrade_to = self._gate.asked(call)
        self._slowed = wait_s > 0
        return wait_s

    def _estimate(self) -> Any:
        return importlib.import_module("lynex._internal.enforcement.reserving").Estimate(*self._most)

    def _entered(self) -> guard:
        self._outer = offered.get()
        if self._slowed:
            slowed.set(True)
        if self._hold is not None:
            offered.set(self._hold)
        return self

    def _left(self) -> Hold | None:
        """What is left to be given back."""
        if self._slowed:
            slowed.set(False)
        if self._hold is None:
            return None
        unused = untaken() is self._hold and not self._hold.told
        offered.set(self._outer)
        return self._hold if unused else None


async def _in_thread(function: Any, *args: Any) -> Any:
    # `asyncio` is loaded by whoever awaits; importing it here would cost everybody.
    return await importlib.import_module("asyncio").to_thread(function, *args)
