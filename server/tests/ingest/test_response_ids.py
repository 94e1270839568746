"""The id of a provider's answer is found also where a client has it only inside the answer it writes out."""

import json
from typing import Any

import pytest
from contract.golden_cases import load_case
from ingest.otlp_requests import JSON, a_span, traces

from lynex_server.ingest.public import decode_otlp_traces


def response_ids(spans: list[Any]) -> list[str | None]:
    return [span.attributes.get("gen_ai.response.id") for span in spans if span.kind == "llm"]


@pytest.mark.parametrize(
    ("case", "ids"),
    [
        ("mlflow", ["chatcmpl-golden-text"]),
        ("mlflow-anthropic", ["msg_golden_long_cache"]),
        ("openinference-anthropic", ["msg_golden_text", "msg_golden_stream", "msg_golden_tool_call", None]),
        ("openinference-langchain", ["chatcmpl-golden-text"]),
        ("openinference-openai-agents", ["resp_golden_tool_call", "resp_golden_tool_answer"]),
    ],
)
def test_finds_it_in_what_real_clients_send(case: str, ids: list[str | None]):
    assert response_ids(load_case(case).decoded().spans) == ids


def found_in(**attributes: Any) -> str | None:
    said = {"openinference.span.kind": "LLM", **attributes}
    [found] = response_ids(decode_otlp_traces(json.dumps(traces(a_span(said))).encode(), JSON).spans)
    return found


def test_what_the_client_says_itself_goes_first():
    assert found_in(**{"gen_ai.response.id": "resp_1", "output.value": '{"id": "resp_2"}'}) == "resp_1"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Paris",
        "{",
        '{"choices": [{"id": "call_1"}]}',
        '{"id": 5}',
        '{"response_metadata": {"id": "resp_1"}}',
        '{"generations": [[{"message": {"kwargs": {"response_metadata": {"id": 7}}}}]]}',
        '{"generations": "response_metadata"}',
        '"response_metadata"',
    ],
)
def test_finds_none_where_there_is_none(answer: str):
    assert found_in(**{"output.value": answer}) is None
