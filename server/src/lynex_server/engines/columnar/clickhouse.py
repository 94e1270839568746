"""ClickHouse, inside the process (`chdb:///path`) or as a server (`clickhouse://…`), as one adapter.

`clickhouse-connect` reaches both with the same calls; what differs is how a client is opened. One client
serialises its queries, so a small pool of them is kept: each call borrows one. What the embedded engine does
and does not do like a server is told in README.md.
"""

import importlib
import os
import queue
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError, ProgrammingError

from lynex_server.engines.columnar.held_merges import HeldMerges
from lynex_server.engines.columnar.migrations import ddl_words
from lynex_server.engines.columnar.native import native_block
from lynex_server.engines.columnar.protocol import Column, Params, QueryLimits, Rows
from lynex_server.kernel.errors import Busy, Conflict, QueryTooExpensive
from lynex_server.kernel.ids import new_id

POOLED_CLIENTS = 6
BORROW_TIMEOUT_S = 30.0

EMBEDDED_OPTIONS: Mapping[str, str] = {
    # The embedded engine shares the process with everything else: it is told how much is its own.
    "max_server_memory_usage": "2000000000",
    "mark_cache_size": "67108864",
    "index_mark_cache_size": "33554432",
    "uncompressed_cache_size": "0",
    "index_uncompressed_cache_size": "0",
    "query_condition_cache_size": "8388608",
    # Ours are filled by full-text search alone; left to themselves they grow to 4 GiB together.
    "text_index_tokens_cache_size": "33554432",
    "text_index_header_cache_size": "33554432",
    "text_index_postings_cache_size": "67108864",
    "background_pool_size": "2",
    "background_schedule_pool_size": "2",
    "background_fetches_pool_size": "1",
    "background_common_pool_size": "2",
}

BURST_ROWS = 8_000
"""An insert of so many rows is one of a burst: a batch grows with what comes in."""
MERGE_NICENESS = 15
"""Merging, and building the text indexes, can wait; a request that is to be acknowledged cannot."""
_MERGE_THREADS = "MergeMutate"

# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
_TOO_EXPENSIVE_CODES = {
    158: "it would read too many rows",
    159: "it took longer than its time limit",
    160: "it would take longer than its time limit",
    241: "it needed more memory than its limit",
    307: "it would read too many bytes",
    396: "its answer has too many rows",
}
# What passes when the engine, its disk or its network recovers: the same call may succeed later.
_PASSING_CODES = {
    198,  # DNS_ERROR
    202,  # TOO_MANY_SIMULTANEOUS_QUERIES
    209,  # SOCKET_TIMEOUT
    210,  # NETWORK_ERROR
    225,  # NO_ZOOKEEPER
    236,  # ABORTED: it is shutting down
    242,  # TABLE_IS_READ_ONLY: a replica without its keeper
    243,  # NOT_ENOUGH_SPACE
    252,  # TOO_MANY_PARTS: merges are behind
    279,  # ALL_CONNECTION_TRIES_FAILED
    285,  # TOO_FEW_LIVE_REPLICAS
    319,  # UNKNOWN_STATUS_OF_INSERT: repeating it with its token is harmless
    516,  # AUTHENTICATION_FAILED: a password that is being changed must not cost data
    999,  # KEEPER_EXCEPTION
}


