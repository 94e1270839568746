"""`lynex` on the command line, as a person starts, uses, breaks and stops it."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from app.real_lynex import (
    COST_OF_AN_EVENT_NANOUSD,
    HTTP,
    Installation,
    Process,
    Tenant,
    an_event,
    eventually,
    ledger_equals_spans,
    run,
    running,
)
from typer.testing import CliRunner

from lynex_server.app.cli import cli
from lynex_server.identity.public import SCOPES

KEY = re.compile(r"lx_\w+")
OWNER_LINK = re.compile(r"Open +(\S+)\n")
COMMANDS = (
    "up",
    "serve",
    "work",
    "demo",
    "keys",
    "keys create",
    "keys list",
    "keys revoke",
    "audit",
    "audit list",
    "audit verify",
    "audit export",
    "audit public-key",
    "secrets",
    "secrets rotate",
    "secrets abandon",
    "sso",
    "sso confirm-domain",
    "login",
    "logout",
    "whoami",
    "openapi",
    "settings",
)


class Started:
    """A first `lynex up` on an empty folder, and who its greeting lets in."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.url = process.url()
        self.greeting = process.stdout
        self.tenant = Tenant(self.url, "default", KEY.findall(self.greeting)[0])
        self.installation = Installation.in_folder(self.url, folder)

    def run(self, *arguments: str) -> str:
        """What another `lynex` command on this folder says; it must succeed."""
        done = run(*arguments, LYNEX_DATA_DIR=str(self.folder), LYNEX_URL=self.url)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("first") / "data"
    with running("up", LYNEX_DATA_DIR=str(folder)) as process:
        yield Started(process, folder)


def one_line(text: str) -> str:
    """The text, seen to be one line for a person."""
    [line] = text.splitlines()
    assert line.startswith("lynex: ")
    assert "Traceback" not in text
    return line


# A first start


def test_the_first_start_shows_a_key_and_a_link_that_work(first: Started) -> None:
    """Nothing is cut off, however narrow the terminal: the key is shown this once."""
    key = first.tenant.api_key

    assert first.tenant.get("/v1/me")["project_id"] == "default"
    assert set(KEY.findall(first.greeting)) == {key}
    [owner_link] = OWNER_LINK.findall(first.greeting)
    assert owner_link.startswith(f"{first.url}/sign-in#token=")
    token = owner_link.partition("#token=")[2]
    asked = HTTP.post(f"{first.url}/v1/auth/links/redeem", json={"token": token})
    assert (asked.status_code, asked.json()["field"]) == (400, "email")  # it works, and wants to know whose
    assert f"export LYNEX_URL={first.url} LYNEX_API_KEY={key}\n" in first.greeting
    assert key not in first.process.stderr


def test_the_secrets_on_disk_are_for_the_owner_alone(first: Started) -> None:
    assert (first.folder / "master.key").stat().st_mode & 0o077 == 0
    written = b"".join(file.read_bytes() for file in first.folder.rglob("*.db*"))
    assert first.tenant.api_key.encode() not in written


def test_an_event_is_seen_with_its_cost_and_in_the_ledger(first: Started) -> None:
    tenant = first.installation.new_tenant()

    tenant.send(an_event(1), an_event(2))

    rows = tenant.see(2)
    assert {(row["cost_nanousd"], row["cost_source"]) for row in rows} == {
        (COST_OF_AN_EVENT_NANOUSD, "priced")
    }
    summary = eventually(lambda: tenant.get("/v1/metrics/summary"), lambda summary: summary["calls"] == 2)
    assert summary["cost_nanousd"] == 2 * COST_OF_AN_EVENT_NANOUSD
    assert (summary["input_tokens"], summary["output_tokens"]) == (1000, 1000)
    assert summary["latency_ms"]["p50"] is not None
    assert eventually(lambda: ledger_equals_spans(first.installation, tenant))  # booked right after


# What stands in the way


def test_a_second_lynex_on_the_same_folder_says_so(first: Started) -> None:
    done = run("up", LYNEX_DATA_DIR=str(first.folder))

    assert done.returncode == 1
    assert "Another Lynex is running" in one_line(done.stderr)
    assert str(first.folder) in done.stderr


