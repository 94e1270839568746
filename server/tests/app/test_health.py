"""`/readyz` with engines that answer, fail, or are busy."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from lynex_server.app import health
from lynex_server.kernel.errors import Busy

SECRET = "password=hunter2 host=db.internal"


def works() -> None:
    """An engine that answers."""


def fails() -> None:
    raise RuntimeError(SECRET)


def is_busy() -> None:
    raise Busy(SECRET)


def takes_long() -> None:
    raise TimeoutError(SECRET)


def client_of(**checks: Callable[[], None]) -> TestClient:
    app = FastAPI()
    app.include_router(health.router)
    app.state.readiness_checks = checks
    return TestClient(app)


def test_is_ready_when_every_check_passes() -> None:
    answer = client_of(queue=works).get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": {"queue": "ok"}})


@pytest.mark.parametrize(("check", "reason"), [(fails, "failed"), (is_busy, "busy"), (takes_long, "timeout")])
def test_names_the_culprit_and_keeps_what_it_said_to_the_log(check: Callable[[], None], reason: str) -> None:
    with capture_logs() as logged:
        answer = client_of(columnar=check, queue=works).get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "checks": {"columnar": reason, "queue": "ok"}}
    assert [(line["event"], line["check"]) for line in logged] == [(f"ready.{reason}", "columnar")]
    assert reason == "timeout" or SECRET in logged[0]["error"]
