"""Whether a call may be made: limits per minute first, then kill switches and budgets, by setting aside what
it may cost at most."""

from collections.abc import Sequence
from dataclasses import dataclass

from lynex_server.budgets.public import (
    BudgetExceeded,
    Budgets,
    Call,
    KillSwitchActive,
    Reservation,
    Used,
    Wish,
)
from lynex_server.engines.limits.protocol import Correction, Limiter, Take
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.model import RateRule
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Busy, InvalidInput, LynexError
from lynex_server.kernel.money import usd_from_nanousd
from lynex_server.kernel.patterns import matches_any
from lynex_server.pricing.public import Usage

SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that a call may use."""

    input_tokens: int
    output_tokens: int

    @property
    def tokens(self) -> int:
        """Both."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Advice:
    """`used` is how far the fullest budget that covers a call is used up (1 is all of it). Budgets that are
    over their limit and do not stop calls may ask for a cheaper model, or for time."""

    used: float
    downgrade_to: str
    slows: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What a call took from the buckets of tokens a minute, to be put right by what it used."""

    takes: tuple[Take, ...] = ()

    def corrections(self, used_tokens: int) -> list[Correction]:
        """What puts each bucket right."""
        return [
            Correction(take.bucket, take.capacity, take.refill_per_s, used_tokens - take.cost)
            for take in self.takes
            if used_tokens != take.cost
        ]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What is set aside for a call, and what is left of the fullest budget, as a header's value."""

    reservation: Reservation
    budget_left: str


class Admission:
    """Lets calls in. One for the process. What is asynchronous is for the event loop; the rest blocks."""

    def __init__(self, budgets: Budgets, limiter: Limiter, clock: Clock) -> None:
        self._budgets = budgets
        self._limiter = limiter
        self._clock = clock

    async def within_rates(self, rules: Sequence[RateRule], call: Call, tokens: int) -> Taken:
        """Take the call from its limits a minute. Raises `Refused` (429), and then nothing was taken."""
        requests, token_takes = [], []
        for index, rule in enumerate(rules):
            value = _value_of(rule, call)
            if value is None:
                continue
            bucket = f"gateway:{call.project_id}:{index}:{rule.per}:{value}"
            if rule.requests_per_minute:
                requests.append(_take(f"{bucket}:requests", rule.requests_per_minute, 1))
            if rule.tokens_per_minute:
                token_takes.append(_take(f"{bucket}:tokens", rule.tokens_per_minute, tokens))
        takes = (*requests, *token_takes)
        if not takes:
            return Taken()
        verdicts = (
            await self._limiter.take_all_async(takes)
            if self._limiter.waits
            else self._limiter.take_all(takes)
        )
        for take, verdict in zip(takes, verdicts, strict=True):
            if not verdict.allowed:
                raise _over(take, verdict.retry_after_s)
        return Taken(tuple(token_takes))

    async def put_right(self, taken: Taken, used_tokens: int) -> None:
        """The call used this much: give back, or take, what the estimate was wrong by."""
        corrections = taken.corrections(used_tokens)
        if self._limiter.waits:
            await self._limiter.correct_async(corrections)
        else:
            self._limiter.correct(corrections)

    def reserve(self, wishes: Sequence[tuple[str, Call, Estimate]], ttl_s: int) -> list[Admitted | Refused]:
        """Set aside what calls of organisations may cost; in the place of one that may not be made is what
        it is refused with, naming the budget or switch. Blocks."""
        asked = [
            (organisation_id, _wish(call, estimate, ttl_s)) for organisation_id, call, estimate in wishes
        ]
        try:
            made = self._budgets.reservations.reserve_all(asked)
        except Busy as error:
            return [_refused_by(error, call) for _, call, _ in wishes]
        return [
            Admitted(each, self._tightest(organisation_id, call, each))
            if isinstance(each, Reservation)
            else _refused_by(each, call)
            for each, (organisation_id, call, _) in zip(made, wishes, strict=True)
        ]

    def check_unpriced(self, organisation_id: str, call: Call) -> None:
        """For a call whose cost cannot be told beforehand: raises `Refused` when a switch stops it, or a
        budget that stops calls is used up. Blocks."""
        try:
            self._budgets.reservations.check(organisation_id, call)
        except (BudgetExceeded, KillSwitchActive) as error:
            raise _stopped_by(error) from error

    def correct(self, calls: Sequence[Used]) -> None:
        """Hold what calls used in place of what they might have used, until their spans are booked.

        Blocks."""
        self._budgets.reservations.correct(calls)

    def at_hand(self, organisation_id: str) -> bool:
        """Whether what blocks here answers at once, so that an event loop may call it."""
        return self._budgets.reservations.at_hand(organisation_id)

    def ends_at_hand(self) -> bool:
        """The same of `correct` and `release`."""
        return self._budgets.reservations.ends_at_hand()

    def renew(self, reservation: Reservation, estimate: Estimate, ttl_s: int) -> None:
        """Keep what is set aside for a call that goes on. Blocks."""
        usage = Usage(input_tokens=estimate.input_tokens, output_tokens=estimate.output_tokens)
        cost_nanousd = reservation.estimate.cost_nanousd
        self._budgets.reservations.correct([Used(reservation, usage, cost_nanousd, ttl_s=ttl_s)])

    def _tightest(self, organisation_id: str, call: Call, reservation: Reservation) -> str:
        """What is left of the fullest budget that the call counts in (of several the smallest), by the books
        as last read, as a header's value: `budget="team";left=12.5;unit=usd`."""
        rules = self._budgets.board.rules(organisation_id)
        covering = [budget for budget in rules.budgets if budget.id in reservation.budget_ids]
        if not covering:
            return ""
        budget = max(covering, key=lambda each: (rules.used(each, call), -each.limit))
        left = max(0, round(budget.limit * (1 - rules.used(budget, call))))
        shown = f"{usd_from_nanousd(left):.6f}" if budget.unit == "usd" else str(left)
        name = budget.name.replace("\\", "").replace('"', "")
        return f'budget="{name}";left={shown};unit={budget.unit}'

    def advice(self, organisation_id: str, call: Call) -> Advice:
        """What budgets that do not stop calls ask of this one. Blocks at times."""
        now_us = self._clock.now_us()
        rules = self._budgets.board.rules(organisation_id)
        covering = rules.covering(call)
        asking = [
            budget
            for budget in covering
            if budget.action in ("slow_down", "downgrade_model")
            and not budget.overridden(now_us)
            and rules.is_over(budget, call)
        ]
        return Advice(
            used=max((rules.used(budget, call) for budget in covering), default=0.0),
            downgrade_to=next((each.downgrade_to for each in asking if each.downgrade_to), ""),
            slows=any(each.action == "slow_down" for each in asking),
        )

    def release(self, project_id: str, reservation_id: str) -> None:
        """Give back what is set aside for a call that used nothing. Blocks."""
        self._budgets.reservations.release(project_id, reservation_id)


