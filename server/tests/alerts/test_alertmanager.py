"""Alertmanager itself takes what we send, and `amtool` reads it back."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from alerts.conftest import Stage
from servers import free_port, wait_until

from lynex_server.kernel.clock import SystemClock


@pytest.fixture
def alertmanager_url(tmp_path: Path) -> Iterator[str]:
    """A real Alertmanager that tells nobody."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None or shutil.which("amtool") is None:
        pytest.skip("Alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)")
    config = tmp_path / "alertmanager.yml"
    config.write_text("route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")
    url = f"http://127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [program, f"--config.file={config}", f"--storage.path={tmp_path}", "--cluster.listen-address=",
         f"--web.listen-address={url.removeprefix('http://')}"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def is_ready() -> bool:
        try:
            return httpx.get(f"{url}/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_until(is_ready, process)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def active(url: str) -> list[dict]:
    command = ["amtool", f"--alertmanager.url={url}", "alert", "query", "--output=json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def test_an_alert_is_active_until_its_incident_is_resolved(stage: Stage, alertmanager_url: str):
    # It goes by its own clock: an alert of January would be over for it.
    stage.clock.advance_us(SystemClock().now_us() - stage.clock.now_us())
    target = {"kind": "alertmanager", "api_url": alertmanager_url}
    stage.post("/channels", {"name": "AM", "target": target, "match": []})
    stage.a_rule(name="Busy", metric="calls", condition={"kind": "above", "limit": 0}, window="1m")
    stage.calls(3, 20)
    assert stage.alerts.evaluator.tick()
    stage.alerts.telling.tell()
    assert stage.alerts.sender.send_one()

    [alert] = active(alertmanager_url)
    assert (alert["labels"]["alertname"], alert["labels"]["severity"]) == ("Busy", "warning")
    assert alert["annotations"]["summary"] == "the number of calls was 3, above 0"
    assert alert["generatorURL"].startswith("https://lynex.example.org/alerts/incidents/ali_")

    [incident] = stage.incidents()
    stage.post(f"/incidents/{incident['id']}/resolve", {"text": ""})
    assert stage.alerts.sender.send_one()
    assert active(alertmanager_url) == []
