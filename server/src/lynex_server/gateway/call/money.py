"""What a call costs: set aside before it, put right after it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog

from lynex_server.budgets.public import Call, Used
from lynex_server.gateway.call.admission import Admission, Admitted, Advice, Estimate
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.routing import Candidate
from lynex_server.pricing.public import PriceBook

RENEWED_AFTER = 3
"""A hold is renewed when a third of its time is over."""

GATHERED_S = 0.01
"""How long what calls used is gathered, to be put right in one go."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Wish:
    """A call that waits for what it may cost to be set aside."""

    exchange: Exchange
    call: Call
    answer: asyncio.Future[Admitted]

    @property
    def organisation_id(self) -> str:
        """Whose budgets are asked."""
        return self.exchange.sender.organisation_id


class Money:
    """One for the event loop. Nothing that it sets aside outlives its call: see `put_right`."""

    def __init__(
        self, admission: Admission, prices: PriceBook, settings: GatewaySettings, executor: ThreadPoolExecutor
    ) -> None:
        self._admission = admission
        self._prices = prices
        self._settings = settings
        self._executor = executor
        self._after: set[asyncio.Task[None]] = set()
        self._used: list[Used] = []
        self._wishes: list[_Wish] = []

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to put right."""
        return not (self._after or self._used)

    def estimate(self, exchange: Exchange) -> Estimate:
        """The most that the call may use."""
        asked, kind = exchange.must_be_asked, exchange.operation.kind
        if kind != "llm":
            return Estimate(asked.input_tokens() if kind == "embedding" else 0, 0)
        most = asked.max_output_tokens or self._settings.gateway_estimated_output_tokens
        return Estimate(asked.input_tokens(), most * asked.choices)

    async def within_rates(self, exchange: Exchange) -> None:
        """Take the call from its limits a minute. Raises `Refused`."""
        rates = exchange.must_be_configured.rates
        if rates:
            call = exchange.call()
            exchange.taken = await self._admission.within_rates(rates, call, exchange.estimate.tokens)

    async def reserve(self, exchange: Exchange, candidate: Candidate) -> None:
        """Set aside what a candidate may cost; what was set aside for another one is given back first.

        Raises `Refused` with the budget or the switch that said no.
        """
        self.give_back(exchange)
        exchange.candidate = candidate
        if exchange.operation.kind == "other":
            return
        loop = asyncio.get_running_loop()
        if not self._wishes:
            loop.call_soon(self._set_aside)
        wish = _Wish(exchange, exchange.call(), loop.create_future())
        self._wishes.append(wish)
        try:
            admitted = await wish.answer
        except asyncio.CancelledError:
            self._unwanted(wish)
            raise
        exchange.reservation, exchange.budget_left = admitted.reservation, admitted.budget_left

    def _set_aside(self) -> None:
        """What all calls may cost that came at the same moment: at once where the counters answer from this
        machine, else on a thread."""
        wishes, self._wishes = self._wishes, []
        if all(self._admission.at_hand(wish.organisation_id) for wish in wishes):
            self._tell(wishes, self._admitted(wishes))
        else:
            self._later(self._tell_later(wishes))

    async def _tell_later(self, wishes: list[_Wish]) -> None:
        self._tell(wishes, await self._on_thread(self._admitted, wishes))

    def _admitted(self, wishes: list[_Wish]) -> list[Admitted | Exception]:
        """Blocks. Raises nothing: calls wait for an answer."""
        asked = [(wish.organisation_id, wish.call, wish.exchange.estimate) for wish in wishes]
        try:
            return [*self._admission.reserve(asked, self._settings.gateway_hold_s)]
        except Exception as error:
            return [error] * len(wishes)

    def _tell(self, wishes: list[_Wish], answers: list[Admitted | Exception]) -> None:
        for wish, answer in zip(wishes, answers, strict=True):
            if wish.answer.done():  # the call is over: what was set aside for it must not stay held
                self._unheld(wish.exchange, answer)
            elif isinstance(answer, Admitted):
                wish.answer.set_result(answer)
            else:
                wish.answer.set_exception(answer)

    def _unwanted(self, wish: _Wish) -> None:
        """The call was cancelled while it waited; it may have been answered in the same moment."""
        if wish.answer.done() and not wish.answer.cancelled():
            self._unheld(wish.exchange, wish.answer.exception() or wish.answer.result())

    def _unheld(self, exchange: Exchange, answer: Admitted | BaseException) -> None:
        if isinstance(answer, Admitted):
            exchange.reservation = answer.reservation
            self.give_back(exchange)

    async def check_open(self, exchange: Exchange) -> None:
        """For a call whose cost cannot be told beforehand, or that costs nothing: raises `Refused` when a
        switch stops it or a budget is used up."""
        await self._on_thread(
            self._admission.check_unpriced, exchange.sender.organisation_id, exchange.call()
        )

    async def advice(self, exchange: Exchange) -> Advice:
        """What budgets that do not stop calls ask of this one."""
        organisation_id, call = exchange.sender.organisation_id, exchange.call()
        if self._admission.at_hand(organisation_id):
            return self._admission.advice(organisation_id, call)
        advice: Advice = await self._on_thread(self._admission.advice, organisation_id, call)
        return advice

    def cost_nanousd(self, exchange: Exchange) -> int | None:
        """What the call cost; None where no price is known. Worked out once."""
        if exchange.cost_nanousd is None:
            exchange.cost_nanousd = self._priced(exchange)
        return exchange.cost_nanousd

    def put_right(self, exchange: Exchange) -> None:
        """The call is over: hold what it used until its span is booked, or give everything back; likewise its
        tokens a minute. Waits for nothing."""
        exchange.settled = True
        usage = exchange.normalised()
        if exchange.taken.takes:
            used_tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
            # An answer from the cache tells the usage of the call that it was given for.
            self._later(
                self._admission.put_right(exchange.taken, 0 if exchange.cache == "hit" else used_tokens)
            )
        reservation = exchange.reservation
        if reservation is None or not reservation.budget_ids:
            return
        if not exchange.used()[0]:
            self.give_back(exchange)
            return
        if not self._used:
            asyncio.get_running_loop().call_later(GATHERED_S, self._correct)
        used = Used(
            reservation,
            usage,
            self.cost_nanousd(exchange),
            exchange.served_model,
            exchange.service_tier,
            self._settings.gateway_unbooked_hold_s,
        )
        self._used.append(used)

    def give_back(self, exchange: Exchange) -> None:
        """Nothing is set aside for the call any more."""
        reservation, exchange.reservation = exchange.reservation, None
        if reservation is not None and reservation.budget_ids:
            self._run(self._admission.release, exchange.sender.project_id, reservation.id)

    async def renew(self, exchanges: list[Exchange]) -> None:
        """Calls that take long keep what is set aside for them."""
        now_s = time.perf_counter()
        for exchange in exchanges:
            reservation = exchange.reservation
            age_s = now_s - exchange.renewed_s
            # One that has ended since holds what it used already, and for longer than a renewal would.
            is_due = age_s >= self._every_s and not exchange.settled
            if reservation is not None and reservation.budget_ids and is_due:
                exchange.renewed_s = now_s
                await self._on_thread(
                    self._admission.renew,
                    reservation,
                    exchange.estimate,
                    self._settings.gateway_hold_s,
                )

    @property
    def _every_s(self) -> float:
        return self._settings.gateway_hold_s / RENEWED_AFTER

    def _correct(self) -> None:
        calls, self._used = self._used, []
        self._run(self._admission.correct, calls)

    def _run(self, function: Callable[..., None], *arguments: Any) -> None:
        """Now where the counters answer from this machine, else on a thread."""
        if self._admission.ends_at_hand():
            try:
                function(*arguments)
            except Exception:
                log.exception("gateway.aftermath_failed")
        else:
            self._later(self._waited(function, *arguments))

    async def _waited(self, function: Callable[..., None], *arguments: Any) -> None:
        await self._on_thread(function, *arguments)

    def _priced(self, exchange: Exchange) -> int | None:
        if exchange.cache == "hit":
            return 0
        if exchange.reported_nanousd is not None:
            return exchange.reported_nanousd
        usage, provider = exchange.normalised(), exchange.provider
        if provider is None or (
            usage.input_tokens is None and usage.output_tokens is None and not usage.other
        ):
            return None
        return self._prices.price(
            provider.price_as,
            exchange.served_model,
            exchange.service_tier,
            "",
            usage,
            exchange.started_us,
            project_id=exchange.sender.project_id,
            duration_ms=(time.perf_counter() - exchange.began_s) * 1000,
        ).nanousd

    def _on_thread(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it after the answer; a failure is logged, for nobody waits for it."""
        task = asyncio.create_task(_logged(work))
        self._after.add(task)
        task.add_done_callback(self._after.discard)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("gateway.aftermath_failed")
