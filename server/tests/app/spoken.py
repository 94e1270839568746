"""What a provider answers, in the words of every surface: the same text, the same tool, the same counts."""

import json
import re
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]

TEXT = "Your parcel left Rotterdam this morning."
JSON_TEXT = '{"city": "Rotterdam", "days": 2}'
TOOL = "find_parcel"
ARGUMENTS = {"number": "3SABC"}
VECTOR = [0.1, 0.2, 0.3]

OPENAI_USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 40},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
RESPONSES_USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 0},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 150,
}
ANTHROPIC_USAGE = {
    "input_tokens": 100,
    "cache_read_input_tokens": 40,
    "cache_creation_input_tokens": 30,
    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10},
    "output_tokens": 50,
    "service_tier": "standard",
}
GEMINI_USAGE = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 40,
    "candidatesTokenCount": 50,
    "thoughtsTokenCount": 20,
    "totalTokenCount": 170,
}
BEDROCK_USAGE = {
    "inputTokens": 100,
    "cacheReadInputTokens": 40,
    "cacheWriteInputTokens": 20,
    "outputTokens": 50,
    "totalTokens": 210,
}
OLLAMA_USAGE = {"prompt_eval_count": 100, "eval_count": 50}

_RESULTS = ("tool_call_id", "function_call_output", "tool_result", "functionResponse", "toolResult")
_WISHES_FOR_JSON = (
    *("json_schema", "responseSchema", "responseJsonSchema", "response_schema"),
    "Answer again, with the whole corrected JSON",
)
_REPEATED = re.compile(r'Repeat: ([^"\\]+)')


def calls_tool(document: Document) -> bool:
    """Whether the answer is the call of a tool: tools are offered, and none has answered."""
    offered = document.get("tools") or document.get("toolConfig")
    return bool(offered) and not any(f'"{mark}"' in json.dumps(document) for mark in _RESULTS)


def text_of(document: Document) -> str:
    """What the model says: what it shall repeat, JSON where that is wished for, else always the same."""
    asked = json.dumps(document)
    if repeated := _REPEATED.search(asked):
        return repeated[1]
    return JSON_TEXT if any(mark in asked for mark in _WISHES_FOR_JSON) else TEXT


def words_of(document: Document) -> list[str]:
    """The same, as it is streamed."""
    return re.findall(r"\S+\s*", text_of(document))


# OpenAI


def chat(document: Document) -> Document:
    called = calls_tool(document)
    call = {"name": TOOL, "arguments": json.dumps(ARGUMENTS)}
    message: Document = {"role": "assistant", "content": None if called else text_of(document)}
    if called:
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
    finish = "tool_calls" if called else "stop"
    return {
        **_chat_head(document, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": OPENAI_USAGE,
    }


def chat_chunks(document: Document) -> Iterator[Document]:
    whole = chat(document)["choices"][0]
    head = _chat_head(document, "chat.completion.chunk")
    deltas: list[Document] = [{"role": "assistant", "content": ""}]
    if calls_tool(document):
        [call] = whole["message"]["tool_calls"]
        arguments = call["function"]["arguments"]
        deltas.append({"tool_calls": [{"index": 0, **call, "function": {"name": TOOL, "arguments": ""}}]})
        deltas += [
            {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}
            for part in (arguments[:5], arguments[5:])
        ]
    else:
        deltas += [{"content": word} for word in words_of(document)]
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": whole["finish_reason"]}]}
    if (document.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": OPENAI_USAGE}


def _chat_head(document: Document, kind: str) -> Document:
    return {"id": "chatcmpl-1", "object": kind, "created": 1767614400, "model": document.get("model")}


def completion(document: Document) -> Document:
    choice = {"index": 0, "text": TEXT, "finish_reason": "stop", "logprobs": None}
    return {**_chat_head(document, "text_completion"), "choices": [choice], "usage": OPENAI_USAGE}


def responses(document: Document) -> Document:
    output: Document = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text_of(document), "annotations": [], "logprobs": []}],
    }
    if calls_tool(document):
        output = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "status": "completed"}
        output |= {"name": TOOL, "arguments": json.dumps(ARGUMENTS)}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1767614400,
        "model": document.get("model"),
        "status": "completed",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": document.get("tools") or [],
        "output": [output],
        "usage": RESPONSES_USAGE,
    }


