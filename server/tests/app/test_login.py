"""A fresh Lynex and its first person: by link, on the command line, and what stays on disk."""

import json
import re
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from app.real_lynex import DEADLINE_S, HTTP, LYNEX, Process, eventually, run, running

from lynex_server.app.api_client import ApiClient
from lynex_server.app.login_store import Login, LoginStore
from lynex_server.kernel.errors import Busy, Conflict, InvalidInput, NotFound, Unauthorized

EMAIL, PASSWORD = "ada@acme.test", "nineteen green bicycles"


@dataclass
class Home:
    """A fresh install with its first owner, and the configuration folder of its command line."""

    process: Process
    url: str
    folder: Path
    csrf: str
    session: str

    def browse(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the owner's browser."""
        headers = {"Origin": self.url, "X-Lynex-CSRF": self.csrf, "Cookie": f"lynex_session={self.session}"}
        return HTTP.request(method, self.url + path, json=body, headers=headers)

    def environment(self, name: str) -> dict[str, str]:
        """A command line of its own, with the name of its configuration folder."""
        return {"XDG_CONFIG_HOME": str(self.folder / name), "LYNEX_URL": self.url}

    def file(self, name: str) -> Path:
        """Where that command line keeps its session."""
        return self.folder / name / "lynex" / "session.json"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    with running("up", LYNEX_DATA_DIR=str(folder / "data")) as process:
        url = process.url()
        [token] = re.findall(r"/sign-in#token=(\S+)", process.stdout)
        owner = {"token": token, "email": EMAIL, "password": PASSWORD}
        answer = HTTP.post(f"{url}/v1/auth/links/redeem", json=owner)
        assert answer.status_code == 200, answer.text
        yield Home(process, url, folder, answer.json()["csrf_token"], answer.cookies["lynex_session"])


def test_the_first_person_is_the_owner_and_sees_the_first_project(home: Home) -> None:
    me = home.browse("GET", "/v1/me").json()

    assert (me["user"]["email"], me["role"], me["project_id"]) == (EMAIL, "owner", "default")
    assert home.browse("GET", "/v1/metrics/summary").status_code == 200


def test_a_restart_prints_no_link_once_there_is_an_owner(home: Home) -> None:
    with running("up", LYNEX_DATA_DIR=str(home.folder / "another")) as process:
        process.url()
    with running("up", LYNEX_DATA_DIR=str(home.folder / "another")) as process:
        process.url()
        assert "/sign-in#token=" in process.stdout, "nobody has come in yet"
    assert home.browse("GET", "/v1/auth/options").json()["owner_exists"] is True


def test_a_command_line_is_let_in_by_the_browser_and_signs_out(home: Home) -> None:
    environment = home.environment("browser")
    child = subprocess.Popen(
        [LYNEX, "login"], env={**environment, "COLUMNS": "80"}, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    code = next(found[1] for line in child.stdout if (found := re.search(r"Code +(\S+)", line)))

    assert home.browse("GET", f"/v1/auth/cli/{code}").json()["user_agent"].startswith("lynex on ")
    assert home.browse("POST", "/v1/auth/cli/confirm", {"user_code": code}).status_code == 204
    assert child.wait(DEADLINE_S) == 0

    kept = home.file("browser")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    shown = run("whoami", **environment)
    assert (shown.returncode, EMAIL in shown.stdout, "default" in shown.stdout) == (0, True, True)
    token = json.loads(kept.read_text())["token"]
    assert run("logout", **environment).returncode == 0
    assert not kept.exists()
    asked = HTTP.get(f"{home.url}/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 401
    assert "lynex login" in run("whoami", **environment).stderr


def test_a_command_line_signs_in_by_password_where_there_is_no_browser(home: Home) -> None:
    environment = home.environment("password")
    done = subprocess.run(
        [LYNEX, "login", "--password"], env={**environment, "COLUMNS": "80"}, input=f"{EMAIL}\n{PASSWORD}\n",
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr + home.file("password").read_text()
    sessions = home.browse("GET", "/v1/me/sessions").json()["items"]
    assert "cli" in {each["kind"] for each in sessions}


def test_an_ended_session_of_the_command_line_says_so(home: Home) -> None:
    environment = home.environment("ended")
    token = HTTP.post(
        f"{home.url}/v1/auth/password", json={"email": EMAIL, "password": PASSWORD, "kind": "cli"}
    ).json()["token"]
    LoginStore(home.file("ended").parent).save(Login(home.url, EMAIL, token))

    assert home.browse("DELETE", "/v1/me/sessions").status_code == 200

    done = eventually(lambda: run("whoami", **environment), lambda done: done.returncode == 1)
    assert "sign in again" in done.stderr


# Its parts


def test_the_kept_session_is_its_persons_alone_from_the_first_moment(tmp_path: Path) -> None:
    store = LoginStore(tmp_path / "config" / "lynex")
    assert store.load() is None

    first = store.save(Login("http://a.test", EMAIL, "lxs_1"))
    store.save(Login("http://b.test", EMAIL, "lxs_2"))

    assert store.load() == Login("http://b.test", EMAIL, "lxs_2")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert [file.name for file in first.parent.iterdir()] == ["session.json"]
    assert "lxs_2" not in repr(store.load())
    store.forget()
    store.forget()
    assert store.load() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "x"}'])
def test_a_damaged_session_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "session.json").write_text(text)

    with pytest.raises(Conflict, match="sign in again"):
        LoginStore(tmp_path).load()


def test_the_api_client_raises_what_the_answer_says(home: Home) -> None:
    client = ApiClient(f"{home.url}/", "test")

    assert client.ask("GET", "/v1/auth/options")["owner_exists"] is True
    for path, error in (("/v1/me", Unauthorized), ("/v1/nothing", NotFound)):
        with pytest.raises(error):
            client.ask("GET", path)
    with pytest.raises(InvalidInput):
        client.ask("POST", "/v1/auth/links", {"email": "nobody"})
    with pytest.raises(Busy):
        ApiClient("http://127.0.0.1:9", "test").ask("GET", "/v1/me")
    for url in ("ftp://lynex.test", "lynex.test", ""):
        with pytest.raises(ValueError, match="http"):
            ApiClient(url, "test")
