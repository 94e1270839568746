"""Runs a system: the HTTP server, or workers alone, until a signal ends them."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from lynex_server.app.answer_writes import HeadsWithBodies
from lynex_server.app.gateway_http import create_gateway_app
from lynex_server.app.gateway_system import GatewaySystem
from lynex_server.app.http import create_app
from lynex_server.app.system import System
from lynex_server.app.web_safety import WebSettings, guard
from lynex_server.engines.live.protocol import Live
from lynex_server.gateway.public import GatewayLayer, GatewayService
from lynex_server.kernel.errors import Conflict
from lynex_server.kernel.open_files import raise_open_files

GRACE_S = 15
BACKLOG = 2048
SWITCH_INTERVAL_S = 0.001
"""How long a busy worker thread may keep the interpreter from the thread that answers requests. Python's
default of 5 ms is felt several times over in the latency of an acknowledgement."""


class AlreadyRunning(Conflict):
    """Another process uses the data folder, or the port is taken. The text says which."""


@contextlib.contextmanager
def sole_owner(folder: Path, lock: str) -> Iterator[None]:
    """Hold the file `lock` of the data folder: what it stands for belongs to one process at a time.

    Raises `AlreadyRunning`. The lock ends with the process, however it ends.
    """
    import fcntl  # noqa: PLC0415  # POSIX only; nothing else here is

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / lock).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another Lynex is running on {folder}. Stop it, or set LYNEX_DATA_DIR to another folder; "
                "several processes need Redis, PostgreSQL and a ClickHouse server."
            ) from None
        yield


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Bind the address before anything slow happens, so that a taken port is said at once, and by which
    setting another is chosen. The process may have as many connections as the system lets it."""
    raise_open_files()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by every connection. Without it an answer in two writes waits 40 ms for the client's ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AlreadyRunning(
            f"Cannot listen on {host}:{port} ({error.strerror}). "
            f"Set {setting} to a free port, or stop what uses it."
        ) from error
    return listener


def serve(system: System, listener: socket.socket, on_ready: Callable[[int], None]) -> None:
    """Serve requests until SIGINT or SIGTERM; then finish what is under way and close the system."""
    _run(create_app(system), system, listener, on_ready)


def serve_gateway(system: GatewaySystem, listener: socket.socket, on_ready: Callable[[int], None]) -> None:
    """Answer calls until SIGINT or SIGTERM; then let those under way end and close the system."""
    _run(create_gateway_app(system), system, listener, on_ready)


def _run(
    app: FastAPI, system: System | GatewaySystem, listener: socket.socket, on_ready: Callable[[int], None]
) -> None:
    guarded = guard(
        app,
        system.settings,
        WebSettings(),
        system.limits.max_body_bytes,
        lambda inner: GatewayLayer(inner, app, system.gateway),
    )
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    _spare_the_collector()
    port: int = listener.getsockname()[1]
    config = uvicorn.Config(
        guarded,
        http=HeadsWithBodies,
        log_config=None,
        access_log=False,
        server_header=False,
        # Its own would believe every process of this machine; `guard` believes whom it is told to.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=75,
    )
    server = _Server(config, lambda: on_ready(port), system.gateway, system.engines.live)
    # uvicorn raises the signal that ended it once more, so that the process would die of it: told to stop,
    # and having stopped, it ends well.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    # Not by `Config.loop`, which is read by uvicorn's own `run` alone.
    uvloop.run(server.serve(sockets=[listener]))


def _spare_the_collector() -> None:
    """What was made by starting up lives as long as the process: the garbage collector need not look at it
    again, and events are made and dropped in such numbers that its default of 700 is far too eager."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def work(system: System) -> None:
    """Run the workers alone until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if system.workers is None:
        raise ValueError("the system was opened without workers")
    _spare_the_collector()
    system.prices.start()
    system.workers.start()
    system.alerts.jobs.start()
    system.budgets.reconciler.start()
    if system.erasure_jobs is not None:
        system.erasure_jobs.start()
    structlog.get_logger().info("work.started")
    stop.wait()
    system.close()


class _Server(uvicorn.Server):
    """Says when it is ready: after start-up, when requests are answered. When it stops, it first lets the
    gateway's calls end, still listening: whoever asks meanwhile is told to go elsewhere. Then it ends live
    streams."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], gateway: GatewayService, live: Live
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._gateway = gateway
        self._live = live

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._drain()
        # By themselves they never end, and every open dashboard would hold up the stop by `GRACE_S`.
        await asyncio.to_thread(self._live.close)
        await super().shutdown(sockets)
        if self.force_exit:
            # A second Ctrl-C gives up waiting for answers under way, not the engines.
            await self.lifespan.shutdown()

    async def _drain(self) -> None:
        """A second Ctrl-C gives up waiting here, too."""
        draining = asyncio.create_task(self._gateway.drain())
        while not draining.done() and not self.force_exit:
            await asyncio.wait({draining}, timeout=0.1)
        draining.cancel()
