"""Which answers are counted by whom: remembered in the relational store, the same on both of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

from clocks import FixedClock
from span_factories import a_batch, an_event

from lynex_server.engines.relational.database import Database
from lynex_server.processing.counted_answers import ANSWERS_KEPT_US, CountedAnswers
from lynex_server.processing.tables import counted_answers
from lynex_server.spans.public import EventBatch, SpanEvent

ANSWER = "chatcmpl-BxK3f0sQ2m"


def a_call(number: int, source: str = "otlp", answer: str = ANSWER, **changes) -> SpanEvent:
    return an_event(number, source=source, attributes={"gen_ai.response.id": answer}, **changes)


def kinds(answers: CountedAnswers, *events: SpanEvent, project_id: str = "prj_a") -> list[str]:
    """What the events of a batch are once it is decided who counts."""
    batch: EventBatch = a_batch(*events, project_id=project_id)
    answers.count_once([batch])
    return [event.kind for event in batch.spans]


def remembered(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(counted_answers.select()).all())


def test_the_first_counts_whichever_it_is(database: Database):
    answers = CountedAnswers(database, FixedClock())
    kinds(answers, a_call(1, "gateway", answer="chatcmpl-of-before-1"))

    assert kinds(answers, a_call(2, "gateway")) == ["llm"]
    assert kinds(answers, a_call(3)) == ["chain"]
    assert kinds(answers, a_call(4, answer="msg_01XFDUDYJgAACzv")) == ["llm"]
    assert kinds(answers, a_call(5, "gateway", answer="msg_01XFDUDYJgAACzv")) == ["chain"]


def test_another_process_decides_the_same_again(database: Database):
    first, second = (CountedAnswers(database, FixedClock()) for _ in range(2))
    kinds(first, a_call(1, "gateway"))

    for answers in (first, second, CountedAnswers(database, FixedClock())):
        assert kinds(answers, a_call(1, "gateway")) == ["llm"]
        assert kinds(answers, a_call(2)) == ["chain"]


def test_nothing_is_remembered_of_projects_that_do_not_use_the_gateway(database: Database):
    answers = CountedAnswers(database, FixedClock())
    kinds(answers, a_call(1, "gateway"))

    assert kinds(answers, a_call(2), a_call(3), project_id="prj_b") == ["llm", "llm"]
    assert remembered(database) == 1


def test_many_answers_of_one_batch_are_told_apart(database: Database):
    answers = CountedAnswers(database, FixedClock())
    gateways = [a_call(number, "gateway", answer=f"chatcmpl-{number:08d}") for number in range(700)]
    kinds(answers, *gateways)

    apps = [a_call(1000 + number, answer=f"chatcmpl-{number:08d}") for number in range(100, 1300)]

    assert kinds(answers, *apps) == ["chain"] * 600 + ["llm"] * 600


def test_of_two_workers_with_the_sides_of_the_same_calls_one_is_first_with_each(database: Database):
    kinds(CountedAnswers(database, FixedClock()), a_call(1, "gateway", answer="chatcmpl-of-before-1"))
    names = [f"chatcmpl-{number:08d}" for number in range(40)]
    together = threading.Barrier(2)

    def work(source: str, answers: list[str]) -> dict[str, str]:
        worker = CountedAnswers(database, FixedClock())
        together.wait()
        number = 1 if source == "gateway" else 2
        return {answer: kinds(worker, a_call(number, source, answer))[0] for answer in answers}

    with ThreadPoolExecutor() as threads:
        of_gateway = threads.submit(work, "gateway", names)
        of_app = threads.submit(work, "otlp", names[::-1])

    for answer in names:
        assert {of_gateway.result()[answer], of_app.result()[answer]} == {"llm", "chain"}


def test_an_answer_is_forgotten_when_nobody_can_tell_of_it_any_more(database: Database):
    clock = FixedClock()
    answers = CountedAnswers(database, clock)
    kinds(answers, a_call(1, "gateway"))

    clock.advance_us(ANSWERS_KEPT_US)
    answers.forget_old()
    assert remembered(database) == 1
    clock.advance_us(1)
    answers.forget_old()

    assert remembered(database) == 0


def test_who_says_that_the_gateway_counts_is_believed_without_an_id(database: Database):
    answers = CountedAnswers(database, FixedClock(), ["gw:8100"])
    embedding = an_event(1, kind="embedding", attributes={"server.address": "gw", "server.port": 8100})
    stream = an_event(2, attributes={"resource.lynex.through_gateway": "true"})
    elsewhere = an_event(3, attributes={"server.address": "api.openai.com", "server.port": 443})
    gateways = an_event(4, source="gateway", attributes={"resource.lynex.through_gateway": "true"})

    assert kinds(answers, embedding, stream, elsewhere, gateways) == ["chain", "chain", "llm", "llm"]
    assert remembered(database) == 0
