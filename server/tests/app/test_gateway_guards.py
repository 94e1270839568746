"""What a route checks and changes on the way, over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from app import spoken
from app.gateway_tenant import EverySurface
from app.real_lynex import Installation, Tenant, eventually
from app.scripted_upstream import Answering, ScriptedUpstream, scripted_upstream
from app.speaking_upstream import speaking_upstream
from benchmarks.stack import running_lynex

GPT = "gpt-4.1-mini-2025-04-14"
GPT_NANOUSD = 60 * 400 + 40 * 100 + 50 * 1_600
TARGETS = [{"provider": "openai", "model": GPT, "weight": 1}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
LETTER = [{"role": "user", "content": "Repeat: write to ada@example.org today"}]


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with speaking_upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(tenant: Tenant, running: ScriptedUpstream) -> EverySurface:
    running.asked.clear()
    return EverySurface(tenant, running)


def guards(span: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What each guard said, by its name and stage."""
    said = json.loads(span["attributes"])["lynex.gateway.guards"]
    said = json.loads(said) if isinstance(said, str) else said
    return {(each["guard"], each["stage"]): each["outcome"] for each in said}


@pytest.mark.parametrize("streamed", [False, True])
def test_personal_data_leaves_as_a_placeholder_and_comes_back(gateway, streamed):
    gateway.route("private", TARGETS, guardrails={"redact": True})
    client = openai.OpenAI(base_url=f"{gateway.tenant.url}/v1", api_key=gateway.tenant.api_key)

    if streamed:
        chunks = client.chat.completions.create(model="private", messages=LETTER, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    else:
        answer = client.chat.completions.create(model="private", messages=LETTER)
        text = answer.choices[0].message.content or ""

    assert text == "write to ada@example.org today"
    [asked] = gateway.upstream.asked
    assert asked.document["messages"][0]["content"] == "Repeat: write to <EMAIL_1> today"
    span = gateway.span()
    assert span["cost_nanousd"] == GPT_NANOUSD
    assert "ada@example.org" not in span["input"] + span["output"]
    assert guards(span) == {("redact", "before"): "changed", ("redact", "after"): "changed"}


@pytest.mark.parametrize(
    ("guardrails", "more", "guard"),
    [
        ({"blocked_input": ["(?i)parcel"]}, {}, "blocked_input"),
        ({"max_input_chars": 5}, {}, "max_input_chars"),
        (
            {"allowed_tools": ["search_*"]},
            {"tools": [{"type": "function", "function": {"name": "delete_all", "parameters": {}}}]},
            "allowed_tools",
        ),
    ],
)
def test_a_guard_stops_a_call_before_it_leaves(gateway, guardrails, more, guard):
    gateway.route("guarded", TARGETS, guardrails=guardrails)

    answer = gateway.call("guarded", **more)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "guardrail")
    assert answer.json()["error"]["lynex"]["guard"] == guard
    assert gateway.upstream.asked == []
    span = gateway.span()
    assert (span["status"], span["error_type"], span["cost_nanousd"]) == ("blocked", "guardrail", None)
    assert guards(span)[guard, "before"] == "blocked"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("guardrails", "guard"),
    [({"blocked_output": ["Rotterdam"]}, "blocked_output"), ({"max_output_chars": 10}, "max_output_chars")],
)
def test_a_guard_keeps_an_answer_back_and_the_call_is_paid_for(gateway, guardrails, guard, streamed):
    gateway.route("guarded", TARGETS, guardrails=guardrails)

    answer = gateway.call("guarded", stream=streamed)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "guardrail")
    assert spoken.TEXT not in answer.text
    span = gateway.span()
    assert (span["status"], span["cost_nanousd"]) == ("blocked", GPT_NANOUSD)
    assert guards(span)[guard, "after"] == "blocked"


def test_an_answer_that_does_not_keep_its_schema_is_mended_once_in_one_span(gateway):
    gateway.route("strict", TARGETS, guardrails={"output_schema": SCHEMA, "repair": True})

    answer = gateway.call("strict")

    assert json.loads(answer.json()["choices"][0]["message"]["content"]) == {"city": "Rotterdam", "days": 2}
    first, second = gateway.upstream.asked
    assert len(second.document["messages"]) == len(first.document["messages"]) + 2
    span = gateway.span()
    assert (span["input_tokens"], span["output_tokens"]) == (200, 100)
    assert span["cost_nanousd"] == 2 * GPT_NANOUSD
    assert float(answer.headers["x-lynex-cost-usd"]) == 2 * GPT_NANOUSD / 1e9


@pytest.mark.parametrize("streamed", [False, True])
def test_a_mended_answer_is_the_one_that_is_given_again(gateway, streamed):
    guardrails = {"output_schema": SCHEMA, "repair": True}
    gateway.route("strict", TARGETS, guardrails=guardrails, cache={"mode": "exact"})

    first = gateway.call("strict", stream=streamed)
    again = eventually(
        lambda: gateway.call("strict"), lambda answer: answer.headers.get("x-lynex-cache") == "hit"
    )

    assert (first.status_code, again.status_code) == (200, 200)
    assert json.loads(again.json()["choices"][0]["message"]["content"]) == {"city": "Rotterdam", "days": 2}


def test_an_answer_that_does_not_keep_its_schema_is_refused_without_repair(gateway):
    gateway.route("strict", TARGETS, guardrails={"output_schema": SCHEMA})

    answer = gateway.call("strict")

    assert (answer.status_code, answer.json()["error"]["lynex"]["guard"]) == (400, "output_schema")
    assert len(gateway.upstream.asked) == 1
    assert gateway.span()["cost_nanousd"] == GPT_NANOUSD


@pytest.mark.parametrize("fail_open", [False, True])
def test_a_guard_of_ones_own_that_may_not_be_asked_counts_as_the_route_says(gateway, fail_open):
    hook = {"url": "http://127.0.0.1:9/guard", "fail_open": fail_open, "secret": "a secret of ours"}
    gateway.route("hooked", TARGETS, guardrails={"webhook": hook})

    answer = gateway.call("hooked")

    assert answer.status_code == (200 if fail_open else 400)
    assert guards(gateway.span())["webhook", "before"] == ("failed" if fail_open else "blocked")


class _Hook(Answering):
    def answer_post(self, body: bytes) -> None:
        blocks = "forbidden" in "".join(json.loads(body)["texts"])
        self.answer(200, {"action": "block", "reason": "not here"} if blocks else {"action": "allow"})


def test_a_guard_of_ones_own_is_asked_and_obeyed(running):
    with (
        running_lynex(LYNEX_OUTGOING_ALLOWED_NETWORKS="127.0.0.0/8") as lynex,
        scripted_upstream(_Hook) as hook,
    ):
        url = f"http://127.0.0.1:{lynex.port}"
        gateway = EverySurface(Installation.in_folder(url, lynex.folder).new_tenant(), running)
        webhook = {"url": f"http://127.0.0.1:{hook.port}/guard", "secret": "a secret of ours"}
        gateway.route("hooked", TARGETS, guardrails={"webhook": webhook})

        allowed = gateway.call("hooked")
        blocked = gateway.call("hooked", messages=[{"role": "user", "content": "something forbidden"}])

        assert allowed.status_code == 200
        assert (blocked.status_code, blocked.json()["error"]["lynex"]["guard"]) == (400, "webhook")
        assert "not here" in blocked.json()["error"]["message"]
        stages = [json.loads(asked.body)["stage"] for asked in hook.asked]
        assert stages == ["before", "after", "before"]
        assert hook.asked[0].headers["x-lynex-signature"]
