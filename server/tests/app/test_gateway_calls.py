"""Calls through the gateway of a real Lynex: what the provider gets, what comes back, what is kept."""

import contextlib
import json
import socket
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from app.conftest import MAX_UPLOAD_BYTES
from app.gateway_tenant import QUESTION, GatewayTenant
from app.real_lynex import HTTP, Tenant, eventually
from app.scripted_upstream import TEXT, USAGE, ScriptedUpstream, scripted_upstream


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with scripted_upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(tenant: Tenant, running: ScriptedUpstream) -> GatewayTenant:
    running.asked.clear()
    running.gone.clear()
    running.hold.clear()
    return GatewayTenant(tenant, running)


def test_a_call_is_passed_on_and_becomes_a_span(gateway):
    answer = gateway.call("whole", user="u-7", headers={"X-Lynex-Session": "s-1", "X-Lynex-Tags": "eu, vip"})

    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"] == TEXT
    [asked] = gateway.upstream.asked
    assert asked.headers["authorization"] == "Bearer sk-scripted"
    assert asked.document["messages"] == QUESTION
    span = gateway.span()
    assert span["trace_id"] == answer.headers["x-lynex-trace-id"]
    assert (span["kind"], span["source"], span["status"]) == ("llm", "gateway", "ok")
    assert (span["model_requested"], span["model"]) == ("whole", "gpt-4.1-mini-2025-04-14")
    assert (span["input_tokens"], span["output_tokens"]) == (20, 10)
    assert (span["end_user_id"], span["session_id"], span["tags"]) == ("u-7", "s-1", ["eu", "vip"])
    assert json.loads(span["input"]) == QUESTION
    assert TEXT in span["output"]


def test_the_answer_says_what_it_cost(gateway):
    gateway.price()

    answer = gateway.call("whole")

    assert float(answer.headers["x-lynex-cost-usd"]) == 0.03
    assert gateway.span()["cost_nanousd"] == 30_000_000


def test_the_answer_says_what_is_left_of_the_fullest_budget(gateway):
    gateway.price()
    gateway.budget(100)
    gateway.budget(5, name="small")

    answer = gateway.call("whole")

    assert answer.headers["x-lynex-budget-left"] == 'budget="small";left=5.000000;unit=usd'


def test_unknown_fields_pass_through_untouched(gateway):
    gateway.call("whole", brand_new={"deep": [1, 2.5, None, "é"]}, temperature=0.1)

    assert gateway.upstream.asked[0].document["brand_new"] == {"deep": [1, 2.5, None, "é"]}


def test_an_unchanged_body_is_passed_on_byte_for_byte(gateway):
    body = b'{ "model":"whole",\n "messages":[{"role":"user","content":"caf\\u00e9"}], "n":1.0 }'

    gateway.tenant.ask(
        "POST", "/v1/chat/completions", content=body, headers={"content-type": "application/json"}
    )

    assert gateway.upstream.asked[0].body == body


def test_the_usage_of_a_stream_is_asked_for_and_hidden_again(gateway):
    """litellm#14457: the usage of streams is lost when nobody asks for it."""
    text = gateway.stream("words")

    assert gateway.upstream.asked[0].document["stream_options"] == {"include_usage": True}
    assert '"choices":[]' not in text.replace(" ", "")
    assert text.endswith("data: [DONE]\n\n")
    span = gateway.span()
    assert (span["input_tokens"], span["output_tokens"]) == (20, 10)
    assert span["cost_source"] != "estimated"
    assert span["time_to_first_token_ms"] is not None
    assert "word0 word1 word2 word3 word4" in span["output"]


def test_a_client_that_asks_for_the_usage_of_a_stream_gets_it(gateway):
    text = gateway.stream("words", stream_options={"include_usage": True})

    assert json.dumps(USAGE).replace(" ", "") in text.replace(" ", "")


def test_a_zero_that_is_said_stays_zero(gateway):
    """litellm#37992: explicit zero usage replaced by an estimate."""
    gateway.call("nothing-used")

    span = gateway.span()
    assert (span["input_tokens"], span["output_tokens"]) == (0, 0)
    assert "usage_estimated" not in span["usage_flags"]


@pytest.mark.parametrize("streamed", [False, True])
def test_what_the_provider_never_said_is_estimated_and_marked(gateway, streamed):
    gateway.price()
    gateway.call("silent-about-usage", stream=streamed)

    span = gateway.span()
    assert span["cost_source"] == "estimated"
    assert span["input_tokens"] > 0
    assert 8 <= span["output_tokens"] <= 20


