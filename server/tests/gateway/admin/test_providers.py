"""Providers and their keys over HTTP."""

import pytest
from gateway.admin_stage import AdminStage, Asker

from lynex_server.gateway.admin.provider_schemas import ProviderInput

SECRET = "sk-planted-0123456789-wxyz"
OTHER = "sk-another-0123456789-abcd"


def test_what_is_not_said_is_usual_for_the_kind(owner: Asker) -> None:
    made = owner.a_provider()

    assert made["base_url"] == "https://api.openai.com/v1"
    assert made["price_as"] == "openai"
    assert "gpt-*" in made["models"]
    assert (made["keys"], made["managed_by"]) == ([], "api")


def test_a_key_given_with_the_provider_is_kept_and_only_its_end_shown(
    stage: AdminStage, owner: Asker
) -> None:
    made = owner.a_provider(api_key=SECRET)

    [key] = made["keys"]
    assert (key["name"], key["hint"], key["weight"]) == ("default", "wxyz", 1)
    [kept] = stage.admin.catalog.of(owner.project).providers["openai"].keys
    assert stage.admin.catalog.of(owner.project).secrets == {kept.secret_id: SECRET}
    assert stage.in_vault() == ["gateway provider openai"]


def test_no_answer_no_problem_and_no_record_holds_a_secret(stage: AdminStage, owner: Asker) -> None:
    provider = owner.a_provider(api_key=SECRET)
    path = f"/providers/{provider['id']}"
    said = [
        owner.ask("GET", "/providers").text,
        owner.ask("GET", path).text,
        owner.ask("POST", f"{path}/keys", {"name": "default", "api_key": SECRET}).text,
        owner.ask("POST", f"{path}/keys", {"name": "", "api_key": SECRET}).text,
        owner.ask("POST", f"{path}/keys", {"name": "odd", "api_key": f" {SECRET}"}).text,
        owner.ask("POST", "/providers", {"name": "openai", "kind": "openai", "api_key": SECRET}).text,
        owner.ask("POST", "/providers", {"name": "o", "kind": "none", "api_key": SECRET}).text,
        owner.ask("PUT", path, {"name": "openai", "kind": "openai", "api_key": OTHER}).text,
        repr(stage.admin.catalog.of(owner.project)),
    ]
    with stage.database.read() as connection:
        said += [
            str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            for table in ("audit_log", "gateway_providers", "gateway_provider_keys", "secrets")
        ]

    assert not [text for text in said if SECRET in text or OTHER in text]


def test_a_short_key_gives_no_hint(owner: Asker) -> None:
    [key] = owner.a_provider(api_key="tiny")["keys"]

    assert key["hint"] == ""


def test_several_keys_share_the_calls(stage: AdminStage, owner: Asker) -> None:
    path = f"/providers/{owner.a_provider(api_key=SECRET)['id']}"

    second = owner.told("POST", f"{path}/keys", {"name": "second", "api_key": OTHER, "weight": 3})
    changed = owner.told(
        "PUT", f"{path}/keys/{second['id']}", {"name": "spare", "weight": 0, "enabled": False}
    )

    assert (changed["name"], changed["weight"], changed["enabled"], changed["hint"]) == (
        "spare",
        0,
        False,
        "abcd",
    )
    assert [key["name"] for key in owner.told("GET", path)["keys"]] == ["default", "spare"]
    owner.told("DELETE", f"{path}/keys/{second['id']}")
    assert [key["name"] for key in owner.told("GET", path)["keys"]] == ["default"]
    assert stage.in_vault() == ["gateway provider openai"]
    assert stage.audited(owner.project) == [
        "gateway_provider_key.created",
        "gateway_provider.created",
        "gateway_provider_key.created",
        "gateway_provider_key.changed",
        "gateway_provider_key.removed",
    ]


def test_a_new_default_key_takes_the_place_of_the_old_one(stage: AdminStage, owner: Asker) -> None:
    made = owner.a_provider(api_key=SECRET)

    changed = owner.told(
        "PUT", f"/providers/{made['id']}", {"name": "openai", "kind": "openai", "api_key": OTHER}
    )

    assert [key["hint"] for key in changed["keys"]] == ["abcd"]
    assert list(stage.admin.catalog.of(owner.project).secrets.values()) == [OTHER]
    assert stage.in_vault() == ["gateway provider openai"]


