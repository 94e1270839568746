"""The nearest of many questions, by the cosine of their vectors.

The vectors are in the cache engine; a process keeps those it has compared with in memory, too, and reads only
what has come since. A drop of anything in the engine makes it forget all and read anew: vectors tell of
people. Bounded: the newest questions of each group, and `MAX_BYTES` over all groups, the group used the
longest ago going first.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lynex_server.engines.cache.protocol import Cache, News

MAX_BYTES: Final = 64_000_000
MAX_DIMENSIONS: Final = 8_192

Vector = Sequence[float]
_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Near:
    """A question that is like the one asked; `similarity` is the cosine."""

    key: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Group:
    """What is known of one group: a row for each key, all of length 1; `place` is the last one read."""

    epoch: int
    place: int
    keys: tuple[str, ...]
    rows: _Floats


_NO_ROWS: Final[_Floats] = np.empty((0, 0), np.float32)


class Vectors:
    """Safe from any thread."""

    def __init__(self, cache: Cache, max_questions: int, max_bytes: int = MAX_BYTES) -> None:
        self._cache = cache
        self._max_questions = max_questions
        self._max_bytes = max_bytes
        self._groups: OrderedDict[tuple[str, str], _Group] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @staticmethod
    def packed(vector: Vector) -> bytes:
        """As it is kept: 32-bit floats of a vector of length 1. Empty for what is no vector to compare."""
        unit = _unit(vector)
        return b"" if unit is None else unit.astype("<f4").tobytes()

    def nearest(
        self, namespace: str, group: str, vector: Vector, similarity: float, count: int
    ) -> list[Near]:
        """At most `count` questions of the group from `similarity` upwards, the most alike first."""
        asked = _unit(vector)
        if asked is None:
            return []
        known = self._read(namespace, group)
        if known.rows.shape[1] != asked.size:
            return []
        cosines: Any = known.rows @ asked
        best = np.argsort(cosines)[::-1][:count]
        # One hundred-thousandth for the rounding of 32-bit floats: a question is like itself.
        return [
            Near(known.keys[at], min(float(cosines[at]), 1.0))
            for at in best
            if cosines[at] >= similarity - 1e-5
        ]

    def forget(self, namespace: str, group: str, key: str) -> None:
        """Compare with this question no longer."""
        with self._lock:
            known = self._groups.get((namespace, group))
            if known is not None and key in known.keys:
                kept = [at for at, each in enumerate(known.keys) if each != key]
                keys = tuple(known.keys[at] for at in kept)
                self._remember((namespace, group), _Group(known.epoch, known.place, keys, known.rows[kept]))

    def _read(self, namespace: str, group: str) -> _Group:
        with self._lock:
            before = self._groups.get((namespace, group))
        news = self._cache.since(namespace, group, before.place if before else 0, self._max_questions)
        if before is not None and news.epoch != before.epoch:
            with self._lock:
                self._groups.clear()
                self._bytes = 0
            before = None
            news = self._cache.since(namespace, group, 0, self._max_questions)
        known = _grown(before, news, self._max_questions)
        with self._lock:
            self._remember((namespace, group), known)
        return known

    def _remember(self, name: tuple[str, str], known: _Group) -> None:
        before = self._groups.pop(name, None)
        self._bytes += known.rows.nbytes - (before.rows.nbytes if before else 0)
        self._groups[name] = known
        while self._bytes > self._max_bytes and len(self._groups) > 1:
            _, gone = self._groups.popitem(last=False)
            self._bytes -= gone.rows.nbytes


def _unit(vector: Vector) -> _Floats | None:
    if not 0 < len(vector) <= MAX_DIMENSIONS:
        return None
    try:
        values = np.asarray(vector, np.float64)
    except (TypeError, ValueError, OverflowError):  # as a provider sent it, it may hold anything
        return None
    length = float(np.linalg.norm(values))
    if values.ndim != 1 or not np.isfinite(length) or length == 0.0:
        return None
    return (values / length).astype(np.float32)


def _grown(before: _Group | None, news: News, max_questions: int) -> _Group:
    """What is known after the news: the newest `max_questions`, each key once."""
    if before is not None and not news.members:
        return before
    if not news.members:
        return _Group(news.epoch, 0, (), _NO_ROWS)
    place = news.members[-1].place
    # As the newest has them: an embedding model may have changed its mind about how many numbers it gives.
    size_bytes = len(news.members[-1].value)
    new = {each.key: each.value for each in news.members if len(each.value) == size_bytes}
    keys, rows = tuple(new), np.frombuffer(b"".join(new.values()), "<f4").reshape(len(new), -1)
    if before is not None and before.rows.shape[1] == rows.shape[1]:
        kept = [at for at, key in enumerate(before.keys) if key not in new]
        older = before.rows if len(kept) == len(before.keys) else before.rows[kept]
        keys, rows = tuple(before.keys[at] for at in kept) + keys, np.concatenate([older, rows])
    newest = rows[-max_questions:].astype(np.float32, copy=False)
    return _Group(news.epoch, place, keys[-max_questions:], newest)