def test_a_cost_that_the_provider_reports_counts(gateway):
    answer = gateway.call("reports-cost")

    assert float(answer.headers["x-lynex-cost-usd"]) == 0.25
    span = gateway.span()
    assert (span["cost_nanousd"], span["cost_source"]) == (250_000_000, "reported")


def test_counts_that_no_call_has_are_estimated_and_cost_what_the_texts_do(gateway):
    gateway.price()
    budget_id = gateway.budget(1000)

    assert gateway.call("counts-wildly").status_code == 200

    span = gateway.span()
    assert (span["cost_source"], 0 < span["output_tokens"] < 100) == ("estimated", True)
    gateway.nothing_stays_held(budget_id)


def test_an_embedding_is_priced_by_its_input(gateway):
    gateway.price()

    answer = gateway.call("vector", "/v1/embeddings", input="hello", messages=None)

    assert answer.status_code == 200
    span = gateway.span()
    assert (span["kind"], span["input_tokens"], span["cost_nanousd"]) == ("embedding", 7, 7_000_000)


def test_a_trace_goes_on_through_the_gateway(gateway):
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

    answer = gateway.call("whole", headers={"traceparent": f"00-{trace}-{parent}-01"})

    assert answer.headers["x-lynex-trace-id"] == trace
    span = gateway.span()
    assert (span["trace_id"], span["parent_span_id"]) == (trace, parent)
    assert gateway.upstream.asked[0].headers["traceparent"] == f"00-{trace}-{span['span_id']}-01"


def test_headers_of_other_gateways_are_understood(gateway):
    gateway.call(
        "whole",
        headers={
            "Helicone-User-Id": "u-1",
            "Helicone-Session-Id": "s-9",
            "Helicone-Session-Path": "/checkout",
            "Helicone-Property-Plan": "pro",
        },
        metadata={"tags": ["from-litellm"]},
    )

    span = gateway.span()
    assert (span["end_user_id"], span["session_id"], span["route"]) == ("u-1", "s-9", "/checkout")
    assert (span["metadata"]["plan"], span["tags"]) == ("pro", ["from-litellm"])
    asked = gateway.upstream.asked[0]
    assert not any(name.startswith(("helicone", "x-lynex")) for name in asked.headers)


def test_the_callers_own_provider_key_is_passed_on_where_none_is_kept(gateway):
    gateway.make(
        "/v1/gateway/providers",
        {"name": "own", "kind": "openai_compatible", "base_url": gateway.upstream.url, "models": ["mine"]},
    )

    answer = HTTP.post(
        f"{gateway.tenant.url}/v1/chat/completions",
        json={"model": "own/whole", "messages": QUESTION},
        headers={"Helicone-Auth": f"Bearer {gateway.tenant.api_key}", "Authorization": "Bearer sk-of-caller"},
    )

    assert answer.status_code == 200
    assert gateway.upstream.asked[0].headers["authorization"] == "Bearer sk-of-caller"


def test_our_own_key_never_reaches_a_provider(gateway):
    gateway.make(
        "/v1/gateway/providers",
        {"name": "own", "kind": "openai_compatible", "base_url": gateway.upstream.url, "models": ["mine"]},
    )

    gateway.call("own/whole")

    assert "authorization" not in gateway.upstream.asked[0].headers
    assert gateway.tenant.api_key not in str(gateway.upstream.asked[0].headers)


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer nonsense"}, {"Authorization": ""}])
def test_a_call_without_a_valid_key_is_refused_in_the_words_of_the_surface(gateway, headers):
    openai = gateway.call("whole", headers=headers)
    anthropic = gateway.call("whole", "/v1/messages", headers=headers)

    assert (openai.status_code, openai.json()["error"]["type"]) == (401, "authentication_error")
    assert (anthropic.status_code, anthropic.json()["error"]["type"]) == (401, "authentication_error")
    assert anthropic.json()["type"] == "error"
    assert gateway.upstream.asked == []


def test_a_signature_is_no_key_for_a_call(gateway):
    signed = {"X-Lynex-Key": "k", "X-Lynex-Timestamp": "1767614400", "X-Lynex-Signature": "ab" * 32}

    answer = gateway.call("whole", headers={"Authorization": "", **signed})

    assert answer.status_code == 401


