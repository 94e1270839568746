"""Providers that fail: the client sees a clean error in its own shape, another provider is tried before the
first byte only, nothing stays held, and every call has one span."""

import json
import threading
import time
from collections.abc import Iterator

import httpx
import openai
import pytest
from app.gateway_tenant import QUESTION, GatewayTenant
from app.real_lynex import HTTP, Tenant, eventually
from app.scripted_upstream import ScriptedUpstream, scripted_upstream
from app.speaking_upstream import GAVE_UP
from servers import free_port


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with scripted_upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(tenant: Tenant, running: ScriptedUpstream) -> Iterator[GatewayTenant]:
    running.asked.clear()
    running.gone.clear()
    running.hold.clear()
    made = GatewayTenant(tenant, running)
    made.price()
    yield made
    running.hold.set()


class OneModel(GatewayTenant):
    """The same, where the provider has one model and no other."""

    def _make_providers(self) -> None:
        self.provider("scripted", models=["whole"])


def target(model, provider="scripted", weight=1):
    return {"provider": provider, "model": model, "weight": weight}


def a_dead_provider(gateway, name="dead"):
    """A provider where nobody listens."""
    gateway.make(
        "/v1/gateway/providers",
        {
            "name": name,
            "kind": "openai_compatible",
            "base_url": f"http://127.0.0.1:{free_port()}/v1",
            "models": ["none"],
            "api_key": "sk-dead",
        },
    )
    return name


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("garbage", 502, "upstream_garbage"),
        ("hangs-up", 502, "upstream_broke_off"),
        ("silent", 504, "upstream_timeout"),
        ("a-page", 502, "upstream_garbage"),
        ("half-a-document", 502, "upstream_garbage"),
        ("cut-whole", 502, "upstream_broke_off"),
        ("slow-whole", 504, "upstream_timeout"),
        ("only-a-head", 502, "upstream_broke_off"),
        ("head-and-silence", 504, "upstream_timeout"),
        ("empty-stream", 502, "upstream_broke_off"),
    ],
)
def test_a_provider_that_gives_no_answer_is_a_clean_error(gateway, model, status, code):
    budget_id = gateway.budget(1000)
    gateway.route("bare", [target(model)], retries=0, timeout_s=1)

    answer = gateway.call("bare")

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    span = gateway.span()
    assert (span["status"], span["error_type"]) == ("timeout" if status == 504 else "error", code)
    assert span["cost_nanousd"] in (None, 0)
    gateway.nothing_stays_held(budget_id)


def test_a_provider_where_nobody_listens_is_a_clean_error(gateway):
    name = a_dead_provider(gateway)

    answer = gateway.call(f"{name}/any")

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_unreachable")
    assert name in answer.text
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize("host", ["169.254.169.254", "metadata.internal.example"])
def test_a_caller_is_not_told_where_a_provider_is(gateway, host):
    hidden = {"kind": "openai_compatible", "base_url": f"http://{host}/v1", "models": ["none"]}
    gateway.make("/v1/gateway/providers", {"name": "hidden", **hidden})

    answer = gateway.call("hidden/any")

    assert answer.status_code == 502
    assert "hidden" in answer.text
    assert host not in answer.text


def test_a_providers_own_error_reaches_the_client_as_it_is(gateway):
    budget_id = gateway.budget(1000)

    answer = gateway.call("wrong")

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "temperature"
    assert len(gateway.upstream.asked) == 1
    gateway.nothing_stays_held(budget_id)


def test_a_refused_key_is_not_told_as_the_callers_own(gateway):
    answer = gateway.call("no-key")

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_key_refused")


def test_a_passing_failure_is_tried_again(gateway):
    gateway.upstream.fails = 1

    answer = gateway.call("flaky")

    assert answer.status_code == 200
    assert json.loads(gateway.span()["attributes"])["lynex.gateway.attempts"] == 2


def test_a_provider_that_wants_a_little_time_is_given_it(gateway):
    gateway.upstream.fails = 2
    gateway.route("patient", [target("briefly-limited")], retries=2)

    answer = gateway.call("patient")

    assert answer.status_code == 200
    assert json.loads(gateway.span()["attributes"])["lynex.gateway.attempts"] == 3


