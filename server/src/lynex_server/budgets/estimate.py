"""What a call will cost at most, and what it did cost."""

from dataclasses import dataclass
from typing import Literal

from lynex_server.budgets.model import Amounts
from lynex_server.kernel.errors import InvalidInput
from lynex_server.pricing.public import PriceBook, Usage

CostSource = Literal["reported", "priced", "reserved"]


@dataclass(frozen=True, slots=True)
class PricedCall:
    """What pricing needs to know of a call."""

    project_id: str
    provider: str
    model: str
    service_tier: str
    usage: Usage
    cost_nanousd: int | None


def tokens_of(usage: Usage) -> int:
    """Input and output; what nobody said counts nothing."""
    return (usage.input_tokens or 0) + (usage.output_tokens or 0)


def worst(
    book: PriceBook, call: PricedCall, default_output_tokens: int, now_us: int, needs_cost: bool
) -> Amounts:
    """The most that a call may use. Output that is not said counts as `default_output_tokens`.

    Raises `InvalidInput` where a cost is needed and neither given nor to be had from the price book: an
    unknown price is not zero.
    """
    usage = call.usage
    if usage.output_tokens is None:
        usage = Usage(input_tokens=usage.input_tokens or 0, output_tokens=default_output_tokens)
    cost = call.cost_nanousd
    if cost is None:
        cost = book.price(
            call.provider, call.model, call.service_tier, "", usage, now_us, project_id=call.project_id
        ).nanousd
    if cost is None and needs_cost:
        raise InvalidInput(
            f"cost_usd: a budget in dollars covers this call, and no price is known for the model "
            f"{call.model or '(none given)'!r}: give the most that it may cost.",
            field="cost_usd",
        )
    return Amounts(cost or 0, tokens_of(usage), 1)


def true_cost(
    book: PriceBook, call: PricedCall, reserved_nanousd: int, now_us: int
) -> tuple[int, CostSource]:
    """What a call cost: as its caller says, else by the price book, else what was set aside for it."""
    if call.cost_nanousd is not None:
        return call.cost_nanousd, "reported"
    priced = book.price(
        call.provider, call.model, call.service_tier, "", call.usage, now_us, project_id=call.project_id
    ).nanousd
    return (reserved_nanousd, "reserved") if priced is None else (priced, "priced")