def test_a_key_that_may_only_read_may_not_call(gateway, installation):
    reader = installation.new_key(gateway.tenant, ("read",))

    answer = gateway.call("whole", headers={"Authorization": f"Bearer {reader.api_key}"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no json", "invalid_json"),
        (b"[1, 2]", "invalid_json"),
        (b'{"model": "whole", "messages": [{"role": "user", "content": "\\ud800"}]}', "invalid_json"),
        (b'{"model": "whole", "\\udfff": 1}', "invalid_json"),
        (b'{"model": "whole", "user": "\xed\xa0\x80"}', "invalid_json"),
        (b'{"model": "\\ud83d"}', "invalid_json"),
        (b"{}", "model_missing"),
        (b'{"model": 7}', "model_missing"),
        (b'{"model": "%b"}' % (b"x" * 300), "model_missing"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(gateway, body, code):
    answer = gateway.tenant.ask(
        "POST", "/v1/chat/completions", content=body, headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert gateway.upstream.asked == []


def test_a_path_that_nobody_knows_is_passed_through(gateway):
    answer = gateway.tenant.ask("PUT", "/gateway/scripted/v1/brand/new?x=1", content=b"raw bytes")

    assert answer.json() == {"bytes": 9}
    [asked] = gateway.upstream.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/v1/brand/new?x=1", b"raw bytes")
    assert gateway.span()["kind"] == "other"


def test_a_large_upload_is_streamed_through(gateway):
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 1_000_000

    answer = gateway.tenant.ask(
        "POST", "/v1/files", content=parts(), headers={"content-type": "application/octet-stream"}
    )

    assert answer.json() == {"bytes": 40_000_000}


@pytest.mark.parametrize("says_its_length", [False, True])
def test_an_upload_over_the_bound_is_refused_and_the_provider_not_blamed(gateway, says_its_length):
    gateway.provider("fragile", breaker_failures=1, breaker_open_s=300)
    size = MAX_UPLOAD_BYTES + 1
    parts = (b"x" * 1_000_001 for _ in range(size // 1_000_000))
    headers = {"content-type": "application/octet-stream"} | (
        {"content-length": str(1_000_001 * (size // 1_000_000))} if says_its_length else {}
    )

    refused = gateway.tenant.ask("POST", "/gateway/fragile/v1/files", content=parts, headers=headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
    assert "LYNEX_GATEWAY_MAX_UPLOAD_BYTES" in refused.json()["error"]["message"]
    assert gateway.call("fragile/whole").status_code == 200
    assert [span["error_type"] for span in gateway.spans(2)] == ["too_large", ""]


def test_a_client_that_leaves_in_its_upload_or_answer_ends_the_call(gateway):
    """The provider is not blamed for it: after as many failures of its own it would rest."""
    headers = {"Authorization": f"Bearer {gateway.tenant.api_key}", "Host": "127.0.0.1"}
    head = "POST /v1/files HTTP/1.1\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    port = int(gateway.tenant.url.rpartition(":")[2])
    for _ in range(6):  # a provider rests after five failures
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head.encode() + b"\r\n" + b"x" * 5_000)
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                connection.recv(1)
    with HTTP.stream(
        "POST", f"{gateway.tenant.url}/gateway/scripted/v1/other", json={"model": "endless"}, headers=headers
    ) as answer:
        next(answer.iter_bytes())

    eventually(lambda: gateway.upstream.gone, lambda gone: gone == ["endless"])
    assert gateway.call("whole").status_code == 200
    assert Counter(span["status"] for span in gateway.spans(8)) == {"cancelled": 7, "ok": 1}


def test_the_models_that_can_be_called_are_listed(gateway):
    gateway.route("fast", [{"provider": "scripted", "model": "whole", "weight": 1}])

    listed = eventually(
        lambda: [each["id"] for each in gateway.tenant.get("/v1/models")["data"]], lambda ids: "fast" in ids
    )

    assert listed == ["fast", "whole"]
    assert gateway.tenant.get("/v1/models/fast")["id"] == "fast"


def test_a_model_that_is_not_there_is_told_in_the_words_of_the_surface(gateway):
    headers = {"anthropic-version": "2023-06-01"}

    theirs = gateway.tenant.ask("GET", "/v1/models/none", headers=headers)
    usual = gateway.tenant.ask("GET", "/v1/models/none")

    assert (theirs.status_code, theirs.json()["error"]["lynex"]["code"]) == (404, "model_not_found")
    assert (usual.status_code, usual.json()["error"]["code"]) == (404, "model_not_found")


def test_a_changed_provider_is_asked_for_its_models_anew(gateway):
    url = f"/v1/gateway/providers/{gateway.provider_id}"
    moved = {
        "name": "scripted",
        "kind": "openai_compatible",
        "base_url": gateway.upstream.url,
        "models": ["*"],
    }
    assert "whole" in [each["id"] for each in gateway.tenant.get("/v1/models")["data"]]

    gateway.set_up(url, {**moved, "headers": {"x-team": "blue"}})

    eventually(
        lambda: gateway.tenant.get("/v1/models") and gateway.upstream.asked[-1].headers.get("x-team"),
        lambda team: team == "blue",
    )


def test_no_content_is_kept_where_the_project_wants_none(gateway):
    gateway.tenant.ask("PUT", "/v1/gateway/settings", json={"capture": "none"})

    eventually(lambda: gateway.call("whole").status_code)

    span = gateway.tenant.see(1)[0]
    assert (span["input"], span["output"], span["input_tokens"]) == ("", "", 20)


def test_a_key_may_be_kept_to_some_models(gateway):
    key_id = gateway.tenant.get("/v1/keys")["items"][0]["id"]
    settings = {"allowed_models": {key_id: ["whole"]}}
    assert gateway.tenant.ask("PUT", "/v1/gateway/settings", json=settings).status_code == 200

    refused = eventually(lambda: gateway.call("words"), lambda answer: answer.status_code == 403)

    assert refused.json()["error"]["code"] == "model_not_allowed"
    assert gateway.call("whole").status_code == 200
    assert [model["id"] for model in gateway.tenant.get("/v1/models")["data"]] == ["whole"]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/v1/images/generations", {"json": {"model": "words", "prompt": "a parcel"}}),
        ("/v1/audio/transcriptions", {"files": {"file": b"x"}, "data": {"model": "words"}}),
        ("/gateway/scripted/v1/brand/new", {"content": b"raw"}),
        ("/gateway/scripted/v1/brand/new", {"json": {"model": "whole"}}),
        ("/gateway/scripted/v1beta/models/words:predict", {"json": {"model": "whole"}}),
    ],
)
def test_a_key_that_is_kept_to_some_models_sends_nothing_else_unread(gateway, path, sent):
    key_id = gateway.tenant.get("/v1/keys")["items"][0]["id"]
    gateway.set_up("/v1/gateway/settings", {"allowed_models": {key_id: ["whole"]}})
    eventually(lambda: gateway.call("words"), lambda answer: answer.status_code == 403)

    refused = gateway.tenant.ask("POST", path, **sent)
    looked = gateway.tenant.ask("GET", "/v1/files")
    drawn = gateway.tenant.ask(
        "POST", "/v1/images/generations", json={"model": "whole", "prompt": "a parcel"}
    )

    assert refused.status_code == 403
    assert '"model_not_allowed"' in refused.text
    assert (looked.status_code, drawn.status_code) == (200, 200)


@pytest.mark.parametrize("model", ["whole", "scripted/whole"])
def test_a_question_nested_as_deep_as_python_reads_is_passed_on_or_refused(gateway, model):
    """Python reads a little deeper than it writes: between the two, a call must end well all the same."""
    depths = [100, *range(940, 990, 2)]
    answers = []
    for depth in depths:
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        body = b'{"model":"%b","messages":[],"stream":true,"metadata":{"k":%b},"more":%b}' % (
            model.encode(), deep, deep
        )  # fmt: skip
        answers.append(gateway.tenant.ask("POST", "/v1/chat/completions", content=body))

    assert answers[0].status_code == 200
    assert {answer.status_code for answer in answers} == {200, 400}
    assert all("invalid_json" in answer.text for answer in answers if answer.status_code == 400)
    assert len(gateway.spans(len(depths))) == len(depths)


def test_an_answer_nested_as_deep_as_python_reads_reaches_the_client(gateway):
    depths = [100, *range(940, 990, 2)]

    answers = [gateway.call("deep", depth=depth) for depth in depths]

    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json()["choices"][0]["message"]["more"]
    spans = gateway.spans(len(depths))
    assert spans[0]["output_tokens"] == 10
    assert {span["status"] for span in spans} == {"ok"}


def test_arguments_nested_as_deep_as_python_reads_pass_a_guard_or_are_no_answer(gateway):
    gateway.route(
        "guarded", [{"provider": "scripted", "model": "deep-arguments"}], guardrails={"redact": True}
    )
    depths = [100, *range(300, 1000, 25), 5_000]

    answers = [gateway.call("guarded", depth=depth) for depth in depths]

    assert {answer.status_code for answer in answers} == {200, 502}
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 502} == {
        "upstream_garbage"
    }
    spans = gateway.spans(len(depths))
    assert {span["output_tokens"] for span in spans} == {10}


def test_two_projects_know_nothing_of_each_other(gateway, installation):
    stranger = installation.new_tenant()

    wanted = {"model": "whole", "messages": QUESTION}
    answer = stranger.ask("POST", "/v1/chat/completions", json=wanted)
    named = stranger.ask("POST", "/gateway/scripted/v1/chat/completions", json=wanted)

    assert (answer.status_code, named.status_code) == (404, 404)
    assert gateway.upstream.asked == []


def test_metrics_are_told_to_this_machine(gateway):
    gateway.call("whole")

    text = HTTP.get(f"{gateway.tenant.url}/metrics").text

    assert "lynex_gateway_calls_total" in text
    assert gateway.tenant.project_id not in text


def metric(gateway: GatewayTenant, name: str) -> float:
    """The value of one, with its labels in order; 0 where there is none."""
    lines = HTTP.get(f"{gateway.tenant.url}/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)


def test_metrics_tell_what_was_used_and_paid_and_nothing_of_it_for_a_hit(gateway):
    gateway.price()
    gateway.provider("metered")
    target = {"provider": "metered", "model": "whole"}
    gateway.route("metered-cached", [target], cache={"mode": "exact", "ttl_s": 60})

    for model in ("metered/whole", "metered-cached", "metered-cached"):
        assert gateway.call(model).status_code == 200

    calls = 'lynex_gateway_calls_total{provider="metered",status="ok",surface="openai"}'
    written = 'lynex_gateway_tokens_total{direction="output",provider="metered"}'
    assert (metric(gateway, calls), metric(gateway, written)) == (3, 20)
    assert metric(gateway, 'lynex_gateway_cost_usd_total{provider="metered"}') == 0.06


def test_metrics_count_who_is_refused_at_the_door(gateway):
    refused = 'lynex_gateway_refusals_total{code="unauthorized"}'
    before = metric(gateway, refused)

    gateway.call("whole", headers={"Authorization": "Bearer nonsense"})

    assert metric(gateway, refused) == before + 1


def test_a_stream_is_passed_on_as_it_comes(gateway):
    headers = {"Authorization": f"Bearer {gateway.tenant.api_key}"}
    wanted = {"model": "held-stream", "messages": QUESTION, "stream": True}
    url = f"{gateway.tenant.url}/v1/chat/completions"
    with HTTP.stream("POST", url, json=wanted, headers=headers) as response:
        lines = response.iter_lines()
        first = next(line for line in lines if line)
        gateway.upstream.hold.set()
        rest = [line for line in lines if line]

    assert "first" in first
    assert rest[-1] == "data: [DONE]"


def test_a_file_of_another_kind_keeps_its_answer_as_it_is(gateway):
    answer: httpx.Response = gateway.tenant.ask("GET", "/v1/batches/b-1")

    assert answer.json() == {"asked": "/v1/batches/b-1"}


def test_the_summary_tells_what_went_through(gateway):
    gateway.price()
    gateway.budget(0.001)
    assert gateway.call("whole").status_code == 429
    eventually(lambda: gateway.tenant.get("/v1/gateway/summary")["calls"], lambda calls: calls == 1)

    summary = gateway.tenant.get("/v1/gateway/summary?range=1h")

    assert summary["calls_under_way"] == 0
    assert (summary["refused"], summary["errors"], summary["cost_nanousd"]) == (1, 0, 0)
    assert summary["refusals"] == [{"error_type": "budget_exceeded", "calls": 1}]


def test_the_summary_tells_what_a_provider_answered(gateway):
    gateway.price()
    gateway.call("whole")
    gateway.span()

    summary = gateway.tenant.get("/v1/gateway/summary")

    [provider] = summary["providers"]
    assert (provider["name"], provider["provider"], provider["calls"]) == ("scripted", "openai", 1)
    assert (provider["cost_nanousd"], provider["input_tokens"]) == (30_000_000, 20)
    assert 0 < summary["added_ms"]["p50"] < summary["latency_ms"]["p50"]


def test_a_change_holds_from_the_next_call_on(gateway):
    targets = [{"provider": "scripted", "model": "model-0"}]
    route_id = gateway.route("fast", targets)
    for turn in range(1, 6):
        gateway.call("fast")
        targets = [{"provider": "scripted", "model": f"model-{turn}"}]
        gateway.set_up(f"/v1/gateway/routes/{route_id}", {"name": "fast", "targets": targets})

    gateway.call("fast")

    asked = [each.document["model"] for each in gateway.upstream.asked]
    assert asked == [f"model-{turn}" for turn in range(6)]
