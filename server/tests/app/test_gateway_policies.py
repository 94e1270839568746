"""What a project and its routes say of calls: cached answers, targets, limits a minute, keys, over HTTP."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from app import spoken
from app.gateway_tenant import QUESTION, EverySurface
from app.real_lynex import Tenant, eventually
from app.scripted_upstream import ScriptedUpstream
from app.speaking_upstream import TIRED_KEY, speaking_upstream

GPT = "gpt-4.1-mini-2025-04-14"
GPT_NANOUSD = 60 * 400 + 40 * 100 + 50 * 1_600
EMBEDDING = "openai/text-embedding-3-small"


def target(model: str = GPT, provider: str = "openai", weight: int = 1) -> dict[str, Any]:
    return {"provider": provider, "model": model, "weight": weight}


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with speaking_upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(tenant: Tenant, running: ScriptedUpstream) -> Iterator[EverySurface]:
    running.asked.clear()
    running.hold.clear()
    yield EverySurface(tenant, running)
    running.hold.set()


def question(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def models_asked(gateway: EverySurface) -> list[str]:
    return [asked.document["model"] for asked in gateway.upstream.asked]


# Cached answers


def test_an_answer_is_given_again_for_nothing_whole_and_as_a_stream(gateway):
    gateway.route("kept", [target()], cache={"mode": "exact"})

    first = gateway.call("kept")
    second = eventually(lambda: gateway.call("kept"), lambda answer: answer.headers["x-lynex-cache"] == "hit")
    streamed = gateway.call("kept", stream=True)

    assert first.headers["x-lynex-cache"] == "miss"
    assert second.json()["choices"] == first.json()["choices"]
    assert (float(second.headers["x-lynex-cost-usd"]), streamed.headers["x-lynex-cache"]) == (0, "hit")
    assert spoken.TEXT in streamed.text
    assert streamed.text.endswith("data: [DONE]\n\n")
    rows = eventually(gateway.tenant.rows, lambda rows: [row["cost_nanousd"] for row in rows].count(0) >= 2)
    paid = [row for row in rows if row["cost_nanousd"]]
    assert len(paid) == len(gateway.upstream.asked)
    assert all(row["cost_nanousd"] == GPT_NANOUSD for row in paid)
    assert all("local_cache_hit" in row["usage_flags"] for row in rows if not row["cost_nanousd"])


def warmed(gateway: EverySurface, route: str, **body: Any) -> None:
    """Ask until the answer comes from the cache."""
    eventually(
        lambda: gateway.call(route, **body), lambda answer: answer.headers.get("x-lynex-cache") == "hit"
    )


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"X-Lynex-Cache": "off"}, None),
        ({"Cache-Control": "no-store"}, None),
        ({"Helicone-Cache-Enabled": "false"}, None),
        ({"X-Lynex-Cache": "refresh"}, "miss"),
        ({"Cache-Control": "no-cache"}, "miss"),
    ],
)
def test_headers_lead_past_the_cache(gateway, headers, says):
    gateway.route("kept", [target()], cache={"mode": "exact"})
    warmed(gateway, "kept")
    before = len(gateway.upstream.asked)

    answer = gateway.call("kept", headers=headers)

    assert answer.headers.get("x-lynex-cache") == says
    assert len(gateway.upstream.asked) == before + 1


def test_another_version_of_a_surface_is_another_question_for_the_cache(gateway):
    gateway.route("fast", [target()], cache={"mode": "exact"})
    warmed(gateway, "fast")

    other = gateway.call("fast", path="/v1/chat/completions?api-version=preview")
    again = gateway.call("fast", headers={"anthropic-beta": "context-1m"})

    assert [each.headers["x-lynex-cache"] for each in (other, again)] == ["miss", "miss"]


def test_another_project_never_sees_a_cached_answer(gateway, installation):
    stranger = EverySurface(installation.new_tenant(), gateway.upstream)
    for each in (gateway, stranger):
        each.route("kept", [target()], cache={"mode": "exact"})
    warmed(gateway, "kept")

    assert stranger.call("kept").headers["x-lynex-cache"] == "miss"


def test_a_route_that_was_changed_starts_anew(gateway):
    wanted = {"name": "kept", "targets": [target()], "cache": {"mode": "exact"}}
    route_id = gateway.make("/v1/gateway/routes", wanted)["id"]
    warmed(gateway, "kept")

    gateway.set_up(f"/v1/gateway/routes/{route_id}", {**wanted, "retries": 2})

    eventually(lambda: gateway.call("kept").headers["x-lynex-cache"], lambda cache: cache == "miss")


def test_a_streamed_chat_with_log_probabilities_is_not_kept(gateway):
    gateway.route("kept", [target()], cache={"mode": "exact"})

    gateway.call("kept", stream=True, logprobs=True)
    gateway.spans(1)

    assert gateway.call("kept", stream=True, logprobs=True).headers["x-lynex-cache"] == "miss"


def test_a_question_in_other_words_has_the_same_answer(gateway):
    cache = {"mode": "semantic", "embedding_model": EMBEDDING, "similarity": 0.95}
    gateway.route("alike", [target()], cache=cache)
    first = gateway.call("alike", messages=question("Where is my parcel?"))
    again = eventually(
        lambda: gateway.call("alike", messages=question("My parcel, where is it now?")),
        lambda answer: answer.headers["x-lynex-cache"] == "hit",
    )
    other = gateway.call("alike", messages=question("How is the weather?"))

    assert (first.headers["x-lynex-cache"], other.headers["x-lynex-cache"]) == ("miss", "miss")
    assert again.json()["choices"] == first.json()["choices"]
    rows = eventually(gateway.tenant.rows, lambda rows: len(rows) >= 6)
    calls = {row["span_id"]: row for row in rows if row["kind"] == "llm"}
    embeddings = [row for row in rows if row["kind"] == "embedding"]
    assert len(embeddings) == len(calls)  # one for each question that was not there word for word
    for row in embeddings:
        assert calls[row["parent_span_id"]]["trace_id"] == row["trace_id"]
        assert row["cost_nanousd"] == 7 * 20


# Targets


def test_weights_are_kept_to(gateway):
    gateway.route("shared", [target("gpt-a", weight=3), target("gpt-b", weight=1)])
    headers = {"Authorization": f"Bearer {gateway.tenant.api_key}"}
    with httpx.Client(base_url=gateway.tenant.url, headers=headers, trust_env=False, timeout=60) as client:
        for _ in range(200):
            client.post("/v1/chat/completions", json={"model": "shared", "messages": QUESTION})

    count = Counter(models_asked(gateway))

    assert count.total() == 200
    assert 110 <= count["gpt-a"] <= 190  # 150, within more than six standard deviations


@pytest.mark.parametrize(
    ("sticky", "said"), [("session", {"headers": {"X-Lynex-Session": "s-1"}}), ("user", {"user": "u-1"})]
)
def test_a_session_or_a_user_stays_with_a_target(gateway, sticky, said):
    gateway.route("sticky", [target("gpt-a"), target("gpt-b")], sticky=sticky)

    for _ in range(12):
        gateway.call("sticky", **{name: dict(v) if isinstance(v, dict) else v for name, v in said.items()})

    assert len(set(models_asked(gateway))) == 1


def test_a_route_gives_way_to_a_cheaper_model_while_a_budget_nears_its_limit(gateway):
    gateway.price()
    gateway.budget(10)
    downgrade = {"provider": "openai", "model": "gpt-cheap"}
    gateway.route("thrifty", [target("gpt-dear")], downgrade=downgrade, downgrade_at_percent=1)

    gateway.call("thrifty")
    eventually(lambda: (gateway.call("thrifty"), models_asked(gateway)[-1])[1], lambda m: m == "gpt-cheap")

    assert models_asked(gateway)[0] == "gpt-dear"
    rows = gateway.tenant.see(2)
    assert {row["model_requested"] for row in rows} == {"thrifty"}


def test_a_key_that_is_told_to_slow_down_rests_while_another_works(gateway):
    provider_id = gateway.provider("two-keys", api_key=TIRED_KEY, models=["none"])
    gateway.make(f"/v1/gateway/providers/{provider_id}/keys", {"name": "second", "api_key": "sk-awake"})

    statuses = [gateway.call("two-keys/any").status_code for _ in range(12)]

    assert statuses == [200] * 12
    keys = Counter(asked.headers["authorization"] for asked in gateway.upstream.asked)
    assert keys["Bearer sk-awake"] == 12
    assert keys[f"Bearer {TIRED_KEY}"] <= 1


def test_a_provider_has_no_more_calls_at_once_than_it_may(gateway):
    gateway.provider("small", max_concurrency=1, models=["none"])
    gateway.route("small", [target("held", "small")], retries=0)
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(gateway.call("small")))
    first.start()
    eventually(lambda: gateway.upstream.asked)

    refused = gateway.call("small")
    gateway.upstream.hold.set()
    first.join()
    after = gateway.call("small")

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "upstream_busy")
    assert (answers[0].status_code, after.status_code) == (200, 200)


# Limits


def limit(gateway: EverySurface, per: str, **bounds: int) -> None:
    """Set a limit for each value of `per`."""
    rule = {"per": per, "match": "*", "requests_per_minute": 0, "tokens_per_minute": 0, **bounds}
    gateway.set_up("/v1/gateway/settings", {"rates": [rule]})


@pytest.mark.parametrize(
    ("per", "other"), [("user", {"user": "u-2"}), ("model", {"model": "gpt-b"}), ("key", None)]
)
def test_requests_a_minute_are_counted_for_each(gateway, installation, per, other):
    limit(gateway, per, requests_per_minute=2)
    same = {"model": "gpt-a", "user": "u-1"}

    refused = eventually(lambda: gateway.call(**same), lambda answer: answer.status_code == 429)

    assert refused.json()["error"]["code"] == "rate_limited"
    assert int(refused.headers["retry-after"]) >= 1
    assert len(gateway.upstream.asked) >= 2
    if other is None:
        elsewhere = installation.new_key(gateway.tenant, ("gateway",))
        answer = elsewhere.ask("POST", "/v1/chat/completions", json={**same, "messages": QUESTION})
    else:
        answer = gateway.call(**{**same, **other})
    assert answer.status_code == 200


def test_answers_from_the_cache_take_no_tokens_a_minute(gateway):
    gateway.route("kept", [target()], cache={"mode": "exact"})
    limit(gateway, "user", tokens_per_minute=1_000)
    eventually(lambda: gateway.call(GPT, user="probe", max_tokens=2_000), lambda a: a.status_code == 429)
    warmed(gateway, "kept")

    again = [gateway.call("kept", user="u-1", max_tokens=100) for _ in range(12)]

    assert [answer.headers["x-lynex-cache"] for answer in again] == ["hit"] * 12


def test_tokens_a_minute_are_put_right_by_what_was_used(gateway):
    """A call that might use 900 and uses 150 leaves 850 of 1,000: without that, the next one waits 45 s."""
    limit(gateway, "user", tokens_per_minute=1_000)
    eventually(lambda: gateway.call(GPT, user="probe", max_tokens=2_000), lambda a: a.status_code == 429)

    first = gateway.call(GPT, user="u-1", max_tokens=900)
    more = [gateway.call(GPT, user="u-1", max_tokens=780).status_code for _ in range(5)]

    assert first.status_code == 200
    assert 200 in more
    assert 429 in more
