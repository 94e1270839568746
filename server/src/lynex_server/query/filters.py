"""What to look at: one set of filters for lists, metrics, live views and exports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lynex_server.kernel.errors import InvalidInput
from lynex_server.query.dimensions import EQUALITY_COLUMNS, ROLLUP_DIMENSIONS
from lynex_server.spans.public import SpanRow


@dataclass(frozen=True, slots=True)
class Filters:
    """A span passes when it passes every filter given; the values of one filter are alternatives.

    `equals` holds column names of `EQUALITY_COLUMNS` only. `metadata` maps a key to its alternatives.
    `text` is searched in input and output: every word must occur in one of them, and every "quoted
    phrase" as written; case does not matter.
    """

    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_cost_nanousd: int | None = None
    min_latency_ms: float | None = None
    min_tokens: int | None = None
    text: str = ""

    def __post_init__(self) -> None:
        strange = set(self.equals) - set(EQUALITY_COLUMNS)
        if strange:
            raise InvalidInput(f"cannot filter by {min(strange)}", field=min(strange))

    def columns(self) -> frozenset[str]:
        """The columns of `equals` that are given."""
        return frozenset(self.equals)

    def only_equals(self) -> bool:
        """Whether nothing but `equals` filters."""
        return replace(self, equals={}) == Filters()

    def fit_rollup(self) -> bool:
        """Whether a rollup can answer: it keeps only its dimensions apart."""
        return self.only_equals() and self.columns() <= ROLLUP_DIMENSIONS


def passes(filters: Filters, row: SpanRow) -> bool:
    """Whether a stored span passes, decided in the process; for live news, which carries no text.

    Raises `InvalidInput` when `filters` searches text.
    """
    if filters.text:
        raise InvalidInput("q: text cannot be searched in live news", field="q")
    if any(getattr(row, column) not in wanted for column, wanted in filters.equals.items()):
        return False
    if filters.tags and not set(filters.tags) & set(row.tags):
        return False
    if any(row.metadata.get(key) not in wanted for key, wanted in filters.metadata.items()):
        return False
    return (
        _at_least(row.cost_nanousd, filters.min_cost_nanousd)
        and _at_least(row.duration_ms, filters.min_latency_ms)
        and _at_least((row.input_tokens or 0) + (row.output_tokens or 0), filters.min_tokens)
    )


def _at_least(value: float | None, bound: float | None) -> bool:
    return bound is None or (value is not None and value >= bound)
