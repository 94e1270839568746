"""Imports that wait until what they bring is used, for the command line alone.

Most commands speak HTTP and need nothing of the server, whose libraries take seconds to load. A
module named in

    with lazily():
        from lynex_server.app import serving

is loaded when something of it is first used. Only whole modules can wait: `from x import name` uses `x`
at once.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


@contextmanager
def lazily() -> Iterator[None]:
    """Within it, modules that were not imported before are found now and loaded at their first use."""
    finder = _LazyFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _LazyFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        # A package is loaded at once: its `__init__` is a docstring, and its modules are looked up in it.
        if spec is None or spec.loader is None or spec.submodule_search_locations is not None:
            return None
        spec.loader = LazyLoader(spec.loader)
        return spec
