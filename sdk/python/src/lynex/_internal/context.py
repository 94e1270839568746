"""What is true of the code now running: the open span, the session, the user, the tags.

Kept in context variables, so every thread and task has its own, and a task inherits those of its parent.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lynex._internal.record import SpanRecord


class Ambient(NamedTuple):
    """What every span begun here carries."""

    session_id: str = ""
    end_user_id: str = ""
    tags: tuple[str, ...] = ()
    metadata: tuple[tuple[str, object], ...] = ()


class RemoteParent(NamedTuple):
    """A span of another process, known by its ids."""

    trace_id: str
    span_id: str


NOTHING = Ambient()
current: ContextVar[SpanRecord | RemoteParent | None] = ContextVar("lynex_span", default=None)
ambient: ContextVar[Ambient] = ContextVar("lynex_ambient", default=NOTHING)


class Scope:
    """A `with` block (plain or async) in which other ambient values, or another parent, hold.

    Make one per block. What held before is put back as a value, not through a token: a token raises when
    a generator or a task is closed in another context than it began in, and that would reach the host.
    """

    __slots__ = ("_add", "_outer", "_outer_parent", "_parent")

    def __init__(self, add: Ambient, parent: RemoteParent | None = None) -> None:
        self._add = add
        self._parent = parent
        self._outer = NOTHING
        self._outer_parent: SpanRecord | RemoteParent | None = None

    def __enter__(self) -> None:
        add, outer = self._add, ambient.get()
        self._outer, self._outer_parent = outer, current.get()
        ambient.set(
            Ambient(
                add.session_id or outer.session_id,
                add.end_user_id or outer.end_user_id,
                (*outer.tags, *(tag for tag in add.tags if tag not in outer.tags)),
                (*outer.metadata, *add.metadata),
            )
        )
        if self._parent is not None:
            current.set(self._parent)

    def __exit__(self, *exc_info: object) -> None:
        ambient.set(self._outer)
        if self._parent is not None:
            current.set(self._outer_parent)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__()
