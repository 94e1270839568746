"""An application that is instrumented calls through the gateway: both tell of a call, and it is counted once.

What the clients send is what real ones sent (`contract/golden`); the provider gives the answers they got.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from app.gateway_tenant import GatewayTenant
from app.golden_requests import GoldenRequest, golden_request
from app.real_lynex import Installation, Tenant, eventually, ledger_equals_spans
from app.scripted_upstream import TEXT, USAGE, Answering, ScriptedUpstream, scripted_upstream

EARLIER = "chatcmpl-0f3c1a2b7d4e"
WITH_IDS = [
    "anthropic-sdk",
    "mlflow",
    "mlflow-anthropic",
    "openai-v2",
    "openai-v2-2.1b0",
    "openinference-anthropic",
    "openinference-langchain",
    "openinference-openai",
    "openinference-openai-agents",
    "pydantic-ai",
    "traceloop-anthropic",
    "traceloop-anthropic-0.40",
    "traceloop-openai",
    "traceloop-openai-0.40",
    "traceloop-sdk",
    "vercel-ai-5",
    "vercel-ai-7",
]


class GivesTheAnswerAskedFor(Answering):
    """A provider whose answer has the model's name as its id."""

    def answer_post(self, body: bytes) -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
        answer_id = json.loads(body)["model"]
        self.answer(
            200,
            {"id": answer_id, "object": "chat.completion", "model": "m", "choices": [choice], "usage": USAGE},
        )


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with scripted_upstream(GivesTheAnswerAskedFor) as upstream:
        yield upstream


@pytest.fixture
def gateway(tenant: Tenant, running: ScriptedUpstream) -> GatewayTenant:
    """A project that has called once before."""
    made = GatewayTenant(tenant, running)
    made.price()
    assert made.call(EARLIER).status_code == 200
    made.spans(1)
    return made


def send(gateway: GatewayTenant, request: GoldenRequest) -> None:
    """What the client exports."""
    headers = {"content-type": request.content_type}
    answer = gateway.tenant.ask("POST", request.path, content=request.body, headers=headers)
    assert answer.status_code == 200, answer.text


def counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["kind"] in ("llm", "embedding")]


def comes_to(gateway: GatewayTenant, budget_id: str, exact: int) -> None:
    """What a budget has booked, in its unit, soon after the spans can be seen."""
    budget = f"/v1/budgets/{budget_id}"
    eventually(lambda: gateway.tenant.get(budget)["spent_exact"], lambda now: now == exact)


@pytest.mark.parametrize("name", WITH_IDS)
def test_each_call_is_counted_once_and_told_of_twice(
    gateway: GatewayTenant, installation: Installation, name: str
):
    request = golden_request(name)
    for answer in request.answers:
        assert gateway.call(answer).status_code == 200
    gateway.spans(1 + len(request.answers))

    send(gateway, request)

    rows = gateway.spans(1 + len(request.answers) + request.spans)
    own = {row["span_id"]: row for row in rows if row["source"] != "gateway"}
    with_answers = [call for call in request.calls if "gen_ai.response.id" in call.attributes]
    assert with_answers
    for call in with_answers:
        row = own[call.span_id]
        assert (row["kind"], row["cost_nanousd"], row["input_tokens"]) == ("chain", None, None)
        assert json.loads(row["attributes"])["lynex.counted_by"] == "gateway"
        assert row["duration_ms"] == call.duration_ms
        assert (row["input"], row["output"]) == (call.input, call.output)
    assert sum(row["source"] == "gateway" for row in counted(rows)) == 1 + len(request.answers)
    without = len(request.calls) - len(with_answers)
    assert len(counted(rows)) == 1 + len(request.answers) + without
    eventually(lambda: ledger_equals_spans(installation, gateway.tenant))


@pytest.mark.parametrize("name", ["openai-v2", "openinference-openai", "traceloop-openai", "vercel-ai-5"])
def test_an_application_that_is_faster_than_the_gateway_has_the_count_where_it_knows_the_usage(
    gateway: GatewayTenant, installation: Installation, name: str
):
    request = golden_request(name)
    send(gateway, request)
    gateway.spans(1 + request.spans)

    for answer in request.answers:
        assert gateway.call(answer).status_code == 200

    rows = gateway.spans(1 + request.spans + len(request.answers))
    knows = {call.attributes.get("gen_ai.response.id") for call in request.calls if call.usage}
    for row in rows:
        if row["source"] == "gateway" and (answer := row["model_requested"]) != EARLIER:
            assert row["kind"] == ("chain" if answer in knows else "llm"), answer
    eventually(lambda: ledger_equals_spans(installation, gateway.tenant))


@pytest.mark.parametrize("first", ["gateway", "application"])
def test_budgets_count_what_the_spans_say_and_hold_nothing_on(gateway: GatewayTenant, first: str):
    spent = gateway.budget(1000, hard_stop=True)
    requests = gateway.budget(1000, name="requests", unit="requests")
    request = golden_request("pydantic-ai")

    if first == "application":
        send(gateway, request)
        gateway.spans(1 + request.spans)
    for answer in request.answers:
        gateway.call(answer)
    if first == "gateway":
        gateway.spans(1 + len(request.answers))
        send(gateway, request)

    rows = gateway.spans(1 + len(request.answers) + request.spans)
    cost = sum(row["cost_nanousd"] or 0 for row in rows)
    assert len(counted(rows)) == 3
    comes_to(gateway, spent, cost)
    comes_to(gateway, requests, 3)
    gateway.nothing_stays_held(spent)


def test_the_trace_shows_both_with_one_cost(gateway: GatewayTenant):
    request = golden_request("traceloop-sdk")
    [call] = request.calls
    [answer] = request.answers
    gateway.call(answer, headers={"traceparent": f"00-{call.trace_id}-{call.span_id}-01"})
    send(gateway, request)
    gateway.spans(2 + request.spans)

    trace = gateway.tenant.get(f"/v1/traces/{call.trace_id}")

    nodes = {node["span_id"]: node for node in trace["nodes"]}
    [through] = [node for node in trace["nodes"] if node["parent_span_id"] == call.span_id]
    assert (nodes[call.span_id]["kind"], through["kind"]) == ("chain", "llm")
    assert trace["summary"]["calls"] == 1
    assert trace["summary"]["cost_nanousd"] == through["cost_nanousd"] == 30_000_000


@pytest.mark.parametrize("name", ["langfuse-openai", "openinference-openai", "openai-v2"])
def test_calls_whose_spans_name_no_answer_are_left_to_the_gateway_by_a_word_of_their_service(
    gateway: GatewayTenant, name: str
):
    """Langfuse's spans name none, nor do those of embeddings, failed calls, and OpenInference's streams."""
    request = golden_request(name, {"lynex.through_gateway": "true"})

    send(gateway, request)

    rows = gateway.spans(1 + request.spans)
    assert [row["source"] for row in counted(rows)] == ["gateway"]


def test_calls_of_the_same_project_that_go_elsewhere_count(gateway: GatewayTenant):
    request = golden_request("pydantic-ai")

    send(gateway, request)

    rows = gateway.spans(1 + request.spans)
    assert len(counted(rows)) == 1 + len(request.calls)
