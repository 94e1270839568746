"""The columnar engine of a process that has none."""

from collections.abc import Mapping, Sequence
from typing import Never

from lynex_server.engines.columnar.protocol import Column, Params, QueryLimits
from lynex_server.kernel.errors import Busy


class NoColumnar:
    """See `protocol.Columnar`: everything asked of it raises `Busy`, so a caller does what it does while the
    engine is away."""

    def query(self, sql: str, params: Params | None = None, limits: QueryLimits | None = None) -> Never:
        """Raises `Busy`."""
        raise _absent()

    def command(self, sql: str, params: Params | None = None) -> Never:
        """Raises `Busy`."""
        raise _absent()

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[bytes], token: str) -> Never:
        """Raises `Busy`."""
        raise _absent()

    def insert_columns(self, table: str, columns: Sequence[Column], token: str) -> Never:
        """Raises `Busy`."""
        raise _absent()

    def delete(self, table: str, where: str, params: Params | None = None) -> Never:
        """Raises `Busy`."""
        raise _absent()

    def outdated_files(self, tables: Sequence[str], since_us: int) -> Never:
        """Raises `Busy`."""
        raise _absent()

    def ddl_words(self) -> Mapping[str, str]:
        """None: nothing is migrated here."""
        return {}

    def close(self) -> None:
        """Nothing is open."""


def _absent() -> Busy:
    return Busy("this process has no columnar engine: ask one that runs `lynex up` or `lynex serve`")
