"""A whole answer as the stream that its dialect would have sent: for callers who asked for one. Pure.

Everything comes at once, each text in one piece: an answer that is there needs no typing.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from lynex_server.gateway.cache.replay_responses import responses_events
from lynex_server.gateway.documents import document_in
from lynex_server.gateway.model import Dialect
from lynex_server.gateway.sse import sse

Document = dict[str, Any]
SSE_TYPE: Final = "text/event-stream; charset=utf-8"
LINES_TYPE: Final = "application/x-ndjson"
_encode = msgspec.json.Encoder().encode


def stream_type(dialect: Dialect) -> str:
    """The content type of a stream in this dialect."""
    return LINES_TYPE if dialect == "ollama" else SSE_TYPE


def as_stream(dialect: Dialect, operation: str, body: bytes, shows_usage: bool = True) -> list[bytes] | None:
    """The answer in `body` as the pieces of a stream; None where the dialect cannot be replayed (Bedrock),
    or the answer is not what its dialect says.

    `shows_usage`: whether a caller of OpenAI's chat asked for the usage at its end.
    """
    make = _STREAMS.get((dialect, operation))
    if make is None:
        return None
    answer = document_in(body)
    try:
        return None if answer is None else list(make(answer, shows_usage))
    except (AttributeError, TypeError, ValueError):  # it is not what its dialect says
        return None


def _chat(answer: Document, shows_usage: bool) -> Iterator[bytes]:
    about = {name: value for name, value in answer.items() if name not in ("choices", "usage")}
    about["object"] = "chat.completion.chunk"
    choices = answer.get("choices") or []
    for index, choice in enumerate(choices):
        message = dict(choice.get("message") or {})
        role = message.pop("role", "assistant")
        calls = message.get("tool_calls")
        if calls:
            message["tool_calls"] = [{"index": at, **call} for at, call in enumerate(calls)]
        elif calls is not None:
            del message["tool_calls"]
        place = {"index": choice.get("index", index)}
        begun = {**place, "delta": {"role": role, "content": ""}, "finish_reason": None}
        said = {**place, "delta": message, "finish_reason": None}
        if choice.get("logprobs") is not None:
            said["logprobs"] = choice["logprobs"]
        ended = {**place, "delta": {}, "finish_reason": choice.get("finish_reason")}
        for each in (begun, said, ended):
            yield sse(_encode({**about, "choices": [each]}))
    if shows_usage and answer.get("usage"):
        yield sse(_encode({**about, "choices": [], "usage": answer["usage"]}))
    yield sse(b"[DONE]")


def _completion(answer: Document, shows_usage: bool) -> Iterator[bytes]:
    about = {name: value for name, value in answer.items() if name not in ("choices", "usage")}
    for choice in answer.get("choices") or []:
        yield sse(_encode({**about, "choices": [choice]}))
    if shows_usage and answer.get("usage"):
        yield sse(_encode({**about, "choices": [], "usage": answer["usage"]}))
    yield sse(b"[DONE]")


def _responses(answer: Document, _shows_usage: bool) -> Iterator[bytes]:
    for number, event in enumerate(responses_events(answer)):
        yield sse(_encode({**event, "sequence_number": number}), event["type"])


def _messages(answer: Document, _shows_usage: bool) -> Iterator[bytes]:
    def event(kind: str, **fields: Any) -> bytes:
        return sse(_encode({"type": kind, **fields}), kind)

    usage = answer.get("usage") or {}
    begun = {
        **answer, "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {**usage, "output_tokens": 0},
    }  # fmt: skip
    yield event("message_start", message=begun)
    for index, block in enumerate(answer.get("content") or []):
        empty, deltas = _opened(block)
        yield event("content_block_start", index=index, content_block=empty)
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    ended = {"stop_reason": answer.get("stop_reason"), "stop_sequence": answer.get("stop_sequence")}
    yield event("message_delta", delta=ended, usage=usage)
    yield event("message_stop")


def _opened(block: Document) -> tuple[Document, list[Document]]:
    """A block as it begins, and what fills it. Kinds that come whole need nothing more."""
    kind = block.get("type")
    if kind == "text":
        citations = block.get("citations") or []
        deltas = [{"type": "text_delta", "text": block.get("text", "")}]
        deltas += [{"type": "citations_delta", "citation": each} for each in citations]
        return {**block, "text": "", **({"citations": []} if citations else {})}, deltas
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": block.get("thinking", "")}]
        deltas += (
            [{"type": "signature_delta", "signature": block["signature"]}] if block.get("signature") else []
        )
        return {**block, "thinking": "", "signature": ""}, deltas
    if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        written = _encode(block.get("input") or {}).decode()
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": written}]
    return block, []


def _one_event(answer: Document, _shows_usage: bool) -> Iterator[bytes]:
    yield sse(_encode(answer))


def _one_line(answer: Document, _shows_usage: bool) -> Iterator[bytes]:
    yield _encode(answer) + b"\n"


_STREAMS: Final[dict[tuple[Dialect, str], Callable[[Document, bool], Iterator[bytes]]]] = {
    ("openai", "chat"): _chat,
    ("openai", "completion"): _completion,
    ("openai", "responses"): _responses,
    ("anthropic", "messages"): _messages,
    ("gemini", "generate"): _one_event,
    ("ollama", "ollama_chat"): _one_line,
    ("ollama", "ollama_generate"): _one_line,
}