def _value_of(rule: RateRule, call: Call) -> str | None:
    """Whose bucket a call takes from; None when the rule is not about it."""
    if rule.per == "project":
        return call.project_id
    value = {"key": call.api_key, "user": call.end_user, "model": call.model_requested}[rule.per]
    if not value or (rule.match and not matches_any((rule.match,), value)):
        return None
    return value


def _take(bucket: str, per_minute: int, cost: int) -> Take:
    # What is larger than a minute's worth would never be let in; it takes all of it instead.
    return Take(bucket, per_minute, per_minute / SECONDS_PER_MINUTE, min(cost, per_minute))


def _wish(call: Call, estimate: Estimate, ttl_s: int) -> Wish:
    usage = Usage(input_tokens=estimate.input_tokens, output_tokens=estimate.output_tokens)
    return Wish(call, "", usage, cost_nanousd=None, ttl_s=ttl_s, idempotency_key="")


def _refused_by(error: LynexError, call: Call) -> Refused:
    if isinstance(error, BudgetExceeded | KillSwitchActive):
        return _stopped_by(error)
    if isinstance(error, InvalidInput):
        text = str(error)
        if error.field == "cost_usd":
            text = (
                f"A budget in dollars covers this call, and no price is known for the model {call.model!r}: "
                "give it one (POST /v1/prices/overrides), 0 for a model that costs nothing."
            )
        return Refused(403, "unpriced_model", text, details={"model": call.model}, blocked=True)
    return Refused(503, "budgets_unreachable", str(error), retry_after_s=1, retry=True)


def _stopped_by(error: BudgetExceeded | KillSwitchActive) -> Refused:
    status = 429 if isinstance(error, BudgetExceeded) else 403
    details = dict(error.details)
    return Refused(status, error.code, str(error), error.retry_after_s, details=details, blocked=True)


def _over(take: Take, retry_after_s: float) -> Refused:
    _, _, _, per, rest = take.bucket.split(":", 4)
    value, _, what = rest.rpartition(":")
    wait_s = max(1, -int(-retry_after_s // 1))
    return Refused(
        429,
        "rate_limited",
        f"Over {take.capacity} {what} a minute for the {per} {value}: come back in {wait_s} s.",
        wait_s,
        details={"per": per, "limit": take.capacity, "unit": f"{what}_per_minute"},
        blocked=True,
        retry=True,
    )
