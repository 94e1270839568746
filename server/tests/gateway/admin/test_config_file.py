"""The configuration file: what it makes, what it leaves alone, and that a broken one changes nothing."""

from pathlib import Path
from typing import Any

import pytest
from gateway.admin_stage import AdminStage, Asker

from lynex_server.gateway.admin.config_reload import AGAIN_AFTER_LOOKS, ConfigReloader
from lynex_server.identity.public import COMMAND_LINE

SECRET = "sk-planted-0123456789-wxyz"
OTHER = "sk-another-0123456789-abcd"
FULL = """
[[providers]]
name = "openai"
kind = "openai"
api_key_env = "OPENAI_API_KEY"

[[providers]]
name = "vllm"
kind = "openai_compatible"
base_url = "http://10.0.0.5:8000/v1"
models = ["llama-*"]
keys = [
    { name = "a", api_key_file = "vllm.key", weight = 3 },
    { name = "b", api_key_env = "VLLM_B", enabled = false },
]

[[routes]]
name = "fast"
targets = [{ provider = "openai", model = "gpt-4o-mini" }, { provider = "vllm", weight = 0 }]

[routes.guardrails]
redact = true
output_schema = '{"enum": [null, 1]}'
webhook = { url = "https://guard.example.org", secret_env = "GUARD_SECRET" }

[settings]
capture = "none"
rates = [{ per = "user", requests_per_minute = 60 }]
"""


class Folder:
    """A folder with a configuration file, and a process that looks at it."""

    def __init__(self, stage: AdminStage, path: Path) -> None:
        self.stage = stage
        self.path = path / "gateway.toml"
        (path / "vllm.key").write_text(f"{OTHER}\n")
        stage.variables |= {"OPENAI_API_KEY": SECRET, "VLLM_B": "sk-b", "GUARD_SECRET": "guards sign"}
        self.process = stage.another_process(self.path)
        stage.client.app.state.gateway_admin = self.process

    @property
    def config(self) -> ConfigReloader:
        return self.process.config

    def write(self, text: str) -> None:
        self.path.write_text(text)
        self.config.look()


@pytest.fixture
def folder(stage: AdminStage, owner: Asker, tmp_path: Path) -> Folder:
    return Folder(stage, tmp_path)


def names(asker: Asker) -> tuple[list[str], list[str]]:
    """Of providers and of routes."""
    found = (asker.told("GET", path)["items"] for path in ("/providers", "/routes"))
    providers, routes = ([each["name"] for each in items] for items in found)
    return providers, routes


def test_what_the_file_names_is_made_as_given(folder: Folder, owner: Asker) -> None:
    folder.write(FULL)

    openai, vllm = owner.told("GET", "/providers")["items"]
    [route] = owner.told("GET", "/routes")["items"]
    settings = owner.told("GET", "/settings")
    gateway = folder.process.catalog.of(owner.project)
    assert [openai["managed_by"], vllm["managed_by"], route["managed_by"], settings["managed_by"]] == [
        "file"
    ] * 4
    assert [(key["name"], key["weight"], key["enabled"]) for key in vllm["keys"]] == [
        ("a", 3, True),
        ("b", 1, False),
    ]
    assert sorted(gateway.secrets.values()) == sorted([SECRET, OTHER, "sk-b", "guards sign"])
    assert route["guardrails"]["output_schema"] == {"enum": [None, 1]}
    assert (settings["capture"], settings["config_error"]) == ("none", "")
    assert folder.stage.audited(owner.project)


def test_what_is_so_already_is_not_touched(folder: Folder, owner: Asker) -> None:
    folder.write(FULL)
    before = folder.process.catalog.of(owner.project)
    audited = folder.stage.audited(owner.project)

    folder.write(FULL + "\n# a remark\n")
    folder.stage.another_process(folder.path).config.look()

    folder.stage.clock.advance_us(600_000)
    assert folder.process.catalog.of(owner.project) is before
    assert folder.stage.audited(owner.project) == audited


def test_only_what_is_different_is_changed(folder: Folder, owner: Asker) -> None:
    folder.write(FULL)
    before = len(folder.stage.audited(owner.project))

    folder.write(FULL.replace("weight = 3", "weight = 4").replace("redact = true", "redact = false"))

    assert folder.stage.audited(owner.project)[before:] == [
        "gateway_provider_key.changed",
        "gateway_route.changed",
    ]
    assert len(folder.process.catalog.of(owner.project).secrets) == 4