def test_keys_are_not_sent_to_another_address_than_they_were_given_for(owner: Asker) -> None:
    """Else whoever may change a provider could have its keys sent to a server of his own."""
    path = f"/providers/{owner.a_provider(api_key=SECRET)['id']}"
    elsewhere = {"name": "openai", "kind": "openai", "base_url": "https://example.org/v1"}

    status, said = owner.refused("PUT", path, elsewhere)
    moved_with_its_key = owner.told("PUT", path, {**elsewhere, "api_key": OTHER})

    assert (status, "default" in said) == (400, True)
    assert moved_with_its_key["base_url"] == "https://example.org/v1"
    assert owner.told("PUT", path, {**elsewhere, "base_url": "https://example.org/v2"})["keys"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a/b"},
        {"name": "Upper"},
        {"name": ""},
        {"name": "x" * 64},
        {"kind": "smoke_signals"},
        {"kind": "azure_openai"},
        {"kind": "openai_compatible", "base_url": None},
        {"base_url": "ftp://example.org"},
        {"base_url": "https://"},
        {"base_url": "https://user:secret@example.org"},
        {"base_url": "https://example.org/v1?key=1"},
        {"base_url": "https://exa mple.org"},
        {"base_url": "https://example.org:99999"},
        {"base_url": "https://[::1"},
        {"models": [""]},
        {"models": ["m"] * 101},
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"X-API-Key": "x"}},
        {"headers": {"cookie": "x"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"x y": "x"}},
        {"headers": {"x-a": "line\r\nbreak"}},
        {"headers": {"X-A": "1", "x-a": "2"}},
        {"timeout_s": 0},
        {"max_concurrency": -1},
        {"breaker_failures": -1},
        {"breaker_open_s": 0},
        {"api_key": ""},
        {"api_key": "line\nbreak"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    owner: Asker, stage: AdminStage, fields: dict[str, object]
) -> None:
    status, said = owner.refused("POST", "/providers", {"name": "p", "kind": "openai", **fields})

    assert status in (400, 422), said
    assert owner.told("GET", "/providers")["items"] == []
    assert stage.audited(owner.project) == []


def test_names_are_unique_in_a_project_and_free_in_others(stage: AdminStage, owner: Asker) -> None:
    owner.a_provider()

    assert owner.refused("POST", "/providers", {"name": "openai", "kind": "ollama"})[0] == 409
    assert stage.an_asker().a_provider()["name"] == "openai"


def test_a_provider_that_a_route_leads_to_stays_and_the_routes_are_named(owner: Asker) -> None:
    made = owner.a_provider()
    other = owner.a_provider("spare")
    owner.a_route("fast")
    owner.a_route("slow", downgrade={"provider": "spare"})

    status, said = owner.refused("DELETE", f"/providers/{made['id']}")
    renamed, _ = owner.refused("PUT", f"/providers/{made['id']}", {"name": "new", "kind": "openai"})

    assert (status, renamed) == (409, 409)
    assert "fast, slow" in said
    assert owner.refused("DELETE", f"/providers/{other['id']}")[0] == 409


def test_a_removed_provider_leaves_nothing_in_the_vault(stage: AdminStage, owner: Asker) -> None:
    made = owner.a_provider(api_key=SECRET)
    owner.told("POST", f"/providers/{made['id']}/keys", {"name": "second", "api_key": OTHER})

    owner.told("DELETE", f"/providers/{made['id']}")

    assert stage.in_vault() == []
    assert owner.refused("GET", f"/providers/{made['id']}")[0] == 404
    assert stage.admin.catalog.of(owner.project).providers == {}


def test_a_kind_changes_as_long_as_there_are_no_keys_of_the_other(owner: Asker) -> None:
    bare, keyed = owner.a_provider("bare"), owner.a_provider("keyed", api_key=SECRET)
    same_place = {"kind": "openai_compatible", "base_url": "https://api.openai.com/v1"}

    assert (
        owner.told("PUT", f"/providers/{bare['id']}", {"name": "bare", "kind": "ollama"})["kind"] == "ollama"
    )
    assert owner.refused("PUT", f"/providers/{keyed['id']}", {"name": "keyed", **same_place})[0] == 400


def test_a_change_keeps_when_it_was_made(stage: AdminStage, owner: Asker) -> None:
    made = owner.a_provider()
    stage.clock.advance_us(1_000_000)

    wanted = {"name": "renamed", "kind": "openai", "timeout_s": 5, "headers": {"X-Team": "search"}}
    changed = owner.told("PUT", f"/providers/{made['id']}", wanted)

    assert (changed["name"], changed["timeout_s"], changed["headers"]) == (
        "renamed",
        5,
        {"x-team": "search"},
    )
    assert changed["created_at"] == made["created_at"]
    assert changed["updated_at"] > made["updated_at"]


def test_reading_takes_a_reader_and_changing_an_administrator(stage: AdminStage, owner: Asker) -> None:
    reader = Asker(stage, owner.project, stage.identity.create_key(owner.project, "r", ("read",)).secret)
    caller = Asker(stage, owner.project, stage.identity.create_key(owner.project, "g", ("gateway",)).secret)

    assert reader.told("GET", "/providers") == {"items": []}
    assert reader.refused("POST", "/providers", {"name": "p", "kind": "openai"})[0] == 403
    assert caller.refused("GET", "/providers")[0] == 403


def test_there_are_bounds(owner: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lynex_server.gateway.admin.providers.MAX_PROVIDERS", 1)
    monkeypatch.setattr("lynex_server.gateway.admin.provider_keys.MAX_KEYS", 1)
    made = owner.a_provider(api_key=SECRET)

    assert owner.refused("POST", "/providers", {"name": "p", "kind": "openai"})[0] == 409
    assert owner.refused("POST", f"/providers/{made['id']}/keys", {"name": "b", "api_key": OTHER})[0] == 409


def test_the_examples_of_the_documentation_are_taken(owner: Asker) -> None:
    for example in ProviderInput.model_json_schema()["examples"]:
        owner.told("POST", "/providers", example)
