"""Text that reads and compresses like English: a walk over the word pairs of Python's own manual.

Copied passages would repeat within a compression block and flatter the figures; a walk over word pairs has
the vocabulary and the entropy of the language without repeating it.
"""

import itertools
import random
from collections import defaultdict
from functools import cache
from pydoc_data.topics import topics


class TextSource:
    """Endless text from a seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._followers = _followers()
        self._word = "the"

    def take(self, characters: int) -> str:
        """About `characters` of text."""
        words: list[str] = []
        length = 0
        while length < characters:
            self._word = self._rng.choice(self._followers.get(self._word) or self._followers["the"])
            words.append(self._word)
            length += len(self._word) + 1
        return " ".join(words)


@cache
def _followers() -> dict[str, list[str]]:
    followers: defaultdict[str, list[str]] = defaultdict(list)
    words = " ".join(str(topics[name]) for name in sorted(topics)).split()
    for word, follower in itertools.pairwise(words):
        followers[word].append(follower)
    return dict(followers)