def test_a_secret_that_changed_is_taken_and_the_old_one_forgotten(folder: Folder, owner: Asker) -> None:
    folder.write(FULL)
    folder.config.look()
    kept = folder.stage.in_vault()

    (folder.path.parent / "vllm.key").write_text("sk-rotated")
    folder.config.look()

    secrets = folder.process.catalog.of(owner.project).secrets.values()
    assert ("sk-rotated" in secrets, OTHER in secrets) == (True, False)
    assert folder.stage.in_vault() == kept


def test_what_it_no_longer_names_goes_and_what_people_made_stays(folder: Folder, owner: Asker) -> None:
    owner.a_provider("mine", "ollama")
    owner.a_route("ours", provider="mine")
    folder.write(FULL)
    assert names(owner) == (["mine", "openai", "vllm"], ["fast", "ours"])

    folder.write('[[providers]]\nname = "openai"\nkind = "openai"\n')
    assert names(owner) == (["mine", "openai"], ["ours"])
    assert owner.told("GET", "/settings")["capture"] == "full"
    folder.write("")

    assert names(owner) == (["mine"], ["ours"])
    assert folder.stage.in_vault() == []
    assert owner.told("PUT", "/settings", {"capture": "none"})["managed_by"] == "api"


def test_what_people_made_under_a_name_of_the_file_becomes_the_files(folder: Folder, owner: Asker) -> None:
    made = owner.a_provider(api_key="sk-of-a-person-0123456789", base_url="https://example.org/v1")

    folder.write('[[providers]]\nname = "openai"\nkind = "openai"\napi_key_env = "OPENAI_API_KEY"\n')

    [provider] = owner.told("GET", "/providers")["items"]
    assert (provider["id"], provider["managed_by"]) == (made["id"], "file")
    assert provider["base_url"] == "https://api.openai.com/v1"
    assert list(folder.process.catalog.of(owner.project).secrets.values()) == [SECRET]


def test_what_is_the_files_is_read_only_over_http(folder: Folder, owner: Asker) -> None:
    folder.write(FULL)
    openai, _ = owner.told("GET", "/providers")["items"]
    [route] = owner.told("GET", "/routes")["items"]
    provider, key = f"/providers/{openai['id']}", openai["keys"][0]["id"]
    asked: list[tuple[str, str, Any]] = [
        ("PUT", provider, {"name": "openai", "kind": "openai"}),
        ("DELETE", provider, None),
        ("POST", f"{provider}/keys", {"name": "mine", "api_key": "sk-mine"}),
        ("PUT", f"{provider}/keys/{key}", {"name": "default", "weight": 0, "enabled": False}),
        ("DELETE", f"{provider}/keys/{key}", None),
        ("PUT", f"/routes/{route['id']}", {"name": "fast", "targets": [{"provider": "openai"}]}),
        ("DELETE", f"/routes/{route['id']}", None),
        ("PUT", "/settings", {}),
    ]

    refused = [owner.refused(*each) for each in asked]

    assert {status for status, _ in refused} == {409}
    assert all("configuration file" in said for _, said in refused)


