"""Answers given again: found by key and by meaning, over the engine that keeps them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lynex_server.engines.cache.opening import open_cache
from lynex_server.engines.cache.protocol import Cache, CacheBounds, Put
from lynex_server.gateway.cache.answers import AnswerCache, CachedAnswer
from lynex_server.gateway.cache.asking import Question
from lynex_server.gateway.cache.completeness import is_complete
from lynex_server.gateway.cache.settings import AnswerCacheSettings
from lynex_server.gateway.cache.vectors import Vectors
from lynex_server.kernel.clock import SystemClock

DAY_S = 86_400.0


@pytest.fixture(params=["sqlite", "redis"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cache]:
    url = f"sqlite:///{tmp_path / 'cache.db'}"
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
    opened = open_cache(url, CacheBounds(), SystemClock())
    yield opened
    opened.close()


@pytest.fixture
def cache(engine: Cache) -> AnswerCache:
    return AnswerCache(engine, AnswerCacheSettings())


def an_answer(body: bytes = b'{"id": "1"}') -> CachedAnswer:
    return CachedAnswer(body, "gpt-4o", 1_250)


def a_question(group: str = "g") -> Question:
    return Question("Why is it blue?", group)


def a_vector(angle: float, dimensions: int = 8) -> list[float]:
    """Of length 3; the cosine of two is that of the angle between them."""
    return [3 * np.cos(angle), 3 * np.sin(angle), *([0.0] * (dimensions - 2))]


async def test_an_answer_is_given_again_with_what_it_saved(cache: AnswerCache):
    assert await cache.find("p", "k") is None

    assert await cache.keep("p", "k", an_answer(), DAY_S)
    hit = await cache.find("p", "k")

    assert hit is not None
    assert (hit.answer, hit.similarity) == (an_answer(), 1.0)
    assert await cache.find("another project", "k") is None


async def test_a_large_answer_is_not_kept(engine: Cache):
    cache = AnswerCache(engine, AnswerCacheSettings(gateway_cache_max_answer_bytes=1000))

    assert not await cache.keep("p", "k", an_answer(bytes(1001)), DAY_S)
    assert await cache.find("p", "k") is None


async def test_what_another_version_has_kept_is_not_found(cache: AnswerCache, engine: Cache):
    engine.put("p", [Put("k", b"\x93\x01\x02\x03", DAY_S)])

    assert await cache.find("p", "k") is None


async def test_finds_the_nearest_question_that_is_alike_enough(cache: AnswerCache):
    for name, angle in (("near", 0.1), ("nearer", 0.05), ("far", 1.0)):
        await cache.keep("p", name, an_answer(name.encode()), DAY_S, a_question(), a_vector(angle))

    hit = await cache.find_like("p", a_question(), a_vector(0.0), 0.99)

    assert hit is not None
    assert hit.answer.body == b"nearer"
    assert hit.similarity == pytest.approx(np.cos(0.05), abs=1e-6)
    assert await cache.find_like("p", a_question(), a_vector(0.0), 0.9999) is None
    assert await cache.find_like("p", a_question("other"), a_vector(0.0), 0.5) is None
    assert await cache.find_like("q", a_question(), a_vector(0.0), 0.5) is None


async def test_a_question_is_like_itself(cache: AnswerCache):
    vector = np.random.default_rng(1).normal(size=1536).tolist()
    await cache.keep("p", "k", an_answer(), DAY_S, a_question(), vector)

    hit = await cache.find_like("p", a_question(), vector, 1.0)

    assert hit is not None
    assert hit.similarity == pytest.approx(1.0, abs=1e-5)


async def test_what_another_process_has_kept_is_found_at_once(cache: AnswerCache, engine: Cache):
    other = AnswerCache(engine, AnswerCacheSettings())
    assert await cache.find_like("p", a_question(), a_vector(0.0), 0.9) is None

    await other.keep("p", "k", an_answer(), DAY_S, a_question(), a_vector(0.0))

    assert await cache.find_like("p", a_question(), a_vector(0.0), 0.9) is not None


async def test_an_erased_project_is_not_found_and_its_vectors_are_forgotten(
    cache: AnswerCache, engine: Cache
):
    await cache.keep("p", "k", an_answer(), DAY_S, a_question(), a_vector(0.0))
    await cache.keep("q", "k", an_answer(), DAY_S, a_question(), a_vector(0.0))
    assert await cache.find_like("p", a_question(), a_vector(0.0), 0.9) is not None

    engine.drop("p")

    assert await cache.find_like("p", a_question(), a_vector(0.0), 0.9) is None
    assert await cache.find_like("q", a_question(), a_vector(0.0), 0.9) is not None


async def test_where_the_nearest_answer_is_gone_the_next_one_is_given(cache: AnswerCache, engine: Cache):
    await cache.keep("p", "next", an_answer(b"next"), DAY_S, a_question(), a_vector(0.1))
    engine.put("p", [Put("v:gone", Vectors.packed(a_vector(0.0)), DAY_S, "g")])

    for _ in range(2):
        hit = await cache.find_like("p", a_question(), a_vector(0.0), 0.9)
        assert hit is not None
        assert hit.answer.body == b"next"


async def test_the_newest_questions_win(engine: Cache):
    cache = AnswerCache(engine, AnswerCacheSettings(gateway_cache_max_questions=3))
    for number in range(6):
        await cache.keep("p", f"k{number}", an_answer(), DAY_S, a_question(), a_vector(number / 10))
        await cache.find_like("p", a_question(), a_vector(0.0), 0.9)

    assert await cache.find_like("p", a_question(), a_vector(0.0), 0.99) is None
    assert await cache.find_like("p", a_question(), a_vector(0.5), 0.9999) is not None


async def test_another_kind_of_vector_is_compared_with_its_own_kind(cache: AnswerCache):
    await cache.keep("p", "old", an_answer(b"old"), DAY_S, a_question(), a_vector(0.0, 8))
    await cache.keep("p", "new", an_answer(b"new"), DAY_S, a_question(), a_vector(0.0, 16))

    hit = await cache.find_like("p", a_question(), a_vector(0.0, 16), 0.9)

    assert hit is not None
    assert hit.answer.body == b"new"
    assert await cache.find_like("p", a_question(), a_vector(0.0, 8), 0.9) is None


@pytest.mark.parametrize(
    "vector",
    [
        [],
        [0.0, 0.0],
        [float("nan"), 1.0],
        [float("inf"), 1.0],
        ["a", "b"],
        [None, 1.0],
        [[1.0, 2.0], [3.0, 4.0]],
        [[1.0], 2.0],
        [10**400, 1],
        [{}],
    ],
)
async def test_what_is_no_vector_is_like_nothing(cache: AnswerCache, vector):
    assert await cache.keep("p", "k", an_answer(), DAY_S, a_question(), vector)

    assert await cache.find_like("p", a_question(), vector, 0.1) is None
    assert await cache.find("p", "k") is not None


def test_vectors_in_memory_keep_their_bound(engine: Cache):
    vectors = Vectors(engine, max_questions=10, max_bytes=10_000)
    for number in range(30):
        engine.put("p", [Put(f"v:{number}", Vectors.packed(a_vector(0.0, 512)), DAY_S, f"g{number}")])
        assert vectors.nearest("p", f"g{number}", a_vector(0.0, 512), 0.9, 1)

    assert vectors._bytes <= 10_000


@pytest.mark.parametrize(
    ("operation", "answer", "complete"),
    [
        ("chat", {"choices": [{"finish_reason": "stop"}]}, True),
        ("chat", {"choices": [{"finish_reason": "stop"}, {"finish_reason": None}]}, False),
        ("chat", {"choices": [{"finish_reason": "content_filter"}]}, False),
        ("chat", {"choices": []}, False),
        ("chat", {"error": {"message": "x"}, "choices": [{"finish_reason": "stop"}]}, False),
        ("responses", {"status": "completed", "error": None}, True),
        ("responses", {"status": "incomplete"}, False),
        ("embeddings", {"data": []}, True),
        ("messages", {"stop_reason": "end_turn"}, True),
        ("messages", {"stop_reason": None}, False),
        ("generate", {"candidates": [{"finishReason": "STOP"}]}, True),
        ("generate", {"candidates": [{"finishReason": "SAFETY"}]}, False),
        ("converse", {"stopReason": "end_turn"}, True),
        ("ollama_chat", {"done": False}, False),
    ],
)
def test_only_what_came_to_its_end_is_kept(operation, answer, complete):
    assert is_complete(200, answer, operation) == complete
    assert not is_complete(500, answer, operation)