@pytest.mark.parametrize(
    "failing",
    [
        *("broken", "hangs-up", "garbage", "limited", "silent", "unpaid", "no-key", "unreachable-origin"),
        *("a-page", "half-a-document", "cut-whole", "slow-whole"),
        *("only-a-head", "head-and-silence", "empty-stream"),
    ],
)
def test_another_provider_takes_over_before_the_first_byte(gateway, failing):
    budget_id = gateway.budget(1000)
    gateway.route("safe", [target(failing), target("whole", weight=0)], retries=0, timeout_s=1)

    answer = gateway.call("safe")

    assert answer.status_code == 200
    span = gateway.span()
    assert (span["model_requested"], span["status"]) == ("safe", "ok")
    gateway.nothing_stays_held(budget_id)


def test_the_time_of_a_route_is_that_until_the_first_byte(gateway):
    gateway.provider("patient", timeout_s=60, models=["none"])
    gateway.route("prompt", [target("held-stream", "patient")], retries=0, timeout_s=1)
    pause = threading.Timer(1.5, gateway.upstream.hold.set)
    pause.start()

    text = gateway.stream("prompt")
    pause.join()

    assert text.endswith("data: [DONE]\n\n")
    assert '"error"' not in text


def test_another_provider_takes_over_where_a_stream_never_began(gateway):
    gateway.route("safe", [target("only-a-head"), target("whole", weight=0)], retries=0)

    text = gateway.stream("safe")

    assert text.endswith("data: [DONE]\n\n")
    assert '"error"' not in text
    assert [asked.document["model"] for asked in gateway.upstream.asked] == ["only-a-head", "whole"]


def test_what_cannot_be_said_to_the_next_provider_does_not_hide_why_the_first_one_failed(gateway):
    root = gateway.upstream.url.removesuffix("/v1")
    gateway.provider("other", kind="anthropic", base_url=root, models=["none"])
    gateway.route("mixed", [target("broken"), target("whole", "other", weight=0)], retries=0)

    answer = gateway.call("mixed", logit_bias={"1": 5})

    assert (answer.status_code, answer.json()["error"]["message"]) == (500, "it broke")


@pytest.mark.parametrize("model", ["a-page", "half-a-document"])
def test_garbage_is_an_error_in_the_callers_words_though_it_would_be_translated(gateway, model):
    """An empty answer would look like one."""
    answer = gateway.call(model, "/v1/messages")

    assert answer.status_code == 502
    assert answer.json()["error"]["lynex"]["code"] == "upstream_garbage"


def test_when_all_fail_the_last_ones_error_is_told(gateway):
    gateway.route("doomed", [target("limited"), target("broken", weight=0)], retries=0)

    answer = gateway.call("doomed")

    assert (answer.status_code, answer.json()["error"]["message"]) == (500, "it broke")


def test_a_stream_that_breaks_off_ends_with_an_error_and_is_never_begun_anew(gateway):
    budget_id = gateway.budget(1000)
    gateway.route("safe", [target("cut"), target("whole", weight=0)], retries=2)

    text = gateway.stream("safe")

    assert "Your parcel" in text
    assert '"upstream_broke_off"' in text
    assert [asked.document["model"] for asked in gateway.upstream.asked] == ["cut"]
    span = gateway.span()
    assert (span["status"], span["cost_source"]) == ("error", "estimated")
    assert span["output_tokens"] > 0
    gateway.nothing_stays_held(budget_id)


def test_official_clients_raise_their_own_exception_for_a_broken_stream(gateway):
    client = openai.OpenAI(base_url=f"{gateway.tenant.url}/v1", api_key=gateway.tenant.api_key, max_retries=0)

    with pytest.raises(openai.APIError, match="broke off"):
        for _ in client.chat.completions.create(model="cut", messages=QUESTION, stream=True):
            pass


