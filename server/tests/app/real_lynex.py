"""A real Lynex as its users meet it: child processes, spoken to over HTTP and on the command line."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Entry, Queue, QueueBounds
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.identity.public import SCOPES, Identity
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.ids import ProjectId, new_id
from lynex_server.processing.public import Booked, booked_total

DEADLINE_S = 90.0
"""How long anything may take before a test gives up; on a quiet machine it takes a fraction of a second."""
LYNEX = Path(sys.executable).parent / "lynex"

HTTP = httpx.Client(
    timeout=DEADLINE_S,
    trust_env=False,
    # Each request has a connection of its own: the server may have been killed since the last one.
    limits=httpx.Limits(max_keepalive_connections=0),
)

_T = TypeVar("_T")


def eventually(ask: Callable[[], _T], is_right: Callable[[_T], object] = bool) -> _T:
    """The first answer of `ask` that is right; fails with the last one when none comes in time."""
    end = time.monotonic() + DEADLINE_S
    while not is_right(answer := ask()):
        assert time.monotonic() < end, f"not within {DEADLINE_S:.0f} s; last seen: {answer!r}"
        time.sleep(0.05)
    return answer


def an_event(number: int = 0, **fields: Any) -> dict[str, Any]:
    """A model call that costs 0.000375 dollars at the list price, now; `number` is in its span id."""
    return {
        "ts": time.time(),
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "provider": "openai",
        "model": "gpt-4o-mini-2024-07-18",
        "tokens_in": 500,
        "tokens_out": 500,
        "latency_ms": 250,
        **fields,
    }


COST_OF_AN_EVENT_NANOUSD = 500 * 150 + 500 * 600


class Tenant:
    """One project of a running Lynex, through its API key."""

    def __init__(self, url: str, project_id: str, api_key: str) -> None:
        self.url = url
        self.project_id = project_id
        self.api_key = api_key

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request, with the key unless other headers prove something else."""
        headers = {"Authorization": f"Bearer {self.api_key}"} | request.pop("headers", {})
        return HTTP.request(method, self.url + path, headers=headers, **request)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET that must succeed."""
        response = self.ask("GET", path, params=parameters)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def send(self, *events: Any, **headers: str) -> httpx.Response:
        """Post events, and see every one accepted."""
        response = self.ask("POST", "/v1/events", json=list(events), headers=headers)
        assert response.status_code == 207, response.text
        assert response.json()["rejected"] == 0, response.text
        return response

    @contextmanager
    def listen(self) -> Iterator[Iterator[str]]:
        """The lines of the live stream: all that is stored from now on."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        with HTTP.stream("GET", f"{self.url}/v1/live", headers=headers) as stream:
            assert stream.status_code == 200
            yield stream.iter_lines()

    def rows(self) -> list[dict[str, Any]]:
        """Every stored span of the last 30 days and the next, by the export."""
        response = self.ask("GET", "/v1/export", params={"format": "ndjson"})
        assert response.status_code == 200, response.text
        return [json.loads(line) for line in response.text.splitlines()]

    def span_ids(self) -> Counter[str]:
        """How often each span id is stored."""
        return Counter(row["span_id"] for row in self.rows())

    def see(self, count: int) -> list[dict[str, Any]]:
        """The stored spans, once there are `count` of them."""
        return eventually(self.rows, lambda rows: len(rows) >= count)