class ClickHouse:
    """The one columnar adapter. See `protocol.Columnar` for what it promises."""

    def __init__(self, clients: Sequence[Client], cluster: str | None, insert_folder: Path | None) -> None:
        self._clients: queue.LifoQueue[Client] = queue.LifoQueue()
        for client in clients:
            self._clients.put(client)
        self._size = len(clients)
        self._cluster = cluster
        self._insert_folder = insert_folder
        self._merges_wait = insert_folder is None  # a server's threads are its own affair
        self._held_merges = None if insert_folder is None else HeldMerges(self.command)

    def query(self, sql: str, params: Params | None = None, limits: QueryLimits | None = None) -> Rows:
        with self._borrow() as client:
            result = client.query(
                sql,
                parameters=dict(params or {}),
                settings=_limit_settings(limits or QueryLimits()),
            )
            rows = [tuple(row) for row in result.result_rows]
            return Rows(tuple(result.column_names) if rows else (), rows)

    def command(self, sql: str, params: Params | None = None) -> None:
        with self._borrow() as client:
            client.command(sql, parameters=dict(params or {}))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[bytes], token: str) -> None:
        if rows:
            self._insert(table, columns, rows, "MsgPack", token)

    def insert_columns(self, table: str, columns: Sequence[Column], token: str) -> None:
        if columns and columns[0].values:
            if self._held_merges is not None and len(columns[0].values) >= BURST_ROWS:
                self._held_merges.hold()
            names = [column.name for column in columns]
            self._insert(table, names, native_block(columns), "Native", token)

    def _insert(
        self, table: str, columns: Sequence[str], parts: Iterable[bytes], form: str, token: str
    ) -> None:
        settings = {**_INSERT_SETTINGS, "insert_deduplication_token": token}
        with self._borrow() as client:
            if self._insert_folder is None:
                client.raw_insert(table, list(columns), b"".join(parts), fmt=form, settings=settings)
            else:
                _insert_from_file(client, self._insert_folder, table, columns, parts, form, settings)
        if not self._merges_wait:
            self._merges_wait = True
            _let_merges_wait()

    def delete(self, table: str, where: str, params: Params | None = None) -> None:
        on_cluster = self.ddl_words()["on_cluster"]
        with nullcontext() if self._held_merges is None else self._held_merges.needed():
            # 2: waits until every replica has done it. Each evaluates a subquery; it must say the same there.
            self.command(
                f"ALTER TABLE {table} {on_cluster} DELETE WHERE {where} "
                "SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1",
                params,
            )

    def outdated_files(self, tables: Sequence[str], since_us: int) -> int:
        parts = "system.parts"
        if self._cluster is not None:
            parts = f"clusterAllReplicas({_quoted(self._cluster)}, system.parts)"
        found = self.query(
            f"SELECT count() FROM {parts} WHERE database = currentDatabase() AND NOT active "
            "AND table IN {tables:Array(String)} "
            "AND remove_time <= toDateTime(intDiv({since_us:Int64}, 1000000))",
            {"tables": list(tables), "since_us": since_us},
        )
        return int(found.rows[0][0])

    def ddl_words(self) -> Mapping[str, str]:
        return ddl_words(self._cluster)

    def close(self) -> None:
        if self._held_merges is not None:
            self._held_merges.let_go()
        for _ in range(self._size):
            self._clients.get(timeout=BORROW_TIMEOUT_S).close()

    @contextmanager
    def _borrow(self) -> Iterator[Client]:
        try:
            client = self._clients.get(timeout=BORROW_TIMEOUT_S)
        except queue.Empty:
            raise Busy("every connection to the columnar engine is in use") from None
        try:
            yield client
        except OperationalError as error:
            raise Busy("the columnar engine cannot be reached") from error
        except DatabaseError as error:
            raise _explained(error) from error
        except OSError as error:  # see _insert_from_file: the disk may be full
            raise Busy("the columnar engine cannot write to its disk") from error
        finally:
            self._clients.put(client)


def open_columnar(url: str) -> ClickHouse:
    """Open `chdb:///folder` or `clickhouse://user:password@host:port/database?cluster=name`.

    Raises `ValueError` for another kind of URL, `Busy` when the server cannot be reached or refuses us,
    `Conflict` when another process has the folder open.
    """
    parts = urlsplit(url)
    if parts.scheme == "chdb":
        _load_without_arrow()
        try:
            clients = [_embedded_client(parts.path) for _ in range(POOLED_CLIENTS)]
        except ProgrammingError as error:
            raise Conflict(
                f"The columnar engine cannot open {parts.path}: another process has it open, or this process "
                f"has another folder open. ({error})"
            ) from error
        return ClickHouse(clients, cluster=None, insert_folder=_empty_folder(f"{parts.path}.inserts"))
    if parts.scheme in ("clickhouse", "clickhouses"):
        options = dict(parse_qsl(parts.query))
        cluster = options.pop("cluster", None)
        dsn = urlunsplit(parts._replace(query=urlencode(options)))
        try:
            servers = [_server_client(dsn) for _ in range(POOLED_CLIENTS)]
            return ClickHouse(servers, cluster, insert_folder=None)
        except OperationalError as error:
            raise Busy("the columnar engine cannot be reached") from error
        except DatabaseError as error:
            raise _explained(error) from error
    raise ValueError(f"columnar URL must begin with chdb:/// or clickhouse://, not {parts.scheme}://")


