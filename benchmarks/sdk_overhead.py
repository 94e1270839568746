"""What the Python SDK costs the code that it watches.

`sdk.overhead`: microseconds that recording one model call adds on the caller's thread, with the real
background threads delivering to a server in another process. One sample is the mean over a burst of calls
of a decorated function, less the same for the bare function; calls come in bursts with pauses, as they do
in an app, and the figure is the median sample. `sdk.overhead.cpu` is the caller's own processor time per
call, without waiting for the interpreter lock.

`sdk.import_ms`: milliseconds that `import lynex` adds to the start of a process, byte code compiled as an
installer leaves it. The least of several: what else the machine does can only add to it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import lynex
from benchmarks.result import Result, Size, at_most, report

_SINK = """
import http.server, sys
class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"accepted": 0, "rejected": 0, "results": []}'
        self.send_response(207)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
_IMPORT = "import time; began = time.perf_counter(); import lynex; print((time.perf_counter() - began) * 1e3)"

_LIMIT_US = 20.0
_LIMIT_IMPORT_MS = 100.0
_BURST = 20
_PAUSE_S = 0.01
_BURSTS: dict[Size, int] = {"small": 20, "full": 500}
_IMPORTS: dict[Size, int] = {"small": 3, "full": 15}


def run(size: Size, seed: int) -> list[Result]:
    """Measure. The seed decides the texts of the calls."""
    wall_us, cpu_us, stats = _overhead(_BURSTS[size], random.Random(seed))
    if stats.dropped or stats.sent != stats.captured:
        raise RuntimeError(f"the measured spans did not all arrive: {stats}")
    return [
        at_most("sdk.overhead", median(wall_us), "us", _LIMIT_US),
        at_most("sdk.overhead.cpu", median(cpu_us), "us", _LIMIT_US),
        at_most("sdk.import_ms", min(_imports(_IMPORTS[size])), "ms", _LIMIT_IMPORT_MS),
    ]


def _overhead(bursts: int, rng: random.Random) -> tuple[list[float], list[float], lynex.Stats]:
    """Added wall and processor microseconds per call, one value per burst, and what was delivered."""
    answer = _answer(rng)
    messages = _conversation(rng)

    def ask(messages: list[dict[str, str]], temperature: float) -> dict[str, Any]:
        return answer

    traced = lynex.trace_llm(provider="openai", model="gpt-4o-mini")(ask)
    wall_us, cpu_us = [], []
    with _sink() as url:
        lynex.configure(ingest_url=url, api_key="benchmark", enabled=True)
        try:
            for _ in range(bursts):
                bare_wall, bare_cpu = _burst(ask, messages)
                traced_wall, traced_cpu = _burst(traced, messages)
                wall_us.append(traced_wall - bare_wall)
                cpu_us.append(traced_cpu - bare_cpu)
                time.sleep(_PAUSE_S)
            lynex.flush(30.0)
            stats = lynex.stats()
        finally:
            lynex.configure(enabled=False)
    return wall_us, cpu_us, stats


def _burst(function: Callable[..., Any], messages: list[dict[str, str]]) -> tuple[float, float]:
    began_ns, cpu_began_ns = time.perf_counter_ns(), time.thread_time_ns()
    for _ in range(_BURST):
        function(messages, temperature=0.2)
    cpu_ns, wall_ns = time.thread_time_ns() - cpu_began_ns, time.perf_counter_ns() - began_ns
    return wall_ns / _BURST / 1e3, cpu_ns / _BURST / 1e3


def _conversation(rng: random.Random) -> list[dict[str, str]]:
    roles = ["system", "user", "assistant", "user"]
    return [{"role": role, "content": _text(rng, 400)} for role in roles]


def _answer(rng: random.Random) -> dict[str, Any]:
    return {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion",
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": _text(rng, 600)},
            }
        ],
        "usage": {
            "prompt_tokens": 400,
            "completion_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 128},
        },
    }


def _text(rng: random.Random, characters: int) -> str:
    return "".join(rng.choice("abcdefghij klmnop qrst uvwxyz") for _ in range(characters))


def _imports(times: int) -> list[float]:
    with tempfile.TemporaryDirectory() as compiled:
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}

        def once() -> float:
            command = [sys.executable, "-c", _IMPORT]
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
            return float(done.stdout)

        once()  # compiles
        return [once() for _ in range(times)]


@contextmanager
def _sink() -> Iterator[str]:
    """A server in another process that takes every batch; gives its address."""
    process = subprocess.Popen([sys.executable, "-c", _SINK], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise RuntimeError("the sink has no output to say its port on")
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Run the full size."""
    for result in run("full", 1):
        print(report(result, "full", 1))


if __name__ == "__main__":
    main()
