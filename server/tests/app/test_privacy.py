"""Erasing and redacting as users meet it: over HTTP and on the command line of a running Lynex."""

import json
from pathlib import Path
from typing import Any

from app.real_lynex import Installation, Tenant, an_event, eventually, run

USER = "ann/of acme"


def lynex(tenant: Tenant, tmp_path: Path, *arguments: str) -> str:
    done = run(*arguments, LYNEX_URL=tenant.url, LYNEX_API_KEY=tenant.api_key, LYNEX_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_end_user_is_exported_and_erased_from_the_command_line(tenant: Tenant, tmp_path: Path) -> None:
    tenant.send(an_event(1, end_user_id=USER, input="a secret"), an_event(2, end_user_id="bob"))
    tenant.see(2)

    lynex(tenant, tmp_path, "privacy", "export-user", USER, "--to", str(tmp_path / "ann.ndjson"))
    held = [json.loads(line) for line in (tmp_path / "ann.ndjson").read_text().splitlines()]
    assert "a secret" in {line.get("input") for line in held}

    said = lynex(tenant, tmp_path, "privacy", "erase-user", USER)
    erasure_id = said.split()[0]

    def status() -> Any:
        return json.loads(lynex(tenant, tmp_path, "privacy", "status", erasure_id))

    # The engine drops the old files some minutes later; by then the rows have long been gone.
    found = eventually(status, lambda erasure: erasure["step"] in ("files", "verify", "finished"))
    assert found["erased"]["spans"] == 1
    assert [row["end_user_id"] for row in tenant.rows()] == ["bob"]
    assert lynex(tenant, tmp_path, "privacy", "export-user", USER) == ""
    assert erasure_id in lynex(tenant, tmp_path, "privacy", "status")


def test_a_refusal_is_one_line(tenant: Tenant, tmp_path: Path) -> None:
    done = run(
        "privacy", "status", "ers_unknown",
        LYNEX_URL=tenant.url, LYNEX_API_KEY=tenant.api_key, LYNEX_DATA_DIR=str(tmp_path),
    )  # fmt: skip

    assert done.returncode == 1
    assert "there is none" in done.stderr


def test_redaction_that_was_changed_holds_within_a_second(tenant: Tenant, installation: Installation) -> None:
    settings = {"detectors": [], "patterns": [{"name": "order", "expression": "ORD-\\d{6}"}]}
    tenant.send(an_event(1, input="ORD-123456"))

    assert tenant.ask("PUT", "/v1/redaction", json=settings).status_code == 200
    tenant.send(an_event(2, input="ORD-123456"))

    stored = {row["span_id"][-1]: row["input"] for row in tenant.see(2)}
    assert stored == {"1": "ORD-123456", "2": "[redacted:order]"}


def test_an_export_of_a_project_is_its_own(tenant: Tenant, installation: Installation) -> None:
    other = installation.new_tenant()
    other.send(an_event(1, input="of another"))
    tenant.send(an_event(2, input="mine"))
    other.see(1)
    tenant.see(1)

    mine = tenant.ask("GET", f"/v1/projects/{tenant.project_id}/export")

    assert "mine" in mine.text
    assert "of another" not in mine.text
    assert tenant.ask("GET", f"/v1/projects/{other.project_id}/export").status_code == 404
