"""The display order of a trace, also of broken ones."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from lynex_server.query.tree import Place, Twig, display_order


def shown(*twigs: Twig) -> list[tuple[str, int, int, bool]]:
    return [(p.twig.span_id, p.depth, p.child_count, p.orphan) for p in display_order(twigs)]


def test_goes_depth_first_with_siblings_by_start() -> None:
    assert shown(
        Twig("late", "root", 30),
        Twig("early", "root", 10),
        Twig("below", "early", 40),
        Twig("root", "", 0),
    ) == [("root", 0, 2, False), ("early", 1, 1, False), ("below", 2, 0, False), ("late", 1, 0, False)]


def test_a_span_whose_parent_never_came_is_a_root_and_says_so() -> None:
    assert shown(Twig("a", "lost", 5), Twig("b", "a", 6), Twig("root", "", 9)) == [
        ("a", 0, 1, True),
        ("b", 1, 0, False),
        ("root", 0, 0, False),
    ]


def test_a_ring_of_parents_is_shown_from_its_earliest_span() -> None:
    assert shown(Twig("a", "c", 3), Twig("b", "a", 1), Twig("c", "b", 2), Twig("self", "self", 9)) == [
        ("b", 0, 1, True),
        ("c", 1, 1, False),
        ("a", 2, 1, False),
        ("self", 0, 1, True),
    ]


def test_a_span_id_used_twice_is_shown_twice() -> None:
    assert [row[:2] for row in shown(Twig("a", "", 1), Twig("a", "", 2), Twig("child", "a", 3))] == [
        ("a", 0),
        ("child", 1),
        ("a", 0),
    ]


def test_a_chain_of_33000_spans_is_ordered_without_recursion() -> None:
    """mlflow#24314, opik#4136: a trace of tens of thousands of spans opens."""
    chain = [Twig(str(number), str(number - 1) if number else "", number) for number in range(33_000)]

    order = display_order(list(reversed(chain)))

    assert [place.depth for place in order] == list(range(33_000))


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.one_of(st.just(""), st.integers(0, 15)), st.integers(0, 5)),
        max_size=25,
    )
)
def test_every_span_of_any_trace_is_shown_exactly_once(spans: list[tuple[int, object, int]]) -> None:
    twigs = [Twig(str(span_id), str(parent), start_us) for span_id, parent, start_us in spans]

    order = display_order(twigs)

    assert sorted(map(_values, order)) == sorted((t.span_id, t.parent_span_id, t.start_us) for t in twigs)
    assert all(_follows(left, right) for left, right in itertools.pairwise(order))


def _values(place: Place) -> tuple[str, str, int]:
    return place.twig.span_id, place.twig.parent_span_id, place.twig.start_us


def _follows(left: Place, right: Place) -> bool:
    return right.depth <= left.depth or (
        right.depth == left.depth + 1 and right.twig.parent_span_id == left.twig.span_id
    )
