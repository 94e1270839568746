"""What holds for every call of a project, and what its callers may name."""

from typing import Any

import pytest
from gateway.admin_stage import AdminStage, Asker

from lynex_server.gateway.model import RateRule
from lynex_server.identity.public import COMMAND_LINE
from lynex_server.kernel.ids import ProjectId


def a_key_of(stage: AdminStage, asker: Asker) -> str:
    return stage.identity.create_key(ProjectId(asker.project), "app", ("gateway",)).key.id


def test_without_being_set_everything_is_kept_and_nothing_bounded(owner: Asker) -> None:
    assert owner.told("GET", "/settings") == {
        "capture": "full",
        "rates": [],
        "allowed_models": {},
        "when_client_leaves": "cancel",
        "drain_s": 30.0,
        "managed_by": "api",
        "config_error": "",
    }


def test_what_is_set_holds_for_calls(stage: AdminStage, owner: Asker) -> None:
    key = a_key_of(stage, owner)
    wanted = {
        "capture": "none",
        "rates": [{"per": "user", "match": "*", "requests_per_minute": 60, "tokens_per_minute": 0}],
        "allowed_models": {key: ["fast", "openai/gpt-4o*"]},
        "when_client_leaves": "drain",
        "drain_s": 5.0,
    }

    shown = owner.told("PUT", "/settings", wanted)

    found = stage.admin.catalog.of(owner.project)
    assert shown == {**wanted, "managed_by": "api", "config_error": ""}
    assert owner.told("GET", "/settings") == shown
    assert (found.capture, found.when_client_leaves, found.drain_s) == ("none", "drain", 5.0)
    assert found.rates == (RateRule("user", "*", 60, 0),)
    assert found.allowed_models == {key: ("fast", "openai/gpt-4o*")}
    assert stage.audited(owner.project) == ["gateway_settings.changed"]


def test_a_list_is_for_keys_of_this_project_alone(stage: AdminStage, owner: Asker) -> None:
    strange = a_key_of(stage, stage.an_asker())

    for key in (strange, "key_unknown"):
        status, said = owner.refused("PUT", "/settings", {"allowed_models": {key: ["*"]}})
        assert (status, key in said) == (400, True)


def test_a_list_of_a_revoked_key_may_stay(stage: AdminStage, owner: Asker) -> None:
    key = a_key_of(stage, owner)
    stage.identity.keys.revoke(COMMAND_LINE, ProjectId(owner.project), key)

    assert owner.told("PUT", "/settings", {"allowed_models": {key: []}})["allowed_models"] == {key: []}


@pytest.mark.parametrize(
    "fields",
    [
        {"capture": "half"},
        {"rates": [{"per": "user"}]},
        {"rates": [{"per": "ip", "requests_per_minute": 1}]},
        {"rates": [{"per": "key", "requests_per_minute": -1}]},
        {"rates": [{"per": "key", "requests_per_minute": 1}] * 101},
        {"allowed_models": {"": ["*"]}},
        {"drain_s": -1},
        {"when_client_leaves": ""},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(owner: Asker, fields: dict[str, Any]) -> None:
    assert owner.refused("PUT", "/settings", fields)[0] in (400, 422)


def test_callers_may_name_routes_and_the_models_of_providers(owner: Asker) -> None:
    owner.a_provider(models=["gpt-*", "o3*"])
    owner.a_provider("vllm", "openai_compatible", base_url="http://127.0.0.1:9/v1")
    owner.a_provider("off", "ollama", enabled=False)
    owner.a_route("fast")
    owner.a_route("hidden", enabled=False)

    assert owner.told("GET", "/models")["items"] == [
        {"id": "fast", "kind": "route", "provider": ""},
        {"id": "openai/gpt-*", "kind": "pattern", "provider": "openai"},
        {"id": "openai/o3*", "kind": "pattern", "provider": "openai"},
        {"id": "vllm/*", "kind": "pattern", "provider": "vllm"},
    ]