def test_a_taken_port_is_told_at_once(first: Started, tmp_path: Path) -> None:
    port = first.url.rpartition(":")[2]

    done = run("up", LYNEX_DATA_DIR=str(tmp_path / "other"), LYNEX_PORT=port)

    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in one_line(done.stderr)
    assert "LYNEX_PORT" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LYNEX_PORT", "http", "LYNEX_PORT"),
        ("LYNEX_WORK_THREADS", "0", "LYNEX_WORK_THREADS"),
        ("LYNEX_MASTER_KEY", "not hex, and secret", "LYNEX_MASTER_KEY must be 64 hex digits"),
        ("LYNEX_QUEUE_URL", "kafka://host", "queue URL"),
        ("LYNEX_BOOTSTRAP_API_KEY", "short", "16 to 256"),
        ("LYNEX_HOST", "256.1.1.1", "256.1.1.1"),
        ("LYNEX_DATA_DIR", "/proc/lynex", "/proc/lynex"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str, said: str) -> None:
    done = run("up", **{"LYNEX_DATA_DIR": str(tmp_path / "data"), name: value})

    assert done.returncode == 1
    assert said in one_line(done.stderr)
    assert "secret" not in done.stderr
    assert done.stdout == ""


# Keys


def test_a_key_is_made_listed_and_revoked_while_lynex_runs(first: Started) -> None:
    created = first.run("keys", "create", "--local", "--name", "laptop").strip()
    laptop = Tenant(first.url, "default", created)
    key_id = laptop.get("/v1/me")["api_key_id"]

    listed = first.run("keys", "list", "--local")
    assert "laptop" in listed
    assert created not in listed
    assert key_id in listed

    assert "revoked" in first.run("keys", "revoke", "--local", key_id)
    eventually(lambda: laptop.ask("GET", "/v1/me").status_code, lambda status: status == 401)
    assert first.tenant.get("/v1/me")["project_id"] == "default"


@pytest.mark.parametrize(
    "arguments", [("create", "--project", "nobody"), ("revoke", "key_nobody"), ("create", "--name", "")]
)
def test_a_mistaken_key_command_is_told_in_one_line(first: Started, arguments: tuple[str, ...]) -> None:
    done = run("keys", *arguments, LYNEX_DATA_DIR=str(first.folder))

    assert done.returncode == 1
    one_line(done.stderr)


# Demo and help


def test_the_demo_fills_every_page(first: Started) -> None:
    tenant = first.installation.new_tenant()

    said = first.run("demo", "--traces", "400", "--days", "30", "--api-key", tenant.api_key)

    [spans] = re.findall(r"Sent ([\d,]+) spans of 400 traces", said)
    rows = tenant.see(int(spans.replace(",", "")))
    assert len(rows) == int(spans.replace(",", ""))
    assert eventually(lambda: tenant.get("/v1/dead-letters")["items"])
    assert eventually(lambda: ledger_equals_spans(first.installation, tenant))  # booked right after

    month = {"range": "30d"}
    summary = tenant.get("/v1/metrics/summary", **month)
    assert min(summary["calls"], summary["errors"], summary["unpriced"], summary["cost_nanousd"]) > 0
    assert summary["time_to_first_token_ms"]["p95"] > 0
    series = tenant.get("/v1/metrics/series", **month, step="1d", group_by="model")
    assert len(series["series"]) > 3
    for by in ("model", "route", "end_user", "environment", "release", "prompt_name", "error_type", "tag"):
        assert len(tenant.get("/v1/metrics/breakdown", **month, by=by)["rows"]) > 1, by
    assert tenant.get("/v1/metrics/cost-by-model", **month)["rows"]
    assert tenant.get("/v1/sessions", **month)["items"]
    traces = tenant.get("/v1/traces", **month, limit=500)["items"]
    assert len(traces) == 400
    deepest = max(traces, key=lambda trace: int(trace["spans"]))
    nodes = tenant.get(f"/v1/traces/{deepest['trace_id']}")["nodes"]
    assert {node["kind"] for node in nodes} > {"llm"}
    assert max(node["depth"] for node in nodes) > 0
    assert tenant.get("/v1/spans", **month, q="invoice")["items"]

    gateway = tenant.get("/v1/gateway/summary", **month)
    assert min(gateway["calls"], gateway["refused"], gateway["tried_again"]) > 0
    assert len(gateway["providers"]) > 3
    control = ("/v1/budgets", "/v1/alerts/rules", "/v1/gateway/providers", "/v1/gateway/routes")
    names = {path: [item["name"] for item in tenant.get(path)["items"]] for path in control}
    assert all(names.values())

    first.run("demo", "--traces", "1", "--api-key", tenant.api_key)
    assert {path: [item["name"] for item in tenant.get(path)["items"]] for path in control} == names