def leave_after(gateway, model, pieces):
    """Begin a stream and close the connection after so many pieces."""
    headers = {"Authorization": f"Bearer {gateway.tenant.api_key}"}
    wanted = {"model": model, "messages": QUESTION, "stream": True}
    with HTTP.stream(
        "POST", f"{gateway.tenant.url}/v1/chat/completions", json=wanted, headers=headers
    ) as response:
        lines = (line for line in response.iter_lines() if line)
        for _ in range(pieces):
            next(lines)


def test_a_client_that_leaves_ends_the_call_and_pays_for_what_it_saw(gateway):
    """litellm#35958: aborted streams logged as 0 or in part; openai-openapi#539: no usage on abort."""
    budget_id = gateway.budget(1000)

    leave_after(gateway, "endless", 3)

    eventually(lambda: gateway.upstream.gone, lambda gone: gone == ["endless"])
    span = gateway.span()
    assert (span["status"], span["cost_source"]) == ("cancelled", "estimated")
    assert span["output_tokens"] >= 3
    gateway.nothing_stays_held(budget_id)


def test_a_route_may_read_an_answer_to_its_end_after_its_client_left(gateway):
    """litellm#17364: policy per route, cancel or drain."""
    gateway.route("drained", [target("slow-stream")], when_client_leaves="drain", drain_s=30)

    leave_after(gateway, "drained", 2)

    eventually(lambda: gateway.upstream.gone, lambda gone: gone == ["finished"])
    span = gateway.span()
    assert (span["input_tokens"], span["output_tokens"]) == (20, 10)
    assert span["cost_source"] == "priced"


def test_draining_has_an_end(gateway):
    gateway.route("drained", [target("endless")], when_client_leaves="drain", drain_s=0.5)

    leave_after(gateway, "drained", 2)

    eventually(lambda: gateway.upstream.gone, lambda gone: gone == ["endless"])
    assert gateway.span()["cost_source"] == "estimated"


def test_a_client_that_does_not_wait_for_the_answer_ends_the_call(gateway):
    headers = {"Authorization": f"Bearer {gateway.tenant.api_key}"}
    wanted = {"model": "silent", "messages": QUESTION}

    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{gateway.tenant.url}/v1/chat/completions", json=wanted, headers=headers, timeout=0.5)

    span = gateway.span()
    assert (span["status"], span["cost_source"]) == ("cancelled", "estimated")


def test_a_provider_that_keeps_failing_is_left_alone_for_a_while(gateway):
    provider = {
        "name": "weak",
        "kind": "openai_compatible",
        "base_url": gateway.upstream.url,
        "models": ["none"],
        "api_key": "sk-weak",
        "breaker_failures": 2,
        "breaker_open_s": 30,
    }
    gateway.make("/v1/gateway/providers", provider)
    gateway.route("weak", [target("broken", "weak")], retries=0)

    statuses = [gateway.call("weak").status_code for _ in range(4)]

    assert statuses == [500, 500, 503, 503]
    assert len(gateway.upstream.asked) == 2


def test_a_kill_switch_stops_calls_before_they_leave(gateway):
    gateway.make("/v1/kill-switch/trigger", {"reason": "runaway agent"})

    answer = eventually(lambda: gateway.call("whole"), lambda answer: answer.status_code == 403)

    assert answer.json()["error"]["code"] == "kill_switch_active"
    assert "runaway agent" in answer.json()["error"]["message"]


def test_a_kill_switch_that_ends_says_when(gateway):
    gateway.make("/v1/kill-switch/trigger", {"reason": "runaway agent", "minutes": 30})

    answer = eventually(lambda: gateway.call("whole"), lambda answer: answer.status_code == 403)

    told = answer.json()["error"]
    assert told["lynex"]["until"] in told["message"]
    assert 0 < int(answer.headers["retry-after"]) <= 30 * 60


