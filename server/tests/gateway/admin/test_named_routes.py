"""Routes over HTTP: what is taken, what is not, and what becomes of a webhook's secret."""

from typing import Any

import pytest
from gateway.admin_stage import AdminStage, Asker
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.admin.route_schemas import RouteInput
from lynex_server.gateway.admin.route_shapes import route_from, route_shown
from lynex_server.gateway.expressions import compiled_pattern, compiled_schema
from lynex_server.gateway.model import Target

SECRET = "whs-planted-0123456789"
HOOK = {"url": "https://guard.example.org/check", "secret": SECRET, "timeout_s": 1, "fail_open": True}
SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
FULL: dict[str, Any] = {
    "name": "fast",
    "targets": [
        {"provider": "openai", "model": "gpt-4o-mini", "weight": 9},
        {"provider": "ollama", "weight": 0},
    ],
    "retries": 2,
    "timeout_s": 20,
    "sticky": "session",
    "downgrade": {"provider": "ollama", "model": "llama3.2"},
    "downgrade_at_percent": 80,
    "when_client_leaves": "drain",
    "drain_s": 10,
    "cache": {"mode": "semantic", "ttl_s": 60, "embedding_model": "openai/text-embedding-3-small"},
    "guardrails": {
        "redact": True,
        "blocked_input": ["(?i)project\\s+x"],
        "blocked_output": ["secret"],
        "max_input_chars": 1000,
        "max_output_chars": 2000,
        "allowed_tools": ["search_*"],
        "output_schema": SCHEMA,
        "repair": True,
        "webhook": HOOK,
    },
}


@pytest.fixture(autouse=True)
def _upstreams(owner: Asker) -> None:
    owner.a_provider()
    owner.a_provider("ollama", "ollama")


def test_everything_of_a_route_is_kept_and_shown_but_its_secret(stage: AdminStage, owner: Asker) -> None:
    made = owner.told("POST", "/routes", FULL)

    route = stage.admin.catalog.of(owner.project).routes["fast"]
    webhook = route.guardrails.webhook
    assert webhook is not None
    assert route.targets == (Target("openai", "gpt-4o-mini", 9), Target("ollama", "", 0))
    assert route.downgrade == Target("ollama", "llama3.2")
    assert (route.cache.mode, route.cache.similarity) == ("semantic", 0.97)
    assert compiled_schema(route.guardrails.output_schema).is_valid({"city": "Ulm"})
    assert stage.admin.catalog.of(owner.project).secrets == {webhook.secret_id: SECRET}
    assert SECRET not in str(made)
    hook = {name: value for name, value in HOOK.items() if name != "secret"}
    assert made["guardrails"]["webhook"] == hook
    assert owner.told("GET", f"/routes/{made['id']}") == made
    assert owner.told("GET", "/routes")["items"] == [made]


def test_what_is_shown_of_a_route_can_be_given_back(owner: Asker) -> None:
    made = owner.told("POST", "/routes", FULL)
    shown = {name: value for name, value in made.items() if name in RouteInput.model_fields}

    assert owner.told("PUT", f"/routes/{made['id']}", shown)["guardrails"] == made["guardrails"]


def test_a_webhooks_secret_stays_goes_and_is_replaced(stage: AdminStage, owner: Asker) -> None:
    made = owner.told("POST", "/routes", FULL)
    path = f"/routes/{made['id']}"
    silent = {name: value for name, value in HOOK.items() if name != "secret"}

    def secrets_with(webhook: Any) -> list[str]:
        owner.told("PUT", path, {**FULL, "guardrails": {"webhook": webhook}})
        return list(stage.admin.catalog.of(owner.project).secrets.values())

    assert secrets_with(silent) == [SECRET]
    assert secrets_with({**HOOK, "secret": "another one"}) == ["another one"]
    assert stage.in_vault() == ["gateway route fast"]
    assert secrets_with(None) == []
    assert stage.in_vault() == []
    assert owner.refused("PUT", path, {**FULL, "guardrails": {"webhook": silent}})[0] == 400
    assert secrets_with(HOOK) == [SECRET]
    owner.told("DELETE", path)
    assert stage.in_vault() == []


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a/b"},
        {"name": ".hidden"},
        {"name": "x" * 201},
        {"targets": []},
        {"targets": [{"provider": "openai", "weight": 0}]},
        {"targets": [{"provider": "openai", "weight": -1}]},
        {"targets": [{"provider": "nobody"}]},
        {"targets": [{"provider": "openai"}] * 21},
        {"retries": 6},
        {"timeout_s": -1},
        {"sticky": "ip"},
        {"downgrade": {"provider": "nobody"}},
        {"downgrade_at_percent": 101},
        {"when_client_leaves": "wait"},
        {"drain_s": 601},
        {"cache": {"mode": "semantic"}},
        {"cache": {"mode": "exact", "ttl_s": 0}},
        {"cache": {"similarity": 1.1}},
        {"guardrails": {"blocked_input": ["("]}},
        {"guardrails": {"blocked_input": ["a*"]}},
        {"guardrails": {"blocked_input": ["(?=a)b"]}},
        {"guardrails": {"blocked_output": [r"(a)\1"]}},
        {"guardrails": {"blocked_output": ["(?:x{1000}){1000}"]}},
        {"guardrails": {"blocked_input": ["x"] * 101}},
        {"guardrails": {"output_schema": {"type": "cat"}}},
        {"guardrails": {"output_schema": {"$ref": "https://example.org/schema.json"}}},
        {"guardrails": {"output_schema": {"$ref": "file:///etc/passwd"}}},
        {"guardrails": {"output_schema": {"type": "string", "pattern": "(?=a)b"}}},
        {"guardrails": {"output_schema": _deep(65)}},
        {"guardrails": {"output_schema": {"description": "x" * 65_536}}},
        {"guardrails": {"repair": True}},
        {"guardrails": {"webhook": {"url": "https://guard.example.org"}}},
        {"guardrails": {"webhook": {**HOOK, "url": "guard.example.org"}}},
        {"guardrails": {"webhook": {**HOOK, "timeout_s": 31}}},
    ],
    ids=lambda fields: str(fields)[:60],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    stage: AdminStage, owner: Asker, fields: dict[str, Any]
) -> None:
    before = stage.audited(owner.project)
    wanted = {"name": "fast", "targets": [{"provider": "openai"}], **fields}

    status, said = owner.refused("POST", "/routes", wanted)

    assert status in (400, 422), said
    assert owner.told("GET", "/routes")["items"] == []
    assert stage.audited(owner.project) == before
    assert stage.in_vault() == []


