"""`lynex keys`, `projects` and `members`: on the data folder, and over HTTP as a key or a person."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from app.households import Household, Village
from app.real_lynex import HTTP, Installation, Tenant, eventually, run


@pytest.fixture(scope="module")
def household(installation: Installation) -> Household:
    with contextlib.closing(Village(installation)) as village:
        return village.found(with_data=False)


class CommandLine:
    """Somebody's terminal: `environment` says where and as whom."""

    def __init__(self, folder: Path, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "COLUMNS": "200"}
        self._environment = {"LYNEX_DATA_DIR": str(folder / "data"), **home, **environment}

    def __call__(self, *words: str) -> str:
        """What a command says; it must succeed."""
        ended = run(*words, **self._environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def refused(self, *words: str) -> str:
        """Why a command fails."""
        ended = run(*words, **self._environment)
        assert ended.returncode == 1, ended.stdout
        assert "Traceback" not in ended.stderr
        return ended.stderr


@pytest.fixture
def here(tmp_path: Path) -> CommandLine:
    """On a data folder of its own."""
    return CommandLine(tmp_path)


@pytest.fixture
def by_key(tmp_path: Path, household: Household) -> CommandLine:
    tenant = household.tenant
    return CommandLine(tmp_path, LYNEX_URL=tenant.url, LYNEX_API_KEY=tenant.api_key)


@pytest.fixture
def signed_in(tmp_path: Path, household: Household) -> CommandLine:
    """As the owner of the household, as `lynex login` leaves it."""
    return as_owner(tmp_path, household)


def as_owner(tmp_path: Path, household: Household) -> CommandLine:
    token = household.owner_session.headers["Authorization"].removeprefix("Bearer ")
    login = {"url": household.tenant.url, "email": household.owner.email, "token": token}
    folder = tmp_path / "config" / "lynex"
    folder.mkdir(parents=True)
    (folder / "session.json").write_text(json.dumps(login))
    return CommandLine(tmp_path)


def test_projects_and_keys_on_the_data_folder(here: CommandLine) -> None:
    assert here("projects", "create", "Shop", "--id", "shop") == "shop"
    first = here("keys", "create", "--project", "shop", "--scope", "ingest", "--network", "10.0.0.0/8")
    key_id = re.search(r"key_\w+", here("keys", "list", "--project", "shop"))
    assert key_id is not None
    second = here("keys", "rotate", key_id[0], "--project", "shop", "--overlap-s", "0")

    assert first.startswith("lx_") and second.startswith("lx_") and first != second
    assert here("keys", "list", "--project", "shop").count("yes") == 1
    assert "erased after" in here("projects", "delete", "shop")
    assert "restored" in here("projects", "restore", "shop")
    assert "is called" in here("projects", "rename", "shop", "Web shop")
    assert "Web shop" in here("projects", "list")


def test_an_invitation_on_the_data_folder_shows_its_link(here: CommandLine) -> None:
    here("projects", "create", "Shop", "--id", "shop")

    assert "#token=lxi_" in here("members", "invite", "ada@example.org", "--role", "owner")
    assert "a role is one of" in here.refused("members", "invite", "b@example.org", "--role", "king")
    assert "member" in here.refused("members", "role", "usr_nobody", "viewer")


def test_keys_by_a_key(by_key: CommandLine, household: Household) -> None:
    made = Tenant(household.tenant.url, household.tenant.project_id, by_key("keys", "create", "--days", "1"))
    me = made.get("/v1/me")
    assert me["project_id"] == household.tenant.project_id

    by_key("keys", "revoke", me["api_key_id"])

    eventually(lambda: made.ask("GET", "/v1/me").status_code, lambda status: status == 401)
    assert household.tenant.project_id in by_key("projects", "list")
    assert "person" in by_key.refused("members", "list")


def test_everything_by_a_person_who_is_signed_in(signed_in: CommandLine, household: Household) -> None:
    project = signed_in("projects", "create", "Second")
    secret = signed_in("keys", "create", "--project", project, "--scope", "read")
    asked = HTTP.get(f"{household.tenant.url}/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert asked.json()["project_id"] == project

    assert household.names["email"] in signed_in("members", "list")
    assert "is viewer" in signed_in("members", "role", household.names["user_id"], "viewer")
    assert "#token=lxi_" in signed_in("members", "invite", "grace@example.org", "--project", project)
    assert "is removed" in signed_in("members", "remove", household.names["user_id"])
    assert "several" in signed_in.refused("keys", "list")
    assert "erased after" in signed_in("projects", "delete", project)


def test_an_organisation_is_handed_over_and_left(tmp_path: Path, installation: Installation) -> None:
    with contextlib.closing(Village(installation)) as village:
        household = village.found(with_data=False)
    owner = as_owner(tmp_path, household)

    assert "owner" in owner.refused("members", "leave")
    assert "no such member" in owner.refused("members", "transfer-ownership", "usr_nobody")
    told = owner("members", "transfer-ownership", household.names["user_id"])
    assert told == f"{household.names['email']} is owner, and you are admin"
    assert household.organisation_id in owner("members", "leave")
    assert "you are in 0 organisations" in owner.refused("members", "list")


def test_on_the_data_folder_nobody_can_leave(here: CommandLine) -> None:
    assert "nobody is signed in" in here.refused("members", "leave")


def test_local_means_the_folder_whoever_is_signed_in(signed_in: CommandLine, household: Household) -> None:
    assert household.tenant.project_id not in signed_in("projects", "list", "--local")


def test_a_server_without_a_credential_is_not_asked(tmp_path: Path, household: Household) -> None:
    nobody = CommandLine(tmp_path, LYNEX_URL=household.tenant.url)

    assert "lynex login" in nobody.refused("keys", "list")


def test_the_audit_log_is_read_and_exported_from_afar(
    by_key: CommandLine, signed_in: CommandLine, household: Household, tmp_path: Path
) -> None:
    made = by_key("keys", "create", "--name", "told in the log")
    out = tmp_path / "audit.ndjson"

    for asker in (by_key, signed_in):
        assert "key.created" in asker("audit", "list", "--action", "key")
    said = signed_in("audit", "export", "--out", str(out))

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert said.startswith(f"{len(rows)} rows")
    assert "key.created" in [row["action"] for row in rows]
    assert len((tmp_path / "audit.ndjson.sig").read_bytes()) == 64
    assert made not in out.read_text()
    assert "There is no such organisation" in by_key.refused("audit", "list", "--organisation", "org_others")