def test_the_demo_does_what_its_key_may(first: Started) -> None:
    tenant = first.installation.new_tenant(("ingest", "read"))

    first.run("demo", "--traces", "1", "--api-key", tenant.api_key)

    assert tenant.get("/v1/budgets")["items"] == []


def test_the_demo_says_what_is_missing(first: Started) -> None:
    for arguments, said in (
        ((), "API key"),
        (("--api-key", "lx_wrong"), "does not know"),
        (("--api-key", "x", "--url", "http://127.0.0.1:1"), "127.0.0.1:1: Connection refused"),
    ):
        done = run("demo", "--traces", "1", *arguments, LYNEX_URL=first.url)
        assert done.returncode == 1
        assert said in one_line(done.stderr)


def test_a_file_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    missing = tmp_path / "openai.key"

    done = run("gateway", "providers", "add", "mine", "openai", "--key-file", str(missing))

    assert (done.returncode, done.stderr) == (1, f"lynex: {missing}: No such file or directory\n")


def test_lynex_lists_its_commands() -> None:
    done = run("--help")

    assert done.returncode == 0
    assert "Usage: lynex" in done.stdout
    assert all(name in done.stdout for name in COMMANDS if " " not in name)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(cli, [*command.split(), "--help"], prog_name="lynex")

    assert shown.exit_code == 0
    assert f"Usage: lynex {command}" in shown.stdout
    assert len(shown.stdout.split()) > 10


# Ends


def test_what_was_acknowledged_outlives_a_kill_and_a_stop(tmp_path: Path) -> None:
    """langfuse#6380: nothing that was taken in is lost for good."""
    environment = {"LYNEX_DATA_DIR": str(tmp_path / "data")}
    with running("serve", **environment) as nobody_works:
        before = Started(nobody_works, tmp_path / "data")
        for request in range(3):
            before.tenant.send(*(an_event(10 * request + number) for number in range(10)))
        assert before.tenant.get("/v1/status")["queue"]["entries"] == 3
        nobody_works.end(signal.SIGKILL)

    with running("up", **environment) as second:
        tenant = Tenant(second.url(), "default", before.tenant.api_key)
        assert not KEY.search(second.stdout), "a key is shown at the first start alone"
        tenant.see(30)
        eventually(lambda: tenant.get("/v1/status")["queue"]["entries"], lambda entries: entries == 0)
        assert set(tenant.span_ids().values()) == {1}
        tenant.send(an_event(99))
        assert second.end(signal.SIGTERM) == 0

    with running("up", **environment) as third:
        tenant = Tenant(third.url(), "default", before.tenant.api_key)
        tenant.see(31)
        assert set(tenant.span_ids().values()) == {1}
        installation = Installation.in_folder(tenant.url, tmp_path / "data")
        eventually(lambda: ledger_equals_spans(installation, tenant))


def test_ctrl_c_ends_the_streams_of_open_dashboards(tmp_path: Path) -> None:
    """A stream never ends by itself: whoever stops Lynex would wait for every open browser."""
    with running("up", LYNEX_DATA_DIR=str(tmp_path / "data")) as process:
        started = Started(process, tmp_path / "data")
        with started.tenant.listen() as lines:
            process.send(signal.SIGINT)
            process.send(signal.SIGINT)  # and once more, for those in a hurry
            assert not [line for line in lines if line.startswith("event:")]
        assert process.end(signal.SIGINT) == 0
        assert "Traceback" not in process.stderr
        assert "Cancel" not in process.stderr


def test_a_chosen_first_key_works_and_is_not_repeated(tmp_path: Path) -> None:
    key = f"chosen-{os.urandom(12).hex()}"
    with running("up", LYNEX_DATA_DIR=str(tmp_path / "data"), LYNEX_BOOTSTRAP_API_KEY=key) as process:
        assert Tenant(process.url(), "default", key).get("/v1/me")["scopes"] == list(SCOPES)
        assert key not in process.stdout + process.stderr
