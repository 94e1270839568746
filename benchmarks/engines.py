"""Redis and PostgreSQL as child processes, on throw-away folders and free ports."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.stack import free_port

START_TIMEOUT_S = 60.0


class NotInstalled(Exception):
    """The server's program is not on this machine."""


@contextlib.contextmanager
def running_redis() -> Iterator[str]:
    """A Redis that keeps its data in memory alone, as its URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("redis-server")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="lynex-bench-redis-") as folder:
        arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
        try:
            _wait(lambda: _answers(["redis-cli", "-p", str(port), "ping"]), process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL with its usual durability, as the URL of its database."""
    found = shutil.which("initdb") or next(iter(Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    if found is None:
        raise NotInstalled("postgres")
    programs = Path(found).resolve().parent
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="lynex-bench-postgres-") as name:
        folder, port = Path(name), free_port()
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "--no-sync"],
            user=user,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        settings = (f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}")
        process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *(f"-c{setting}" for setting in settings)],
            user=user,
            cwd=folder,
            stderr=subprocess.DEVNULL,
        )
        ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        try:
            _wait(lambda: _answers(ready), process)
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait()


def _answers(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _wait(is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not is_ready():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"{process.args!r} did not get ready")
        time.sleep(0.05)
