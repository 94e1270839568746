"""Reserve, then settle: money is set aside before a call, in every budget it counts in, or the call is
refused.

reserve ──> held in all matching budgets at once, until settled, released or expired
correct ──> held is what the call truly used, until its span is booked (nothing durable yet)
settle  ──> booked as the caller says (durable), then no longer held
span    ──> booked as observed, in place of the settlement (see `books.py`)
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from lynex_server.budgets.books import UNHELD, Settled, hold_id, is_unheld
from lynex_server.budgets.control import ControlBoard, Rules
from lynex_server.budgets.estimate import CostSource, PricedCall, tokens_of, true_cost, worst
from lynex_server.budgets.events import current_lines
from lynex_server.budgets.mirror import Mirror
from lynex_server.budgets.model import SUBJECT_MARK, Amounts, Budget, Unit
from lynex_server.budgets.refusals import stopped, too_little_left, used_up
from lynex_server.budgets.scope import Call
from lynex_server.budgets.settings import BudgetSettings
from lynex_server.budgets.settling import Settling
from lynex_server.engines.counters.protocol import (
    MAX_AMOUNT,
    Change,
    Claim,
    Counters,
    Hold,
    HoldAnswer,
    Refused,
    Repeated,
    Unknown,
    Wanted,
)
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy, Conflict, InvalidInput, LynexError, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.pricing.public import PriceBook, Usage

LOADS_AT_MOST = 3
"""How often unknown counters are loaded for one reservation before it is given up for the moment."""


class Note(msgspec.Struct, array_like=True):
    """What is remembered of a reservation until it is settled. `held` names counters, each with its unit."""

    call: Call
    at_us: int
    service_tier: str
    estimate: Amounts
    held: list[tuple[str, Unit]]

    @property
    def budget_ids(self) -> tuple[str, ...]:
        """The budgets in which it is set aside."""
        return tuple(name.partition(SUBJECT_MARK)[0] for name, _ in self.held)


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that is about to be made: what it is, and the most that it may use.

    `keep` remembers the reservation even where no budget covers the call, so that it can be settled: then a
    budget that is made later knows of it. A caller whose span is booked anyway has no need of that.
    """

    call: Call
    service_tier: str
    usage: Usage
    cost_nanousd: int | None
    ttl_s: int | None
    idempotency_key: str
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is set aside, where, and what budgets that do not stop calls ask of this one.

    Without `budget_ids` nothing is set aside, and the reservation may be known nowhere but here.
    """

    id: str
    expires_at_us: int
    note: Note
    advice: tuple[Budget, ...]

    @property
    def estimate(self) -> Amounts:
        """The most that the call may use."""
        return self.note.estimate

    @property
    def budget_ids(self) -> tuple[str, ...]:
        """The budgets in which it is set aside."""
        return self.note.budget_ids


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was booked. `state` is `booked_before` when there was nothing left to book, and `unheld` when
    nothing is kept of the reservation, so nothing was booked."""

    id: str
    state: Literal["settled", "booked_before", "unheld"]
    used: Amounts
    cost_source: CostSource


@dataclass(frozen=True, slots=True)
class Used:
    """What a call that has ended truly used, by its reservation. `cost_nanousd` None is looked up; an empty
    model or tier is the one that was reserved for. It stays held for `ttl_s` more seconds."""

    reservation: Reservation
    usage: Usage
    cost_nanousd: int | None
    model: str = ""
    service_tier: str = ""
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a call truly used. `live` says whether that is held from now on; else nothing was changed."""

    live: bool
    used: Amounts
    cost_source: CostSource


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Note)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A wish that is to be held: by which name, in which budgets, with what is remembered of it."""

    wish: Wish
    rules: Rules
    budgets: list[Budget]
    name: str
    note: Note
    claims: list[Claim]
    expires_at_us: int

    @property
    def wanted(self) -> Wanted:
        """As the counters know it."""
        name = hold_id(self.wish.call.project_id, self.name)
        return Wanted(name, self.claims, _encoder.encode(self.note), self.expires_at_us)


