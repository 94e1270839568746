"""`lynex audit` and `lynex secrets` on a folder of their own, without a server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from lynex_server.app import master_key
from lynex_server.app.cli import cli
from lynex_server.app.safety_services import SafetyServices, safety_services
from lynex_server.identity.public import Identity, sign
from lynex_server.kernel.errors import Unauthorized
from lynex_server.kernel.ids import ProjectId
from lynex_server.safety.tables import audit_log

SECRET = "a-planted-secret-hunter2"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LYNEX_DATA_DIR", str(tmp_path))
    return tmp_path


@contextmanager
def identity() -> Iterator[tuple[SafetyServices, Identity]]:
    with safety_services() as services:
        yield services, Identity(services.database, services.vault, services.clock)


def lynex(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def signs(secret: str) -> bool:
    """Whether a request signed with this key is taken: its sealed secret must open for that."""
    with identity() as (services, one):
        timestamp = str(services.clock.now_us() // 1_000_000)
        headers = {
            "x-lynex-key": "acme",
            "x-lynex-timestamp": timestamp,
            "x-lynex-signature": sign(secret, timestamp, b""),
        }
        try:
            return one.authenticate(headers, b"").project_id == "acme"
        except Unauthorized:
            return False


@pytest.fixture
def project() -> str:
    """A project with a key and a secret in the vault; the key."""
    with identity() as (services, one):
        one.create_project("Acme", "acme")
        with services.database.begin() as connection:
            services.vault.put(connection, "default", "openai", SECRET)
        return one.create_key(ProjectId("acme"), "a key").secret


def test_lists_what_was_done(project: str) -> None:
    said = lynex("audit", "list", "--action", "key")

    assert said.exit_code == 0
    assert "acme" in said.output
    assert project not in said.output


def test_verifies_and_fails_on_a_changed_row(project: str) -> None:
    assert lynex("audit", "verify").exit_code == 0

    with safety_services() as services, services.database.begin() as connection:
        connection.execute(
            sa.update(audit_log).where(audit_log.c.organisation_id == "default").values(actor_name="x")
        )
    said = lynex("audit", "verify")

    assert said.exit_code == 1
    assert "(installation): " in said.output
    assert "row 1 (aud_" in said.output


def test_exports_with_a_signature_beside_it(project: str, tmp_path: Path) -> None:
    out = tmp_path / "audit.ndjson"

    assert lynex("audit", "export", "--out", str(out)).exit_code == 0

    assert out.read_bytes().startswith(b'{"action":')
    assert len((tmp_path / "audit.ndjson.sig").read_bytes()) == 64
    assert lynex("audit", "public-key").output.startswith("-----BEGIN PUBLIC KEY-----\n")


def test_rotates_the_key_file_and_everything_still_opens(project: str, folder: Path) -> None:
    before = (folder / "master.key").read_text()

    said = lynex("secrets", "rotate")

    assert said.exit_code == 0, said.output
    assert (folder / "master.key").read_text() != before
    assert not (folder / "master.key.new").exists()
    assert signs(project)
    assert SECRET in secrets_in_the_vault()
    assert lynex("audit", "verify").exit_code == 0
    assert "master_key.rotated" in audit_rows("")


def test_goes_on_after_a_crash_before_the_key_file_was_replaced(
    project: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_settings: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(master_key, "take_next_master_key", crash)
        assert lynex("secrets", "rotate").exit_code != 0
    assert {file.name for file in folder.glob("master*")} == {"master.key", "master.key.new"}
    assert signs(project)
    following = (folder / "master.key.new").read_text()

    assert lynex("secrets", "rotate").exit_code == 0

    assert (folder / "master.key").read_text() == following
    assert signs(project)


def test_rotates_keys_of_the_environment(project: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = (folder / "master.key").read_text()
    (folder / "master.key").unlink()
    monkeypatch.setenv("LYNEX_MASTER_KEY", old)
    refused = lynex("secrets", "rotate")
    assert "LYNEX_MASTER_KEY_NEW" in str(refused.exception)

    monkeypatch.setenv("LYNEX_MASTER_KEY_NEW", "ab" * 32)
    said = lynex("secrets", "rotate")
    assert said.exit_code == 0
    assert "LYNEX_MASTER_KEY" in said.output
    assert signs(project)

    monkeypatch.setenv("LYNEX_MASTER_KEY", "ab" * 32)
    monkeypatch.delenv("LYNEX_MASTER_KEY_NEW")
    assert signs(project)


def test_gives_ingest_keys_successors_and_lets_the_old_ones_work_on(project: str) -> None:
    said = lynex("secrets", "rotate", "--ingest", "--project", "acme")

    [successor] = re.findall(r"lx_\w+", said.output)
    assert successor != project
    with identity() as (_, one):
        for secret in (project, successor):
            assert one.authenticate({"authorization": f"Bearer {secret}"}, b"").project_id == "acme"
    assert "key.rotated" in audit_rows("default")


def test_without_overlap_the_old_ingest_keys_end_at_once(project: str) -> None:
    lynex("secrets", "rotate", "--ingest", "--project", "acme", "--overlap-hours", "0")

    with identity() as (_, one), pytest.raises(Unauthorized):
        one.authenticate({"authorization": f"Bearer {project}"}, b"")


def test_ends_every_session() -> None:
    said = lynex("secrets", "rotate", "--sessions")

    assert said.exit_code == 0
    assert "sessions.ended" in audit_rows("")


def test_a_lost_master_key_stops_changes_until_it_is_given_up(project: str, folder: Path) -> None:
    (folder / "master.key").unlink()
    refused = lynex("keys", "create", "--project", "acme")
    assert "does not have" in str(refused.exception)
    assert lynex("secrets", "abandon").exit_code != 0  # asks first
    assert SECRET not in str(refused.exception)

    assert lynex("secrets", "abandon", "--yes").exit_code == 0

    assert secrets_in_the_vault() == []
    created = lynex("keys", "create", "--project", "acme")
    assert created.exit_code == 0
    assert not signs(project)
    with identity() as (_, one):
        assert one.authenticate({"authorization": f"Bearer {project}"}, b"").project_id == "acme"
    assert lynex("audit", "verify").exit_code == 0
    assert "secrets.abandoned" in audit_rows("")


def test_gives_nothing_up_while_the_master_key_is_there(project: str) -> None:
    assert "0 secrets" in lynex("secrets", "abandon", "--yes").output

    assert secrets_in_the_vault() == [SECRET]
    assert signs(project)


def test_nothing_secret_is_in_any_file_or_in_what_is_said(project: str, folder: Path) -> None:
    """Every byte of the folder is searched, but for the key file itself."""
    said = [
        lynex(*command.split()).output
        for command in (
            "keys list --project acme",
            "audit list",
            "audit list --organisation=",
            "audit verify",
            f"audit export --out {folder / 'out.ndjson'}",
            "secrets rotate",
            "secrets rotate --sessions",
            "audit list",
        )
    ]
    master_key = (folder / "master.key").read_text()
    planted = (SECRET, project, project[20:], master_key)

    for text in said:
        assert not any(secret in text for secret in planted)
    for file in folder.rglob("*"):
        if file.is_file() and file.name != "master.key":
            held = file.read_bytes()
            for secret in planted:
                assert secret.encode() not in held, file
            assert bytes.fromhex(master_key) not in held, file


def secrets_in_the_vault() -> list[str]:
    with safety_services() as services, services.database.read() as connection:
        ids = connection.execute(sa.text("SELECT id FROM secrets")).scalars().all()
        return [services.vault.read_in(connection, secret_id) for secret_id in ids]


def audit_rows(organisation: str) -> list[str]:
    with safety_services() as services:
        return [entry.action for entry in services.audit.page(organisation).entries]
