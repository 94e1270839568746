"""The cache of answers: found by key, or by what a question means.

Nothing here fails a call: what cannot be read is not found, what cannot be kept is not kept. An entry belongs
to a project, in the engine too.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from lynex_server.engines.cache.protocol import Cache, Put
from lynex_server.gateway.cache.asking import Question
from lynex_server.gateway.cache.settings import AnswerCacheSettings

if TYPE_CHECKING:
    from lynex_server.gateway.cache.vectors import Vectors

Vector = Sequence[float]
VECTOR_PREFIX: Final = "v:"
"""The vector of a question is kept beside its answer, under the answer's key with this before it."""
TRIED_AT_MOST: Final = 3
"""How many of the nearest questions are looked at, where answers have gone before their questions."""


class CachedAnswer(msgspec.Struct, frozen=True, array_like=True):
    """A whole, successful answer in the caller's dialect, the model that gave it, and what it had cost.
    Streams are kept whole, too."""

    body: bytes
    model: str
    cost_nanousd: int


@dataclass(frozen=True, slots=True)
class Hit:
    """An answer that is given again. `similarity` is 1 where the question is the same."""

    answer: CachedAnswer
    similarity: float = 1.0


class AnswerCache:
    """Over any engine; its calls, which block, run on threads."""

    def __init__(self, cache: Cache, settings: AnswerCacheSettings) -> None:
        self._cache = cache
        self._settings = settings

    @cached_property
    def _vectors(self) -> "Vectors":
        """Made by the first question that is compared by meaning."""
        from lynex_server.gateway.cache.vectors import Vectors  # noqa: PLC0415  # numpy is large

        return Vectors(self._cache, self._settings.gateway_cache_max_questions)

    async def find(self, project_id: str, key: str) -> Hit | None:
        """The answer under this key."""
        answer = await asyncio.to_thread(self._answer, project_id, key)
        return None if answer is None else Hit(answer)

    async def find_like(
        self, project_id: str, question: Question, vector: Vector, similarity: float
    ) -> Hit | None:
        """The answer to the nearest question of the same group, from `similarity` (cosine) upwards.

        `vector` is what the policy's embedding model makes of `question.text`.
        """
        return await asyncio.to_thread(self._find_like, project_id, question, vector, similarity)

    async def keep(
        self,
        project_id: str,
        key: str,
        answer: CachedAnswer,
        ttl_s: float,
        question: Question | None = None,
        vector: Vector | None = None,
    ) -> bool:
        """Keep a complete, successful answer for `ttl_s` seconds, with its question where one is compared by
        meaning. False for one that is too large. Whether it is complete, `completeness.py` says."""
        if len(answer.body) > self._settings.gateway_cache_max_answer_bytes:
            return False
        puts = [Put(key, msgspec.msgpack.encode(answer), ttl_s)]
        await asyncio.to_thread(self._put, project_id, puts, question, vector)
        return True

    def _put(
        self, project_id: str, puts: list[Put], question: Question | None, vector: Vector | None
    ) -> None:
        [answer] = puts
        if question is not None and vector is not None and (packed := self._vectors.packed(vector)):
            puts.append(Put(VECTOR_PREFIX + answer.key, packed, answer.ttl_s, question.group))
        self._cache.put(project_id, puts)

    def _answer(self, project_id: str, key: str) -> CachedAnswer | None:
        held = self._cache.get(project_id, key)
        try:
            return None if held is None else msgspec.msgpack.decode(held, type=CachedAnswer)
        except msgspec.DecodeError:  # of another version
            return None

    def _find_like(
        self, project_id: str, question: Question, vector: Vector, similarity: float
    ) -> Hit | None:
        for near in self._vectors.nearest(project_id, question.group, vector, similarity, TRIED_AT_MOST):
            answer = self._answer(project_id, near.key.removeprefix(VECTOR_PREFIX))
            if answer is not None:
                return Hit(answer, near.similarity)
            self._vectors.forget(project_id, question.group, near.key)
        return None
