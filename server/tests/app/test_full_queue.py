"""A full log: `lynex serve` says so and loses nothing, and takes in again once `lynex work` has made room."""

import signal
from pathlib import Path

from app.real_lynex import Installation, Tenant, an_event, eventually, running
from clickhouse_server import HttpServer

HELD = 6


def send(tenant: Tenant, number: int) -> int:
    """The status of one event's answer; a refusal must say when to come back."""
    answer = tenant.ask("POST", "/v1/events", json=an_event(number))
    if answer.status_code == 503:
        assert answer.json()["code"] == "busy"
        assert int(answer.headers["retry-after"]) > 0
    return answer.status_code


def test_a_full_log_refuses_loses_nothing_and_takes_in_again(tmp_path: Path) -> None:
    """langfuse#10533: what is not stored is never acknowledged."""
    columnar = HttpServer(tmp_path / "clickhouse")
    environment = {
        "LYNEX_DATA_DIR": str(tmp_path / "lynex"),
        "LYNEX_COLUMNAR_URL": columnar.url,
        "LYNEX_QUEUE_MAX_ENTRIES": str(HELD),
    }
    try:
        with running("serve", **environment) as serving:
            tenant = Installation.in_folder(serving.url(), tmp_path / "lynex").new_tenant()

            answers = [send(tenant, number) for number in range(HELD + 4)]
            assert answers == [207] * HELD + [503] * 4
            assert tenant.get("/v1/status")["queue"]["entries"] == HELD
            assert tenant.ask("POST", "/v1/traces", json={}).status_code == 200  # nothing to store

            with running("work", **environment) as working:
                tenant.see(HELD)
                eventually(lambda: send(tenant, HELD), lambda status: status == 207)
                tenant.see(HELD + 1)
                assert working.end(signal.SIGTERM) == 0

            assert tenant.span_ids() == {f"{number:016x}": 1 for number in range(HELD + 1)}
            assert serving.end(signal.SIGTERM) == 0
    finally:
        columnar.kill()
