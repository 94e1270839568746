"""What proving oneself costs an ingest request, and how soon a revoked key stops in another process.

`identity.auth` is the difference between two routes that do nothing, one with `require("events:write")` and
one open to all, both asked in turn and without a network: all that authentication adds, FastAPI's part
included.
`identity.auth.revoked` has a second process ask without pause whether a key works, on the same SQLite file.
"""

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.responses import Response

from benchmarks.result import Result, Size, at_most
from lynex_server.engines.relational.database import open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.identity.public import Identity, Principal, open_to_all, require
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.errors import Unauthorized
from lynex_server.kernel.ids import ProjectId

REQUESTS: dict[Size, int] = {"small": 500, "full": 20_000}
REVOCATIONS: dict[Size, int] = {"small": 2, "full": 50}
LIMIT_MS = 0.3
LIMIT_S = 1.0
MASTER_KEY = bytes(32)

Message = MutableMapping[str, Any]
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


def run(size: Size, seed: int) -> Iterator[Result]:
    """Both figures. There is nothing random in them: `seed` changes nothing."""
    del seed
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'identity.db'}"
        identity = _opened(url)
        project = identity.create_project("Bench", "bench").id
        yield at_most("identity.auth", _cost_ms(identity, project, REQUESTS[size]), "ms", LIMIT_MS)
        yield at_most(
            "identity.auth.revoked", _slowest_s(url, identity, project, REVOCATIONS[size]), "s", LIMIT_S
        )


def _opened(url: str) -> Identity:
    database = open_database(url)
    migrate(database)
    return Identity(database, MASTER_KEY, SystemClock())


def _cost_ms(identity: Identity, project: ProjectId, requests: int) -> float:
    """The median request with authentication less the median one without."""
    app = FastAPI()
    app.state.identity = identity

    @app.post("/open", dependencies=[open_to_all("it is what the other is compared with")])
    async def open_route() -> Response:
        return Response(status_code=204)

    @app.post("/closed")
    async def closed_route(principal: Annotated[Principal, require("events:write")]) -> Response:
        return Response(status_code=204)

    secret = identity.create_key(project, "bench").secret
    took = asyncio.run(_took(app, f"Bearer {secret}".encode(), requests))
    return (statistics.median(took["/closed"]) - statistics.median(took["/open"])) * 1000


async def _took(app: App, authorization: bytes, requests: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"/open": [], "/closed": []}
    for _ in range(requests):
        for path, times in took.items():
            begun = time.perf_counter()
            status = await _post(app, path, authorization)
            times.append(time.perf_counter() - begun)
            assert status == 204
    return took


async def _post(app: App, path: str, authorization: bytes) -> int:
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"authorization", authorization)],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, send)
    return statuses[0]


def _slowest_s(url: str, identity: Identity, project: ProjectId, revocations: int) -> float:
    """The longest time from the answer to a revocation to the other process's refusal."""
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.get_context("spawn").Process(target=_ask_until_refused, args=(url, theirs))
    other.start()
    slowest = 0.0
    try:
        for _ in range(revocations):
            made = identity.create_key(project, "bench")
            ours.send(made.secret)
            assert ours.recv() == "works"
            identity.revoke_key(project, made.key.id)
            revoked_s = time.time()
            slowest = max(slowest, ours.recv() - revoked_s)
    finally:
        ours.send("")
        other.join()
    return slowest


def _ask_until_refused(url: str, parent: Connection) -> None:
    """The other process: it says when it let a key in first, and when it did not any more."""
    identity = _opened(url)
    while secret := parent.recv():
        headers = {"authorization": f"Bearer {secret}"}
        identity.authenticate(headers, b"")
        parent.send("works")
        try:
            while True:
                identity.authenticate(headers, b"")
        except Unauthorized:
            parent.send(time.time())