class Reservations:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self,
        counters: Counters,
        mirror: Mirror,
        settling: Settling,
        board: ControlBoard,
        prices: PriceBook,
        settings: BudgetSettings,
        clock: Clock,
    ) -> None:
        self._counters = counters
        self._mirror = mirror
        self._settling = settling
        self._board = board
        self._prices = prices
        self._settings = settings
        self._clock = clock

    def at_hand(self, organisation_id: str) -> bool:
        """Whether `reserve` would answer in a fraction of a millisecond, so that an event loop may ask it
        without the detour over a thread."""
        return self.ends_at_hand() and self._board.at_hand(organisation_id)

    def ends_at_hand(self) -> bool:
        """The same of `correct` and `release`."""
        return self._counters.at_hand()

    def reserve(self, organisation_id: str, wish: Wish) -> Reservation:
        """Set the most that a call may use aside in every budget that covers it. Where none does, and
        neither an idempotency key nor `keep` is given, no store is asked.

        Raises `KillSwitchActive`, `BudgetExceeded` with the budget that said no, `InvalidInput` when a
        budget in dollars covers a call whose price is unknown, `Conflict` when the same reservation has
        ended, `Busy`.
        """
        [made] = self.reserve_all([(organisation_id, wish)])
        if isinstance(made, LynexError):
            raise made
        return made

    def reserve_all(self, wishes: Sequence[tuple[str, Wish]]) -> list[Reservation | LynexError]:
        """As `reserve`, for calls of organisations that come at the same moment; the counters are asked once
        for all. In the place of a refused one is what `reserve` would have raised. Raises `Busy`."""
        now_us = self._clock.now_us()
        made: list[Reservation | LynexError | _Plan] = []
        for organisation_id, wish in wishes:
            try:
                made.append(self._planned(organisation_id, wish, now_us))
            except LynexError as error:
                made.append(error)
        answers = iter(self._hold([each.wanted for each in made if isinstance(each, _Plan)], now_us))
        return [self._made(each, next(answers), now_us) if isinstance(each, _Plan) else each for each in made]

    def _planned(self, organisation_id: str, wish: Wish, now_us: int) -> Reservation | _Plan:
        rules = self._board.rules(organisation_id)
        _refuse_if_killed(rules, wish.call, now_us)
        expires_at_us = now_us + (wish.ttl_s or self._settings.budgets_reservation_ttl_s) * MICROS_PER_SECOND
        budgets = rules.covering(wish.call)
        if not (budgets or wish.keep or wish.idempotency_key):
            nothing = Note(wish.call, now_us, wish.service_tier, Amounts(), [])
            return Reservation(new_id(UNHELD), expires_at_us, nothing, ())
        needs_cost = any(budget.unit == "usd" for budget in budgets)
        estimate = worst(
            self._prices,
            _priced(wish.call, wish.service_tier, wish.usage, wish.cost_nanousd),
            self._settings.budgets_default_output_tokens,
            now_us,
            needs_cost,
        )
        if max(estimate.cost_nanousd, estimate.tokens) > MAX_AMOUNT:
            raise InvalidInput("more than any budget can hold", field="usage")
        name = _name(wish)
        held = [(budget.counter(budget.subject(wish.call)), budget.unit) for budget in budgets]
        note = Note(wish.call, now_us, wish.service_tier, estimate, held)
        claims = [_claim(budget, wish.call, estimate, now_us) for budget in budgets]
        return _Plan(wish, rules, budgets, name, note, claims, expires_at_us)

    def _made(self, plan: _Plan, answer: HoldAnswer, now_us: int) -> Reservation | LynexError:
        """What the counters' answer means."""
        call = plan.wish.call
        if isinstance(answer, Refused):
            asked = plan.claims[answer.index].amount
            return too_little_left(plan.budgets[answer.index], call, asked, answer.level, now_us)
        if isinstance(answer, Repeated):
            try:
                return self._repeated(call.project_id, plan.name, plan.rules)
            except LynexError as error:
                return error
        advice = _advice(plan.rules, plan.budgets, call, now_us)
        return Reservation(plan.name, plan.expires_at_us, plan.note, advice)

    def check(self, organisation_id: str, call: Call) -> None:
        """For a call whose cost cannot be told beforehand, or that costs nothing: raises `KillSwitchActive`,
        or `BudgetExceeded` where a budget that stops calls is used up by the books. Nothing is set aside."""
        now_us = self._clock.now_us()
        rules = self._board.rules(organisation_id)
        _refuse_if_killed(rules, call, now_us)
        for budget in rules.covering(call):
            if rules.is_over(budget, call) and budget.refuses(now_us):
                raise used_up(budget, call, round(budget.limit * rules.used(budget, call)), now_us)

    def correct(self, calls: Sequence[Used]) -> list[Correction]:
        """Hold what calls truly used in place of their estimates; the counters are asked once for all.

        For a caller whose span, with the reservation's id, is booked soon: that books it for good and ends
        the hold. It is quick, because nothing is looked up or made durable: where no span may come, `settle`.
        Harmless when repeated, and for a reservation that has ended. Raises `Busy`.
        """
        corrected = [self._corrected(each) for each in calls]
        changes = [change for change, _, _ in corrected if change is not None]
        live = iter(self._counters.change(changes) if changes else ())
        return [
            Correction(change is not None and next(live), used, source) for change, used, source in corrected
        ]

    def settle(
        self,
        project_id: str,
        reservation_id: str,
        usage: Usage,
        cost_nanousd: int | None,
        model: str = "",
        service_tier: str = "",
    ) -> Settlement:
        """Book what the call truly used, and end its hold. Harmless when repeated; late is better than never.
        Of a reservation of which nothing is kept, nothing is booked.

        Raises `NotFound` for a reservation that this project never made, or made more than a day ago.
        """
        if is_unheld(reservation_id):
            return Settlement(reservation_id, "unheld", *_said(usage, cost_nanousd))
        name = hold_id(project_id, reservation_id)
        _, note = self._found(name)
        call, used, source = self._used(note, usage, cost_nanousd, model, service_tier)
        first = self._settling.book(Settled(reservation_id, call, note.at_us, used))
        return Settlement(reservation_id, "settled" if first else "booked_before", used, source)

    def release(self, project_id: str, reservation_id: str) -> None:
        """Give back what is set aside: the call is not made. Harmless when repeated. Raises `NotFound`."""
        if is_unheld(reservation_id):
            return
        name = hold_id(project_id, reservation_id)
        self._found(name)
        self._counters.finish([name], [])

    def _corrected(self, call: Used) -> tuple[Change | None, Amounts, CostSource]:
        """What becomes of a hold, what the call used, and how its cost is known. No change where nothing is
        held."""
        if is_unheld(call.reservation.id):
            return None, *_said(call.usage, call.cost_nanousd)
        note = call.reservation.note
        _, used, source = self._used(note, call.usage, call.cost_nanousd, call.model, call.service_tier)
        amounts = {counter: min(used.of(unit), MAX_AMOUNT) for counter, unit in note.held}
        ttl_us = (call.ttl_s or self._settings.budgets_reservation_ttl_s) * MICROS_PER_SECOND
        name = hold_id(note.call.project_id, call.reservation.id)
        return Change(name, amounts, self._clock.now_us() + ttl_us), used, source

    def _hold(self, wanted: list[Wanted], now_us: int) -> list[HoldAnswer]:
        """The counters' answers; counters that are unknown are loaded first."""
        answers: dict[int, HoldAnswer] = {}
        asked = list(range(len(wanted)))
        for _ in range(LOADS_AT_MOST):
            if asked:
                answered = self._counters.hold([wanted[index] for index in asked], now_us)
                answers.update(zip(asked, answered, strict=True))
            unknown = {index: each for index, each in answers.items() if isinstance(each, Unknown)}
            if not unknown:
                return list(answers.values())
            self._mirror.load(sorted({name for each in unknown.values() for name in each.counters}))
            asked = list(unknown)
        raise Busy("the counters of budgets do not keep what is loaded into them")

    def _used(
        self, note: Note, usage: Usage, cost_nanousd: int | None, model: str, service_tier: str
    ) -> tuple[Call, Amounts, CostSource]:
        """The call as it was in the end, and what it used."""
        call = dataclasses.replace(
            note.call,
            model=model or note.call.model,
            model_requested=note.call.model_requested or note.call.model,
        )
        priced = _priced(call, service_tier or note.service_tier, usage, cost_nanousd)
        cost, source = true_cost(self._prices, priced, note.estimate.cost_nanousd, note.at_us)
        tokens = tokens_of(usage) if usage != Usage() else note.estimate.tokens if source == "reserved" else 0
        return call, Amounts(cost, tokens, 1), source

    def _repeated(self, project_id: str, reservation_id: str, rules: Rules) -> Reservation:
        hold, note = self._found(hold_id(project_id, reservation_id))
        if hold.state != "held":
            raise Conflict(f"The reservation {reservation_id} has ended; a new call needs a new one.")
        budgets = [budget for budget in rules.budgets if budget.id in note.budget_ids]
        advice = _advice(rules, budgets, note.call, self._clock.now_us())
        return Reservation(reservation_id, hold.expires_at_us, note, advice)

    def _found(self, name: str) -> tuple[Hold, Note]:
        hold = self._counters.find(name)
        if hold is None:
            raise NotFound("There is no such reservation.")
        return hold, _decoder.decode(hold.note)


