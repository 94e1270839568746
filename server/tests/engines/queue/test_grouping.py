"""The thread that serves everything that waits at once."""

import threading

import pytest

from lynex_server.engines.queue.grouping import Ask, GroupBounds, Grouping
from lynex_server.kernel.errors import Busy


class GatedServer:
    """Doubles numbers, but only while its gate is open; remembers the groups it got."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.began = threading.Event()
        self.groups: list[list[int]] = []

    def serve(self, group: list[Ask[int, int]]) -> None:
        self.began.set()
        self.gate.wait(20)
        self.groups.append([ask.wish for ask in group])
        for ask in group:
            if ask.wish < 0:
                raise ValueError("negative")
            ask.answer.set_result(2 * ask.wish)


def a_grouping(server: GatedServer, **bounds: int) -> Grouping[int, int]:
    return Grouping(server.serve, lambda: False, GroupBounds(**bounds))


def test_serves_together_what_came_while_it_was_at_work():
    server = GatedServer()
    grouping = a_grouping(server)
    first = grouping.submit(1)
    server.began.wait(20)
    rest = [grouping.submit(number) for number in (2, 3, 4)]
    server.gate.set()

    assert [answer.result(20) for answer in (first, *rest)] == [2, 4, 6, 8]
    assert server.groups == [[1], [2, 3, 4]]
    grouping.close()


def test_a_group_stays_within_its_number_and_its_bytes():
    server = GatedServer()
    grouping = a_grouping(server, max_group=2, max_group_bytes=100)
    grouping.submit(0)
    server.began.wait(20)
    for number, size_bytes in enumerate([10, 10, 10, 95, 500, 1], start=1):
        grouping.submit(number, size_bytes)
    server.gate.set()
    grouping.close()

    assert server.groups == [[0], [1, 2], [3], [4], [5], [6]]


@pytest.mark.parametrize("bounds", [{"max_waiting": 2}, {"max_waiting_bytes": 100}], ids=str)
def test_refuses_when_too_much_waits(bounds: dict[str, int]):
    server = GatedServer()
    grouping = a_grouping(server, **bounds)
    grouping.submit(0, 50)
    server.began.wait(20)
    grouping.submit(1, 50)
    grouping.submit(2, 50)

    with pytest.raises(Busy):
        grouping.submit(3, 50)

    server.gate.set()
    grouping.close()
    assert [number for group in server.groups for number in group] == [0, 1, 2]


def test_something_larger_than_the_bound_passes_alone():
    server = GatedServer()
    server.gate.set()
    grouping = a_grouping(server, max_waiting_bytes=100, max_group_bytes=100)

    assert grouping.submit(5, size_bytes=10_000).result(20) == 10
    grouping.close()


def test_a_failure_reaches_those_unanswered_and_the_thread_lives_on():
    server = GatedServer()
    grouping = a_grouping(server)
    grouping.submit(0)
    server.began.wait(20)
    answered, failed, left = (grouping.submit(number) for number in (1, -1, 2))
    server.gate.set()

    assert answered.result(20) == 2
    assert isinstance(failed.exception(20), ValueError)
    assert isinstance(left.exception(20), ValueError)
    assert grouping.submit(4).result(20) == 8
    grouping.close()


def test_serves_what_waits_before_it_closes():
    server = GatedServer()
    grouping = a_grouping(server)
    grouping.submit(0)
    server.began.wait(20)
    last = grouping.submit(7)
    server.gate.set()
    grouping.close()

    assert last.result(0) == 14
