"""A real Lynex with secrets in its environment: none of them is in its log, its answers or its files."""

import json
from pathlib import Path

from app.real_lynex import Tenant, running

MASTER_KEY = "5ec2e7" * 10 + "abcd"
API_KEY = "lx_planted_0123456789_hunter2_hunter2"
CALLS = (
    ("GET", "/v1/me", None),
    ("GET", "/v1/keys", None),
    ("GET", "/v1/openapi.json", None),
    ("GET", "/openapi.json", None),
    ("GET", "/readyz", None),
    ("GET", "/v1/spans?cursor=broken", None),
    ("GET", "/v1/nothing", None),
    ("POST", "/v1/events", b"not json"),
    ("POST", "/v1/keys", b'{"name": 5, "secret": "no"}'),
    ("POST", "/v1/traces", b"\xff\xff"),
)
"""Answers of every kind: good, refused, not found, malformed."""


def test_no_secret_is_logged_answered_or_stored_in_the_clear(tmp_path: Path) -> None:
    environment = {
        "LYNEX_DATA_DIR": str(tmp_path / "data"),
        "LYNEX_MASTER_KEY": MASTER_KEY,
        "LYNEX_BOOTSTRAP_API_KEY": API_KEY,
        "LYNEX_LOG_FORMAT": "json",
    }
    with running("up", **environment) as process:
        tenant = Tenant(process.url(), "default", API_KEY)
        made = tenant.ask("POST", "/v1/keys", json={"name": "second", "scopes": ["ingest", "read"]})
        assert made.status_code == 201, made.text
        second = json.loads(made.text)["secret"]
        said = [
            tenant.ask(method, path, content=body, headers={"Authorization": f"Bearer {key}"}).text
            for method, path, body in CALLS
            for key in (API_KEY, second, f"{second}x")
        ]
        tenant.ask("GET", "/v1/me", headers={"x-lynex-key": second, "x-lynex-signature": second})
        said += [process.stdout, process.stderr]

    planted = (MASTER_KEY, API_KEY, second)
    for text in said:
        assert not any(secret in text for secret in planted)
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            assert not any(secret.encode() in held for secret in planted), file
            assert bytes.fromhex(MASTER_KEY) not in held, file