def _refuse_if_killed(rules: Rules, call: Call, now_us: int) -> None:
    switch = rules.switch_against(call, now_us)
    if switch is not None:
        raise stopped(switch, now_us)


def _claim(budget: Budget, call: Call, estimate: Amounts, now_us: int) -> Claim:
    _, first, last = current_lines(budget, now_us)
    name = budget.counter(budget.subject(call))
    limit = budget.limit if budget.refuses(now_us) else None
    return Claim(name, first, last, estimate.of(budget.unit), limit)


def _advice(rules: Rules, budgets: list[Budget], call: Call, now_us: int) -> tuple[Budget, ...]:
    return tuple(
        budget
        for budget in budgets
        if rules.is_over(budget, call)
        and budget.action in ("slow_down", "downgrade_model")
        and not budget.overridden(now_us)
    )


def _name(wish: Wish) -> str:
    if not wish.idempotency_key:
        return new_id("rsv")
    digest = hashlib.sha256(f"{wish.call.project_id}:{wish.idempotency_key}".encode()).hexdigest()
    return f"rsv_{digest[:26]}"


def _said(usage: Usage, cost_nanousd: int | None) -> tuple[Amounts, CostSource]:
    """What a call used whose reservation is known nowhere, so that there is nothing to price it by."""
    used = Amounts(cost_nanousd or 0, tokens_of(usage), 1)
    return used, "reserved" if cost_nanousd is None else "reported"


def _priced(call: Call, tier: str, usage: Usage, cost_nanousd: int | None) -> PricedCall:
    model = call.model or call.model_requested
    return PricedCall(call.project_id, call.provider, model, tier, usage, cost_nanousd)
