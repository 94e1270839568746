"""A signed export is checked with other programs than Lynex: openssl, and ten lines of Python."""

import json
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from clocks import FixedClock
from safety.factories import a_vault, an_audit_log, record

from lynex_server.engines.relational.database import Database
from lynex_server.safety import audit_export
from lynex_server.safety.public import AuditExporter, AuditFilters

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "read-the-audit-log.md"


def an_exporter(database: Database) -> AuditExporter:
    return AuditExporter(database, a_vault(database), FixedClock())


@pytest.fixture
def exported(database: Database, tmp_path: Path) -> Path:
    """A folder as someone else gets it: the rows, the signature, the public key."""
    audit = an_audit_log(database)
    for number in range(5):
        record(database, audit, target=f"bud_{number}", after={"name": "Zürich", "limit": number})
    record(database, audit, organisation_id="other")
    exporter = an_exporter(database)
    with (tmp_path / "audit.ndjson").open("w+b") as file:
        written = exporter.write(file, "acme")
    assert written.rows == 5
    (tmp_path / "audit.ndjson.sig").write_bytes(written.signature)
    (tmp_path / "audit-public-key.pem").write_text(exporter.public_key_pem())
    return tmp_path


def block_of_how_to(language: str) -> str:
    """The one code block of this language on the how-to page that checks an export."""
    page = HOW_TO.read_text("utf-8")
    blocks = [block.split("```")[0] for block in page.split(f"```{language}\n")[1:]]
    (found,) = [block for block in blocks if "audit.ndjson.sig" in block and "lynex" not in block]
    return found


def checked_by(exported: Path, program: list[str]) -> bool:
    return subprocess.run(program, cwd=exported, capture_output=True, check=False).returncode == 0


def python_of_how_to() -> list[str]:
    return [sys.executable, "-I", "-c", block_of_how_to("python")]


def openssl_of_how_to() -> list[str]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return ["sh", "-e", "-c", block_of_how_to("sh")]


@pytest.mark.parametrize("program", [python_of_how_to, openssl_of_how_to])
def test_is_checked_without_lynex_as_the_how_to_says(exported: Path, program: object) -> None:
    command = program()
    assert checked_by(exported, command)

    rows = exported / "audit.ndjson"
    good = rows.read_bytes()
    rows.write_bytes(good.replace(b"bud_3", b"bud_4"))
    assert not checked_by(exported, command)
    rows.write_bytes(good[: good.rindex(b"{")])
    assert not checked_by(exported, command)


def test_rows_come_oldest_first_and_hold_all_there_is(exported: Path) -> None:
    rows = [json.loads(line) for line in (exported / "audit.ndjson").read_text("utf-8").splitlines()]

    assert [row["target"] for row in rows] == [f"bud_{number}" for number in range(5)]
    assert rows[0]["actor"] == {
        "kind": "user",
        "id": "usr_anna",
        "name": "anna@example.com",
        "address": "203.0.113.7",
    }
    assert rows[4]["after"] == {"name": "Zürich", "limit": 4}
    assert {row["organisation_id"] for row in rows} == {"acme"}


def test_the_form_of_a_line_never_changes(exported: Path) -> None:
    """The hashes of every log there is are over lines of this form."""
    line = (exported / "audit.ndjson").read_text("utf-8").splitlines()[0]
    row_id = json.loads(line)["id"]

    assert line == (
        '{"action":"budget.created","actor":{"address":"203.0.113.7","id":"usr_anna","kind":"user",'
        '"name":"anna@example.com"},"after":{"limit":0,"name":"Zürich"},"at_us":1767614400000000,'
        f'"before":null,"id":"{row_id}","organisation_id":"acme","previous_hash":"{"0" * 64}",'
        '"project_id":"","sequence":1,"target":"bud_0"}'
    )


def test_the_key_is_made_once(database: Database) -> None:
    first = an_exporter(database).public_key_pem()

    assert first.startswith("-----BEGIN PUBLIC KEY-----")
    assert an_exporter(database).public_key_pem() == first


def test_filters_narrow_it_and_pages_join(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "_PAGE_ROWS", 2)
    audit = an_audit_log(database)
    for number in range(7):
        record(database, audit, project_id="odd" if number % 2 else "even")

    with (tmp_path / "rows").open("w+b") as file:
        assert an_exporter(database).write(file, "acme", AuditFilters(project_id="even")).rows == 4
    assert [json.loads(line)["sequence"] for line in (tmp_path / "rows").read_text().splitlines()] == [
        1,
        3,
        5,
        7,
    ]


def test_an_empty_export_is_signed_too(database: Database, tmp_path: Path) -> None:
    with (tmp_path / "rows").open("w+b") as file:
        written = an_exporter(database).write(file, "nobody")

    assert (written.rows, len(written.signature)) == (0, 64)


def test_an_archive_holds_rows_signature_and_key(database: Database, tmp_path: Path) -> None:
    record(database, an_audit_log(database))

    with zipfile.ZipFile(BytesIO(b"".join(an_exporter(database).archive("acme")))) as archive:
        archive.extractall(tmp_path)

    assert checked_by(tmp_path, python_of_how_to())