def test_a_budget_refuses_in_the_words_of_the_surface(gateway):
    budget_id = gateway.budget(0.01)

    answer = gateway.call("whole")
    client = openai.OpenAI(base_url=f"{gateway.tenant.url}/v1", api_key=gateway.tenant.api_key)
    with pytest.raises(openai.RateLimitError) as raised:
        client.chat.completions.create(model="whole", messages=QUESTION, max_tokens=100)

    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "insufficient_quota")
    told = answer.json()["error"]["lynex"]
    assert (told["budget_id"], told["budget_name"]) == (budget_id, "all")
    assert told["frees_at"] is not None
    assert raised.value.code == "budget_exceeded"
    assert gateway.upstream.asked == []
    spans = gateway.spans(2)
    assert {(span["status"], span["error_type"]) for span in spans} == {("blocked", "budget_exceeded")}


def test_a_budget_that_is_used_up_says_when_it_frees_to_calls_without_a_price_too(gateway):
    budget_id = gateway.budget(2, unit="requests")
    gateway.route("cached", [target("whole")], cache={"mode": "exact", "ttl_s": 60})
    assert [gateway.call(model).status_code for model in ("cached", "whole")] == [200, 200]
    octets = {"content-type": "application/octet-stream"}

    upload = eventually(
        lambda: gateway.tenant.ask("POST", "/v1/files", content=b"x", headers=octets),
        lambda answer: answer.status_code == 429,
    )

    for answer in (upload, gateway.call("cached")):
        told = answer.json()["error"]
        assert (told["code"], told["lynex"]["budget_id"]) == ("budget_exceeded", budget_id)
        assert told["lynex"]["frees_at"] in told["message"]
        assert int(answer.headers["retry-after"]) > 0


def test_a_dearer_model_gives_way_to_a_cheaper_one_when_the_budget_says_no(gateway):
    gateway.price("cheap", "1")
    gateway.budget(0.05)
    gateway.route("thrifty", [target("whole"), target("cheap", weight=0)])

    answer = gateway.call("thrifty")

    assert answer.status_code == 200
    assert [asked.document["model"] for asked in gateway.upstream.asked] == ["cheap"]


def test_a_budget_over_its_limit_may_ask_for_a_cheaper_model(gateway):
    gateway.price("cheap", "1")
    gateway.budget(0.001, action="downgrade_model", downgrade_to="cheap")
    gateway.call("whole")
    gateway.tenant.see(1)

    def asked_again():
        gateway.call("whole")
        return gateway.upstream.asked[-1].document["model"]

    assert eventually(asked_again, lambda model: model == "cheap")
    last = gateway.tenant.see(len(gateway.upstream.asked))
    assert any('"lynex.downgraded_to":"cheap"' in row["attributes"] for row in last)


def test_a_call_goes_on_as_asked_where_nobody_serves_the_cheaper_model(tenant, running):
    gateway = OneModel(tenant, running)
    gateway.price()
    gateway.budget(0.001, action="downgrade_model", downgrade_to="nobody-has-it")
    gateway.call("whole")
    gateway.tenant.see(1)

    def noted():
        assert gateway.call("whole").status_code == 200
        rows = gateway.tenant.rows()
        return any('"lynex.not_downgraded_to":"nobody-has-it"' in row["attributes"] for row in rows)

    assert eventually(noted)


def test_a_budget_over_its_limit_may_slow_calls_down(gateway):
    gateway.budget(0.001, action="slow_down")
    gateway.call("whole")

    def slowed():
        gateway.call("whole")
        return any("lynex.slowed_ms" in row["attributes"] for row in gateway.tenant.rows())

    assert eventually(slowed)


def test_a_model_without_a_price_is_refused_under_a_budget_in_dollars(gateway, installation):
    tenant = installation.new_tenant()
    other = GatewayTenant(tenant, gateway.upstream)
    other.budget(5)

    answer = other.call("nobody-knows-this-model")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "unpriced_model")


def test_requests_a_minute_are_kept_to(gateway):
    rates = [{"per": "user", "match": "*", "requests_per_minute": 2, "tokens_per_minute": 0}]
    gateway.tenant.ask("PUT", "/v1/gateway/settings", json={"rates": rates})
    eventually(lambda: gateway.tenant.get("/v1/gateway/settings")["rates"])
    time.sleep(0.6)  # what a process remembers of the settings lives half a second

    statuses = [gateway.call("whole", user="u-1").status_code for _ in range(3)]
    other = gateway.call("whole", user="u-2").status_code

    assert (statuses, other) == ([200, 200, 429], 200)


