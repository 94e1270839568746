"""What a decoder gives back: the items that could be read, and why each of the others could not."""

from dataclasses import dataclass, field

from lynex_server.spans.public import MetricPoint, SpanEvent


@dataclass(frozen=True, slots=True)
class Rejection:
    """One item that was not taken. `index` is its place in the request, `reason` names the field."""

    index: int
    reason: str


@dataclass(slots=True)
class Decoded:
    """The items of one request. `span_indexes[i]` is the place in the request of `spans[i]`, and
    `point_indexes[i]` that of `points[i]`."""

    spans: list[SpanEvent] = field(default_factory=list)
    points: list[MetricPoint] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    span_indexes: list[int] = field(default_factory=list)
    point_indexes: list[int] = field(default_factory=list)

    def accept(self, index: int, span: SpanEvent) -> None:
        """Take the span that stood at `index`."""
        self.spans.append(span)
        self.span_indexes.append(index)

    def accept_point(self, index: int, point: MetricPoint) -> None:
        """Take the metric point that stood at `index`."""
        self.points.append(point)
        self.point_indexes.append(index)

    def reject(self, index: int, reason: str) -> None:
        """Refuse the item at `index`, saying why."""
        self.rejections.append(Rejection(index, reason))


class RejectedItem(ValueError):
    """One item cannot be taken; the text says why and names the field. Its neighbours are not touched."""