class Process:
    """A `lynex` command that keeps running, on `environment` alone (nothing of ours that begins `LYNEX_`)."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        folder = Path(environment["LYNEX_DATA_DIR"])
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{arguments[0]}-{new_id('run')}"
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.child = subprocess.Popen(
                [LYNEX, *arguments], env=_environment(environment), stdout=out, stderr=err
            )

    @property
    def stdout(self) -> str:
        """What it has said so far."""
        return self._out.read_text()

    @property
    def stderr(self) -> str:
        """What it has logged so far."""
        return self._err.read_text()

    def url(self) -> str:
        """Where it listens, once it answers."""
        self.says("http://")
        [url, *_] = re.findall(r"http://[^\s/]+", self.stdout)
        eventually(lambda: self._status(f"{url}/readyz"), lambda status: status == 200)
        return url

    def says(self, text: str) -> None:
        """Wait until it says `text`, to people or into its log."""

        def said() -> bool:
            assert self.child.poll() is None, f"ended with {self.child.returncode}: {self.stderr[-3000:]}"
            return text in self.stdout or text in self.stderr

        eventually(said)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the exit code."""
        self.send(number)
        return self.child.wait(DEADLINE_S)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.child.poll() is None:
            self.child.send_signal(number)

    def _status(self, url: str) -> int:
        assert self.child.poll() is None, self.stderr[-3000:]
        try:
            return HTTP.get(url).status_code
        except httpx.TransportError:
            return 0


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[Process]:
    """A `lynex` command that keeps running; killed afterwards, unless it has ended by then."""
    process = Process(*arguments, **environment)
    try:
        yield process
    finally:
        process.end(signal.SIGKILL)


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A `lynex` command that ends by itself."""
    return subprocess.run(
        [LYNEX, *arguments],
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def _environment(given: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LYNEX_")}
    # As in a pipe or a log: the narrowest terminal that anyone has.
    return (
        inherited
        | {"COLUMNS": "80", "LYNEX_PORT": "0", "LYNEX_GATEWAY_PORT": "0", "PYTHONDONTWRITEBYTECODE": ""}
        | given
    )


@dataclass(frozen=True, slots=True)
class Installation:
    """A running Lynex from behind, for what has no route: its projects, its ledger, its queue."""

    url: str
    relational_url: str
    queue_url: str
    master_key: bytes

    @classmethod
    def in_folder(cls, url: str, folder: Path) -> "Installation":
        """The one whose embedded engines are in `folder`."""
        key = bytes.fromhex((folder / "master.key").read_text().strip())
        return cls(url, f"sqlite:///{folder / 'lynex.db'}", f"sqlite:///{folder / 'queue.db'}", key)

    def new_tenant(self, scopes: tuple[str, ...] = SCOPES) -> Tenant:
        """A new project and a key of it."""
        with self._database() as database:
            identity = Identity(database, self.master_key, SystemClock())
            project_id = identity.create_project("Acme", new_id("prj")).id
            return Tenant(self.url, project_id, identity.create_key(project_id, "test", scopes).secret)

    def new_key(self, tenant: Tenant, scopes: tuple[str, ...]) -> Tenant:
        """The same project through another key."""
        with self._database() as database:
            identity = Identity(database, self.master_key, SystemClock())
            project_id = ProjectId(tenant.project_id)
            return Tenant(self.url, project_id, identity.create_key(project_id, "test", scopes).secret)

    def revoke_every_key(self, tenant: Tenant) -> None:
        """Leave the project without a key that works."""
        with self._database() as database:
            identity = Identity(database, self.master_key, SystemClock())
            for key in identity.list_keys(ProjectId(tenant.project_id)):
                identity.revoke_key(key.project_id, key.id)

    def booked(self, tenant: Tenant) -> Booked:
        """What the ledger holds for the project."""
        with self._database() as database:
            return booked_total(database, tenant.project_id)

    def put_in_queue(self, tenant: Tenant, body: bytes) -> None:
        """Append bytes for the tenant past the door that would have looked at them."""
        clock = SystemClock()
        queue = open_queue(self.queue_url, QueueBounds(), clock)
        entry = Entry(new_id("entry"), tenant.project_id, body, clock.now_us())
        try:
            asyncio.run(_append(queue, entry))
        finally:
            queue.close()

    @contextmanager
    def _database(self) -> Iterator[Database]:
        database = open_database(self.relational_url)
        try:
            yield database
        finally:
            database.close()


async def _append(queue: Queue, entry: Entry) -> None:
    await queue.append(entry)


def ledger_equals_spans(installation: Installation, tenant: Tenant) -> bool:
    """Whether the ledger holds exactly the tenant's stored spans."""
    rows = tenant.rows()
    booked = installation.booked(tenant)
    totals = [
        sum(int(row[name] or 0) for row in rows) for name in ("input_tokens", "output_tokens", "cost_nanousd")
    ]
    held = [booked.spans, booked.input_tokens, booked.output_tokens, booked.cost_nanousd]
    return held == [len(rows), *totals]
