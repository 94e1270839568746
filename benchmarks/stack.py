"""A real Lynex as a child process, on a throw-away folder and a free port."""

import contextlib
import csv
import http.client
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

START_TIMEOUT_S = 90


@dataclass(slots=True)
class Lynex:
    """A running server and how to talk to it. It survives `kill` and can be started again on its folder."""

    folder: Path
    api_key: str
    extra_environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    def start(self) -> float:
        """Start and wait until it is ready; returns the seconds that took."""
        begun = time.monotonic()
        self.port = free_port()
        environment = {
            **os.environ,
            "LYNEX_DATA_DIR": str(self.folder),
            "LYNEX_PORT": str(self.port),
            "LYNEX_HOST": "127.0.0.1",
            "LYNEX_BOOTSTRAP_API_KEY": self.api_key,
            **self.extra_environment,
        }
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).parent / "lynex", "up"], env=environment, stdout=log, stderr=log
            )
        self.wait_until_ready()
        return time.monotonic() - begun

    def wait_until_ready(self) -> None:
        """Until it answers; raises when it ends first, or takes too long."""
        begun = time.monotonic()
        while not self._ready():
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"Lynex ended: {(self.folder / 'server.log').read_text()[-3000:]}")
            if time.monotonic() - begun > START_TIMEOUT_S:
                raise TimeoutError("Lynex did not get ready")
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL, as a power cut to the process would be."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM and wait."""
        self._end(signal.SIGTERM)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON answer of a GET. Raises `RuntimeError` on anything but 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            query = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
            connection.request("GET", path + query, headers={"Authorization": f"Bearer {self.api_key}"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {body[:500]!r}")
        return json.loads(body)

    def export_rows(self) -> Iterator[dict[str, str]]:
        """Every stored span of the last 30 days, through the CSV export."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request(
                "GET",
                "/v1/export?format=csv&range=30d",
                headers={"Authorization": f"Bearer {self.api_key}"},
            )
            answer = connection.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"export: {answer.status} {answer.read(500)!r}")
            yield from csv.DictReader(io.TextIOWrapper(answer, "utf-8", newline=""))
        finally:
            connection.close()

    def resident_bytes(self) -> int:
        """Memory of the process that is in RAM now."""
        return int(self._proc("status").read_text().split("VmRSS:")[1].split()[0]) * 1024

    def processor_s(self) -> float:
        """Processor time that the process has taken, in all its threads."""
        fields = self._proc("stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def sockets(self) -> int:
        """Open sockets of the process."""
        found = 0
        for descriptor in self._proc("fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                found += str(descriptor.readlink()).startswith("socket:")
        return found

    def threads(self) -> int:
        """Threads of the process."""
        return sum(1 for _ in self._proc("task").iterdir())

    def gauges(self) -> dict[str, float]:
        """What the process tells Prometheus, where it has no labels."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        plain = (line.split() for line in lines if line and not line.startswith("#") and "{" not in line)
        return {name: float(value) for name, value in plain}

    def disk_bytes(self, *parts: str) -> int:
        """Size of the files below a folder of the data."""
        return sum(file.stat().st_size for file in self.folder.joinpath(*parts).rglob("*") if file.is_file())

    def _proc(self, name: str) -> Path:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}", name)

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)
        self.process = None


@contextlib.contextmanager
def running_lynex(**environment: str) -> Iterator[Lynex]:
    """A ready server; ended and its folder removed afterwards."""
    with prepared_lynex(**environment) as lynex:
        lynex.start()
        yield lynex


@contextlib.contextmanager
def prepared_lynex(**environment: str) -> Iterator[Lynex]:
    """As `running_lynex`, but not started yet."""
    folder = Path(tempfile.mkdtemp(prefix="lynex-bench-"))
    lynex = Lynex(folder, f"lx_bench_{secrets.token_urlsafe(24)}", environment)
    try:
        yield lynex
    finally:
        lynex.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_gateway(lynex: Lynex) -> Iterator[Lynex]:
    """`lynex gateway`, a process of its own on the same folder."""
    alone = Lynex(lynex.folder, lynex.api_key, lynex.extra_environment)
    alone.port = free_port()
    environment = {
        **os.environ,
        "LYNEX_DATA_DIR": str(lynex.folder),
        "LYNEX_HOST": "127.0.0.1",
        "LYNEX_GATEWAY_PORT": str(alone.port),
        **lynex.extra_environment,
    }
    with (lynex.folder / "gateway.log").open("ab") as log:
        alone.process = subprocess.Popen(
            [Path(sys.executable).parent / "lynex", "gateway"], env=environment, stdout=log, stderr=log
        )
    try:
        alone.wait_until_ready()
        yield alone
    finally:
        alone.stop()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