def test_a_problem_says_which_provider_is_missing(owner: Asker) -> None:
    targets = [{"provider": "openai"}, {"provider": "nobody"}]

    answer = owner.ask("POST", "/routes", {"name": "fast", "targets": targets})

    assert answer.json()["field"] == "targets.1.provider"
    assert "nobody" in answer.json()["detail"]


def test_a_name_is_taken_once(stage: AdminStage, owner: Asker) -> None:
    owner.a_route("fast")
    slow = owner.a_route("slow")

    assert owner.refused("POST", "/routes", {"name": "fast", "targets": [{"provider": "openai"}]})[0] == 409
    taken = {"name": "fast", "targets": [{"provider": "openai"}]}
    assert owner.refused("PUT", f"/routes/{slow['id']}", taken)[0] == 409
    stranger = stage.an_asker()
    stranger.a_provider()
    assert stranger.a_route("fast")["name"] == "fast"
    assert stranger.refused("PUT", f"/routes/{slow['id']}", taken)[0] == 404


def test_every_change_is_on_record(stage: AdminStage, owner: Asker) -> None:
    made = owner.a_route()
    owner.a_route("slow")
    owner.told("PUT", f"/routes/{made['id']}", FULL)
    owner.told("DELETE", f"/routes/{made['id']}")

    assert stage.audited(owner.project)[-4:] == [
        "gateway_route.created",
        "gateway_route.created",
        "gateway_route.changed",
        "gateway_route.removed",
    ]


def test_the_examples_of_the_documentation_are_taken(owner: Asker) -> None:
    owner.a_provider("gemini", "gemini")

    for example in RouteInput.model_json_schema()["examples"]:
        owner.told("POST", "/routes", example)


# What holds for every route that could be given, without a database.

_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,30}", fullmatch=True)
_PROVIDERS = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,20}", fullmatch=True)
_TARGETS = st.lists(
    st.fixed_dictionaries(
        {"provider": _PROVIDERS, "model": st.text(max_size=20), "weight": st.integers(0, 1000)}
    ),
    min_size=1,
    max_size=20,
).filter(lambda targets: any(target["weight"] for target in targets))
_ROUTES = st.fixed_dictionaries(
    {"name": _NAMES, "targets": _TARGETS},
    optional={
        "retries": st.integers(0, 5),
        "timeout_s": st.floats(0, 3600),
        "sticky": st.sampled_from(["none", "session", "user"]),
        "downgrade": st.none()
        | st.fixed_dictionaries({"provider": _PROVIDERS, "model": st.text(max_size=20)}),
        "cache": st.fixed_dictionaries(
            {"mode": st.sampled_from(["off", "exact"]), "ttl_s": st.integers(1, 99)}
        ),
        "guardrails": st.fixed_dictionaries(
            {
                "redact": st.booleans(),
                "allowed_tools": st.none() | st.lists(st.text("ab*", min_size=1, max_size=5), max_size=5),
                "output_schema": st.none() | st.sampled_from([{}, SCHEMA, {"enum": [None, 1.5, "x"]}]),
            }
        ),
    },
)


@given(_ROUTES)
def test_a_route_is_shown_as_it_was_given(given_route: dict[str, Any]) -> None:
    wanted = RouteInput.model_validate(given_route)

    route = route_from(
        wanted,
        route_id="gwr_1",
        organisation_id="org_1",
        project_id="prj_1",
        webhook_secret_id="",
        created_at_us=1,
        now_us=2,
    )

    told = route_shown(route).model_dump(exclude={"id", "managed_by", "created_at", "updated_at"})
    assert RouteInput.model_validate(told) == wanted


@given(st.text(max_size=30))
def test_a_pattern_that_is_taken_finds_something_but_not_everything(text: str) -> None:
    try:
        RouteInput.model_validate(
            {"name": "r", "targets": [{"provider": "p"}], "guardrails": {"blocked_input": [text]}}
        )
    except ValueError:
        return

    assert compiled_pattern(text).search("") is None
