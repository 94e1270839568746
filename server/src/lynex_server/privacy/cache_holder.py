"""What the cache of answers holds: answers by what was asked, not by who asked.

Nobody can tell whose words an entry has. So for any erasure in a project the project's entries all go: they
are copies that are made again when they are needed. For the same reason nothing of it is exported.
"""

from collections.abc import Iterator, Mapping

from lynex_server.engines.cache.protocol import Cache
from lynex_server.privacy.holders import EndUser, Line


class CacheHolder:
    """See `holders.Holder`."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def count_end_user(self, user: EndUser) -> Mapping[str, int]:
        """None is known to be theirs, and none can be left: others are kept again while an erasure is
        verified."""
        return {}

    def named_elsewhere(self, user: EndUser) -> Mapping[str, int]:
        return {}

    def erase_end_user(self, user: EndUser) -> None:
        self._cache.drop(user.project_id)

    def export_end_user(self, user: EndUser) -> Iterator[Line]:
        return iter(())

    def count_project(self, project_id: str) -> Mapping[str, int]:
        return {"cached_answers": self._cache.count(project_id)}

    def erase_project(self, project_id: str) -> None:
        self._cache.drop(project_id)

    def export_project(self, project_id: str) -> Iterator[Line]:
        return iter(())

    def settle(self) -> None:
        """What is dropped is gone at once."""

    def outdated_files(self, since_us: int) -> int:
        return 0
