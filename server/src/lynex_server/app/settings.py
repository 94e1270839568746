"""Where Lynex listens and keeps its state. One URL per kind of state chooses its engine."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from lynex_server.engines.cache.protocol import CacheBounds
from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.kernel.settings import Settings

_BOUNDS = QueueBounds()
_CACHE_BOUNDS = CacheBounds()


@dataclass(frozen=True, slots=True)
class EngineURLs:
    """One URL per kind of state."""

    columnar: str
    queue: str
    relational: str
    blob: str
    live: str
    limits: str
    counters: str
    cache: str


class AppSettings(Settings):
    """What a process needs to start. Every URL left empty means the embedded engine in `data_dir`."""

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 opens it to the network."
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    gateway_port: int = Field(
        default=8100,
        ge=0,
        le=65535,
        description="Port of `lynex gateway`, which may run beside the rest; 0 takes a free one.",
    )
    data_dir: Path = Field(
        default=Path(".lynex"), description="Folder of the embedded engines and of the master key."
    )
    columnar_url: str = Field(
        default="",
        description="Spans and rollups: `chdb:///folder`, or `clickhouse://user:password@host:8123/db?cluster=name`.",
    )
    queue_url: str = Field(default="", description="Durable log: `sqlite:///file`, or `redis://host:6379/0`.")
    relational_url: str = Field(
        default="",
        description="Projects, keys, ledger: `sqlite:///file`, or `postgresql://user:password@host/db`.",
    )
    blob_url: str = Field(
        default="", description="Large bodies: `file:///folder`, or `s3://bucket/prefix?endpoint=…&region=…`."
    )
    live_url: str = Field(default="", description="News for live views: `memory:`, or `redis://host:6379/0`.")
    mail_url: str = Field(
        default="console:",
        description="How mail goes out: `console:` prints it, "
        "`smtp://user:password@host:587?from=lynex@your.domain&tls=starttls` sends it.",
    )
    limits_url: str = Field(
        default="",
        description="Counters of the rate limits: `memory:` (each process limits by itself), or "
        "`redis://host:6379/0`. Empty: the Redis of `LYNEX_LIVE_URL`, else memory.",
    )
    limits_when_unreachable: Literal["allow", "refuse"] = Field(
        default="allow", description="What becomes of requests while the Redis of the rate limits is away."
    )
    counters_url: str = Field(
        default="",
        description="What budgets have spent and hold: `sqlite:///file`, or `redis://host:6379/0`. Empty: "
        "the Redis of `LYNEX_QUEUE_URL` or `LYNEX_LIVE_URL`: processes that share work share limits, too.",
    )
    cache_url: str = Field(
        default="",
        description="Answers that the gateway gives again: `sqlite:///file`, or `redis://host:6379/0`. "
        "Empty: the Redis of `LYNEX_LIMITS_URL` or `LYNEX_LIVE_URL`, else a file.",
    )
    cache_max_entries: int = Field(
        default=_CACHE_BOUNDS.max_entries,
        ge=1,
        description="Most entries of the cache; beyond it the oldest goes.",
    )
    cache_max_bytes: int = Field(
        default=_CACHE_BOUNDS.max_bytes,
        ge=1,
        description="Most bytes in the cache; beyond it the oldest goes.",
    )
    queue_max_entries: int = Field(
        default=_BOUNDS.max_entries,
        ge=1,
        description="Most requests that the durable log holds; beyond it ingest answers 503.",
    )
    queue_max_bytes: int = Field(
        default=_BOUNDS.max_bytes,
        ge=1,
        description="Most bytes that the durable log holds; beyond it ingest answers 503.",
    )
    queue_reclaim_after_s: float = Field(
        default=_BOUNDS.reclaim_after_s,
        ge=6,
        description="A worker that is silent for so long is taken for dead, and others take over what it had "
        "in hand. A living one makes itself heard every 5 s.",
    )
    bootstrap_api_key: SecretStr | None = Field(
        default=None,
        description="Creates the first project with this API key (16 characters or more). For automation.",
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="64 hex digits that seal secrets at rest. Without it a key file is made in `data_dir`.",
    )
    master_key_new: SecretStr | None = Field(
        default=None,
        description="64 hex digits: the next master key, while `lynex secrets rotate` leads to it.",
    )
    public_url: str = Field(
        default="", description="How browsers and SDKs reach this Lynex, when it stands behind a proxy."
    )
    log_format: str = Field(
        default="text", pattern="^(text|json)$", description="`text` for people, `json` for machines."
    )

    def engine_urls(self) -> EngineURLs:
        """The URLs with the embedded engines filled in."""
        folder = self.data_dir.resolve()
        shared = next((url for url in (self.queue_url, self.live_url) if url.startswith("redis")), "")
        limits = self.limits_url or (self.live_url if self.live_url.startswith("redis") else "memory:")
        return EngineURLs(
            columnar=self.columnar_url or f"chdb://{folder}/columnar",
            queue=self.queue_url or f"sqlite:///{folder}/queue.db",
            relational=self.relational_url or f"sqlite:///{folder}/lynex.db",
            blob=self.blob_url or f"file://{folder}/blob",
            live=self.live_url or "memory:",
            limits=limits,
            counters=self.counters_url or shared or f"sqlite:///{folder}/counters.db",
            cache=self.cache_url
            or next(
                (url for url in (limits, self.live_url) if url.startswith("redis")),
                f"sqlite:///{folder}/cache.db",
            ),
        )

    def queue_bounds(self) -> QueueBounds:
        """When the durable log says no."""
        return QueueBounds(
            max_bytes=self.queue_max_bytes,
            max_entries=self.queue_max_entries,
            reclaim_after_s=self.queue_reclaim_after_s,
        )

    def cache_bounds(self) -> CacheBounds:
        """When the oldest entries go."""
        return CacheBounds(max_entries=self.cache_max_entries, max_bytes=self.cache_max_bytes)

    def browser_url(self, port: int) -> str:
        """The address to print: the public one, or the loopback when listening on every address."""
        return self.public_url.rstrip("/") if self.public_url else self.local_url(port)

    def local_url(self, port: int) -> str:
        """The address of this process itself; the loopback when it listens on every address."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104  # compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def environment_variable(name: str) -> str | None:
    """A variable that is no setting: the gateway's configuration file names those that hold its keys."""
    return os.environ.get(name)