BROKEN = {
    "no TOML": ("[[providers", "not TOML"),
    "no text": (None, "not TOML"),
    "an unknown field": ('colour = "red"', "colour"),
    "no kind": ('[[providers]]\nname = "p"', "providers.0.kind"),
    "a bad name": ('[[providers]]\nname = "A/B"\nkind = "openai"', "providers.0.name"),
    "two of a name": ('[[providers]]\nname = "p"\nkind = "ollama"\n' * 2, "p is there twice"),
    "no variable": ('[[providers]]\nname = "p"\nkind = "openai"\napi_key_env = "NOPE"', "NOPE is not set"),
    "no secret file": ('[[providers]]\nname = "p"\nkind = "openai"\napi_key_file = "nope"', "cannot be read"),
    "a key without a place": ('[[providers]]\nname = "p"\nkind = "openai"\nkeys = [{name = "a"}]', "keys.0"),
    "a key in the file": ('[[providers]]\nname = "p"\nkind = "openai"\napi_key = "sk-x"', "api_key"),
    "nobody": ('[[routes]]\nname = "r"\ntargets = [{provider = "nobody"}]', "no provider nobody"),
    "a bad pattern": (
        '[[routes]]\nname = "r"\ntargets = [{provider = "openai"}]\nguardrails = {blocked_input = ["("]}',
        "RE2",
    ),
    "another's key": ("[settings.allowed_models]\nkey_unknown = []", "key_unknown"),
    "no such project": ('project = "prj_unknown"', "prj_unknown"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_changes_nothing_and_says_what_is_wrong(
    folder: Folder, owner: Asker, name: str
) -> None:
    folder.write(FULL)
    before = folder.process.catalog.of(owner.project)
    text, said = BROKEN[name]

    folder.path.write_bytes(b"\xff\xfe" if text is None else f"{text}\n".encode())
    folder.config.look()

    error = owner.told("GET", "/settings")["config_error"]
    assert said in error
    assert SECRET not in error
    folder.stage.clock.advance_us(600_000)
    assert folder.process.catalog.of(owner.project) is before

    folder.write(FULL)
    assert owner.told("GET", "/settings")["config_error"] == ""


def test_a_file_that_is_half_right_is_not_half_taken(folder: Folder, owner: Asker) -> None:
    folder.write(FULL + '\n[[routes]]\nname = "r"\ntargets = [{ provider = "nobody" }]\n')

    assert names(owner) == ([], [])
    assert folder.stage.in_vault() == []
    assert "nobody" in owner.told("GET", "/settings")["config_error"]


def test_a_provider_that_a_route_of_people_leads_to_is_not_taken_away(folder: Folder, owner: Asker) -> None:
    folder.write(FULL)
    owner.a_route("ours", provider="vllm")

    folder.write("")

    assert names(owner) == (["openai", "vllm"], ["fast", "ours"])
    assert "ours" in owner.told("GET", "/settings")["config_error"]


def test_what_was_refused_is_tried_again(folder: Folder, owner: Asker) -> None:
    folder.write('[[routes]]\nname = "r"\ntargets = [{provider = "late"}]\n')
    assert names(owner) == ([], [])
    owner.a_provider("late", "ollama")

    for _ in range(AGAIN_AFTER_LOOKS):
        folder.config.look()

    assert names(owner) == (["late"], ["r"])
    assert owner.told("GET", "/settings")["config_error"] == ""


def test_a_file_that_is_not_there_is_told_and_taken_when_it_comes(folder: Folder, owner: Asker) -> None:
    folder.config.look()
    assert "cannot be read" in owner.told("GET", "/settings")["config_error"]

    folder.write(FULL)

    assert names(owner) == (["openai", "vllm"], ["fast"])


def test_with_several_projects_it_must_name_one(folder: Folder, owner: Asker) -> None:
    other = folder.stage.an_asker()

    folder.write(FULL)
    assert names(owner) == names(other) == ([], [])
    assert owner.told("GET", "/settings")["config_error"] == ""
    folder.write(f'project = "{other.project}"\n{FULL}')

    assert names(owner) == ([], [])
    assert names(other) == (["openai", "vllm"], ["fast"])


def test_an_error_is_told_to_the_project_that_the_file_is_about_alone(folder: Folder, owner: Asker) -> None:
    other = folder.stage.an_asker()
    folder.write(f'project = "{owner.project}"\n')

    folder.write(f'project = "{owner.project}"\nsecret_plans = 1\n')

    assert "secret_plans" in owner.told("GET", "/settings")["config_error"]
    assert other.told("GET", "/settings")["config_error"] == ""


def test_naming_another_project_leaves_nothing_in_the_first(folder: Folder, owner: Asker) -> None:
    folder.write(FULL)
    other = folder.stage.an_asker()

    folder.write(f'project = "{other.project}"\n{FULL}')

    assert names(owner) == ([], [])
    assert owner.told("GET", "/settings")["managed_by"] == "api"
    assert names(other) == (["openai", "vllm"], ["fast"])


def test_a_project_that_waits_for_its_deletion_is_not_the_only_one(folder: Folder, owner: Asker) -> None:
    other = folder.stage.an_asker()
    folder.stage.identity.projects.delete(COMMAND_LINE, owner.project)

    folder.write(FULL)

    assert names(other) == (["openai", "vllm"], ["fast"])


def test_the_thread_takes_the_file_at_start_and_stops(folder: Folder, owner: Asker) -> None:
    folder.path.write_text(FULL)

    folder.config.start()
    folder.config.stop()

    assert names(owner) == (["openai", "vllm"], ["fast"])


def test_without_a_file_nothing_happens(stage: AdminStage, owner: Asker) -> None:
    stage.admin.config.start()
    stage.admin.config.stop()

    assert owner.told("GET", "/settings")["config_error"] == ""