def response_events(document: Document) -> Iterator[Document]:
    whole = responses(document)
    [output] = whole["output"]
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    events: list[Document] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {**output, "content": []}},
    ]
    if output["type"] == "message":
        part = output["content"][0]
        at = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
        events.append({"type": "response.content_part.added", **at, "part": {**part, "text": ""}})
        events += [
            {"type": "response.output_text.delta", **at, "delta": word, "logprobs": []}
            for word in words_of(document)
        ]
        events.append({"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []})
        events.append({"type": "response.content_part.done", **at, "part": part})
    events.append({"type": "response.output_item.done", "output_index": 0, "item": output})
    events.append({"type": "response.completed", "response": whole})
    for number, event in enumerate(events):
        yield {**event, "sequence_number": number}


def embeddings(document: Document) -> Document:
    given = document.get("input")
    texts = given if isinstance(given, list) else [given]
    data = [
        {"object": "embedding", "index": index, "embedding": vector_of(text)}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return {"object": "list", "model": document.get("model"), "data": data, "usage": usage}


def vector_of(text: Any) -> list[float]:
    """Texts that begin alike point the same way."""
    return [1.0, 0.0, 0.01] if "parcel" in str(text).lower() else [0.0, 1.0, 0.01]


def moderations(document: Document) -> Document:
    result = {"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    return {"id": "modr-1", "model": document.get("model"), "results": [result]}


def images(document: Document) -> Document:
    usage = {
        "input_tokens": 10,
        "output_tokens": 200,
        "total_tokens": 210,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
    }
    return {"created": 1767614400, "data": [{"b64_json": "aGVsbG8="}], "usage": usage}


def batches(document: Document) -> Document:
    return {
        "id": "batch_1",
        "object": "batch",
        "completion_window": "24h",
        "created_at": 1767614400,
        "endpoint": document.get("endpoint", "/v1/chat/completions"),
        "input_file_id": document.get("input_file_id", "file-1"),
        "status": "validating",
    }


# Anthropic


def messages(document: Document) -> Document:
    content: list[Document] = [{"type": "text", "text": text_of(document)}]
    if calls_tool(document):
        content = [{"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": ARGUMENTS}]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": document.get("model"),
        "content": content,
        "stop_reason": "tool_use" if calls_tool(document) else "end_turn",
        "stop_sequence": None,
        "usage": ANTHROPIC_USAGE,
    }


def message_events(document: Document) -> Iterator[Document]:
    """The counts of the start are all there is of the input; the output's comes with the last delta."""
    whole = messages(document)
    [block] = whole["content"]
    started = {**ANTHROPIC_USAGE, "output_tokens": 1}
    yield {
        "type": "message_start",
        "message": {**whole, "content": [], "stop_reason": None, "usage": started},
    }
    if block["type"] == "text":
        empty = {**block, "text": ""}
        deltas = [{"type": "text_delta", "text": word} for word in words_of(document)]
    else:
        empty, written = {**block, "input": {}}, json.dumps(ARGUMENTS)
        deltas = [
            {"type": "input_json_delta", "partial_json": part} for part in ("", written[:5], written[5:])
        ]
    yield {"type": "content_block_start", "index": 0, "content_block": empty}
    yield {"type": "ping"}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 50}}
    yield {"type": "message_stop"}


# Gemini


def generated(document: Document, model: str) -> Document:
    part: Document = {"text": text_of(document)}
    if calls_tool(document):
        part = {"functionCall": {"name": TOOL, "args": ARGUMENTS}}
    return _generated([part], model, finished=True)


def generated_chunks(document: Document, model: str) -> Iterator[Document]:
    if calls_tool(document):
        yield generated(document, model)
        return
    *words, last = words_of(document)
    for word in words:
        yield _generated([{"text": word}], model, finished=False)
    yield _generated([{"text": last}], model, finished=True)


def _generated(parts: list[Document], model: str, *, finished: bool) -> Document:
    candidate: Document = {"index": 0, "content": {"role": "model", "parts": parts}}
    usage = {"promptTokenCount": 100, "totalTokenCount": 100}
    if finished:
        candidate["finishReason"] = "STOP"
        usage = GEMINI_USAGE
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": model,
        "responseId": "gemini-1",
    }


# Bedrock


def conversed(document: Document) -> Document:
    block: Document = {"text": text_of(document)}
    if calls_tool(document):
        block = {"toolUse": {"toolUseId": "tooluse_1", "name": TOOL, "input": ARGUMENTS}}
    return {
        "output": {"message": {"role": "assistant", "content": [block]}},
        "stopReason": "tool_use" if calls_tool(document) else "end_turn",
        "usage": BEDROCK_USAGE,
        "metrics": {"latencyMs": 12},
    }


def converse_events(document: Document) -> Iterator[tuple[str, Document]]:
    yield "messageStart", {"role": "assistant"}
    if calls_tool(document):
        use = {"toolUseId": "tooluse_1", "name": TOOL}
        yield "contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": use}}
        deltas = [{"toolUse": {"input": json.dumps(ARGUMENTS)}}]
    else:
        deltas = [{"text": word} for word in words_of(document)]
    for delta in deltas:
        yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}
    yield "contentBlockStop", {"contentBlockIndex": 0}
    yield "messageStop", {"stopReason": conversed(document)["stopReason"]}
    yield "metadata", {"usage": BEDROCK_USAGE, "metrics": {"latencyMs": 12}}


# Ollama


def ollama_lines(document: Document, field: str) -> Iterator[Document]:
    head = {"model": document.get("model"), "created_at": "2026-01-05T12:00:00Z"}
    for word in words_of(document):
        said = {"role": "assistant", "content": word} if field == "message" else word
        yield {**head, field: said, "done": False}
    said = {"role": "assistant", "content": ""} if field == "message" else ""
    yield {**head, field: said, "done": True, "done_reason": "stop", **OLLAMA_USAGE}


def ollama_whole(document: Document, field: str) -> Document:
    said = {"role": "assistant", "content": text_of(document)} if field == "message" else text_of(document)
    head = {"model": document.get("model"), "created_at": "2026-01-05T12:00:00Z"}
    return {**head, field: said, "done": True, "done_reason": "stop", **OLLAMA_USAGE}


def ollama_embedded(document: Document) -> Document:
    return {"model": document.get("model"), "embeddings": [VECTOR], "prompt_eval_count": 7}