_INSERT_SETTINGS: Mapping[str, str] = {
    # One batch is one block: it is written and remembered as a whole or not at all.
    "max_insert_block_size": "1048576",
    "min_insert_block_size_rows": "1048576",
    "min_insert_block_size_bytes": "1073741824",
    "input_format_parallel_parsing": "0",
    "max_threads": "1",
    "max_insert_threads": "1",
    # A month is a partition: an import of a whole history must not fail for having many.
    "max_partitions_per_insert_block": "2000",
    "insert_deduplicate": "1",
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    # The text indexes are built when parts merge: doing it here would double the cost of an insert.
    "materialize_skip_indexes_on_insert": "0",
}


def _limit_settings(limits: QueryLimits) -> dict[str, Any]:
    return {
        "max_execution_time": limits.max_seconds,
        "timeout_overflow_mode": "throw",
        "max_memory_usage": limits.max_memory_bytes,
        "max_result_rows": limits.max_rows,
        "result_overflow_mode": "throw",
        "max_threads": 2,
        # A rollup is small and its states are dear to merge: share even a few thousand rows between threads.
        "merge_tree_min_rows_for_concurrent_read": 8192,
        "merge_tree_min_bytes_for_concurrent_read": 1_000_000,
    }


def _let_merges_wait() -> None:
    """Lower the priority of the engine's merge threads, which it starts with the first table.

    Its own setting for that (`os_threads_nice_value_merge_mutate`) does nothing when it is embedded.
    """
    for name in Path("/proc/self/task").glob("*/comm"):
        with suppress(OSError):  # a thread that has ended meanwhile
            if name.read_text().strip() == _MERGE_THREADS:
                os.setpriority(os.PRIO_PROCESS, int(name.parent.name), MERGE_NICENESS)


def _load_without_arrow() -> None:
    """Load chDB without pyarrow, which would take 45 MB for forms of answers that are never asked for."""
    if "pyarrow" in sys.modules:
        return
    sys.modules["pyarrow"] = None  # type: ignore[assignment]  # means: not installed, which chDB can do with
    try:
        importlib.import_module("chdb.state")
    finally:
        del sys.modules["pyarrow"]


def _embedded_client(path: str) -> Client:
    return clickhouse_connect.get_client(dsn=f"chdb://{path}", chdb_options=dict(EMBEDDED_OPTIONS))


def _server_client(dsn: str) -> Client:
    # A session would make the pool's clients share one query at a time on the server.
    return clickhouse_connect.get_client(dsn=dsn, autogenerate_session_id=False)


def _empty_folder(path: str) -> Path:
    """What a killed process left in it is gone; only our user can look in."""
    shutil.rmtree(path, ignore_errors=True)
    folder = Path(path)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def _insert_from_file(
    client: Client,
    folder: Path,
    table: str,
    columns: Sequence[str],
    parts: Iterable[bytes],
    form: str,
    settings: Mapping[str, str],
) -> None:
    # The library's raw_insert does the same in the system's temporary folder, where a killed process would
    # leave its users' texts behind.
    file = folder / new_id("insert")
    words = ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())
    try:
        with file.open("wb") as out:
            out.writelines(parts)
        client.command(
            f"INSERT INTO {table} ({', '.join(columns)}) FROM INFILE {_quoted(str(file))} "
            f"SETTINGS {words} FORMAT {form}"
        )
    finally:
        file.unlink(missing_ok=True)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _explained(error: DatabaseError) -> Exception:
    if error.code in _PASSING_CODES:
        return Busy(f"the columnar engine cannot do it now ({error.name or error.code})")
    reason = _TOO_EXPENSIVE_CODES.get(error.code or 0)
    if reason is None:
        return error
    return QueryTooExpensive(f"The query was stopped: {reason}. Narrow the time range or add a filter.")