def test_the_provider_that_is_resting_is_told_in_the_span(gateway):
    name = a_dead_provider(gateway)
    gateway.call(f"{name}/any")

    span = gateway.span()

    assert json.loads(span["attributes"])["lynex.gateway.provider"] == name
    assert json.loads(span["input"]) == QUESTION


# What a provider says in the middle of its stream that it cannot go on with


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "gpt-4.1-gives-up", "messages": QUESTION}),
        ("/v1/chat/completions", {"model": "claude-gives-up", "messages": QUESTION}),
        ("/v1/chat/completions", {"model": "gemini-gives-up", "messages": QUESTION}),
        ("/v1/responses", {"model": "gpt-4.1-gives-up", "input": "Where is my parcel?"}),
        ("/v1/responses", {"model": "claude-gives-up", "input": "Where is my parcel?"}),
        ("/v1/messages", {"model": "claude-gives-up", "max_tokens": 9, "messages": QUESTION}),
        ("/v1/messages", {"model": "gpt-4.1-gives-up", "max_tokens": 9, "messages": QUESTION}),
        ("/v1beta/models/gemini-gives-up:streamGenerateContent?alt=sse", {"contents": []}),
        ("/model/anthropic.gives-up/converse-stream", {"messages": []}),
        ("/api/chat", {"model": "llama-gives-up", "messages": QUESTION}),
    ],
)
def test_a_provider_that_gives_up_in_its_stream_is_an_error_and_keeps_nobody_waiting(
    every_surface, path, body
):
    gateway = every_surface
    gateway.upstream.gone.clear()

    answer = gateway.tenant.ask("POST", path, json={"stream": True, **body})

    assert gateway.upstream.gone == []  # it holds the connection still
    assert answer.text.count(GAVE_UP) == 1
    span = gateway.span()
    assert (span["status"], span["error_type"], span["error_message"]) == ("error", "upstream_error", GAVE_UP)
    assert span["output_tokens"] > 0


@pytest.mark.parametrize(
    ("path", "failing", "body"),
    [
        ("/v1/chat/completions", ("openai", "gpt-4.1-fails-at-once"), {"messages": QUESTION}),
        ("/v1/chat/completions", ("anthropic", "claude-fails-at-once"), {"messages": QUESTION}),
        ("/v1/responses", ("openai", "gpt-4.1-fails-at-once"), {"input": "Where is my parcel?"}),
        ("/v1/messages", ("anthropic", "claude-fails-at-once"), {"max_tokens": 9, "messages": QUESTION}),
        ("/api/chat", ("ollama", "llama-fails-at-once"), {"messages": QUESTION}),
    ],
)
def test_another_provider_takes_over_where_a_stream_begins_with_an_error(every_surface, path, failing, body):
    gateway, (provider, model) = every_surface, failing
    next_one = {"/v1/messages": "anthropic", "/api/chat": "ollama"}.get(path, "openai")
    gateway.route("safe", [target(model, provider), target("gpt-4.1-mini", next_one, weight=0)], retries=0)

    answer = gateway.tenant.ask("POST", path, json={"model": "safe", "stream": True, **body})

    assert answer.status_code == 200
    assert GAVE_UP not in answer.text
    assert [model, "gpt-4.1-mini"] == [asked.document["model"] for asked in gateway.upstream.asked]
    assert gateway.span()["status"] == "ok"


def test_a_stream_that_begins_with_an_error_is_an_error_where_nobody_else_can_be_asked(every_surface):
    gateway = every_surface

    answer = gateway.call("claude-fails-at-once", "/v1/messages", stream=True)

    assert answer.status_code == 502
    assert GAVE_UP in answer.json()["error"]["message"]
    assert gateway.span()["error_type"] == "upstream_error"
