"""What a model call says only inside a JSON attribute: why it ended, the model asked for, the tier, the id of
the answer."""

import re
from typing import Any, Final

from lynex_server.ingest.mapping import Mapped
from lynex_server.ingest.values import parsed_json, text_from, unquoted, whole_fields_of
from lynex_server.spans.public import SpanEvent

_MESSAGES: Final = frozenset({"gen_ai.output.messages", "gen_ai.completion", "events"})
"""Where an output comes from that is a list of messages, each with its finish reason."""
_PARAMETERS: Final = (
    "llm.invocation_parameters",
    "embedding.invocation_parameters",
    "langfuse.observation.model.parameters",
)
"""Attributes that hold the request's parameters as one object."""
_MLFLOW_KIND: Final = "mlflow.spanType"
_RESPONSE_ID: Final = "gen_ai.response.id"
_ANSWER: Final = "output.value"
_MLFLOW_ANSWER: Final = "mlflow.spanOutputs"
_BEGINS_WITH_ID: Final = re.compile(r'\s*\{\s*"id"\s*:\s*"([^"\\]{1,200})"')
"""The clients of OpenAI and Anthropic write an answer out with its id first."""


def put_what_is_within(event: SpanEvent, said: Mapped) -> None:
    """Fill in what no attribute of its own said. Nothing that was said is changed."""
    names = said.names
    if "finish_reason" not in names and names.get("output") in _MESSAGES:
        event.finish_reason = _finish_reason_within(said.fields["output"])
    for name in _PARAMETERS:
        if name in said.attributes:
            parameters = whole_fields_of(said.attributes[name])
            if not event.model_requested:
                event.model_requested = text_from(parameters.get("model"))
            if not event.service_tier and parameters.get("service_tier") != "auto":
                event.service_tier = text_from(parameters.get("service_tier"))
    if names.get("kind") == _MLFLOW_KIND and event.kind in ("llm", "embedding") and not event.model_requested:
        event.model_requested = unquoted(said.attributes.get("model", ""))
    event.model = event.model or event.model_requested
    if event.kind == "llm" and _RESPONSE_ID not in event.attributes:
        response_id = _response_id_within(said)
        if response_id:
            event.attributes[_RESPONSE_ID] = response_id


def _finish_reason_within(output: Any) -> str:
    """The reasons of the messages, joined by commas as those of an attribute are."""
    if isinstance(output, str) and "finish_reason" not in output:
        return ""
    messages = parsed_json(output)
    if not isinstance(messages, list):
        return ""
    reasons = [message["finish_reason"] for message in messages if _tells_why(message)]
    return ",".join(dict.fromkeys(reasons))


def _tells_why(message: Any) -> bool:
    return isinstance(message, dict) and isinstance(message.get("finish_reason"), str)


def _response_id_within(said: Mapped) -> str:
    """The id of the provider's answer, where the whole answer is an attribute."""
    answer = said.attributes.get(_ANSWER)
    if answer is None and said.names.get("output") in (_ANSWER, _MLFLOW_ANSWER):
        answer = said.fields["output"]
    if not isinstance(answer, str):
        return ""
    first = _BEGINS_WITH_ID.match(answer)
    if first is not None:
        return first[1]
    return _response_id_of_langchain(answer) if '"response_metadata"' in answer else ""


def _response_id_of_langchain(answer: str) -> str:
    """LangChain keeps what the provider said beside its own ids, for the first of its generations."""
    place = parsed_json(answer)
    for step in ("generations", 0, 0, "message", "kwargs", "response_metadata", "id"):
        try:
            place = place[step]
        except (KeyError, IndexError, TypeError):
            return ""
    return place if isinstance(place, str) else ""
