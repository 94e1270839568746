"""What the local model endpoint answers: the providers' own wire formats, with fixed contents.

Sources: the OpenAI API reference (chat completions, responses, embeddings), the Anthropic Messages API
reference, the Gemini API reference (`generateContent`). Every kind of call has usage numbers of its own,
so that a mixed-up span cannot pass for the right one. OpenAI and Gemini count cached tokens inside the
input; Anthropic counts them beside it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

Json = dict[str, object]

ANSWER = "Paris is the capital of France."
TOOL_NAME = "get_weather"
TOOL_ARGUMENTS = '{"city":"Paris"}'
TOOL_ANSWER = "It is sunny in Paris, 21 degrees."
UNKNOWN_MODEL = "no-such-model"
CREATED_S = 1767225600  # 2026-01-01T00:00:00Z


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply. `usage` is the provider's own usage object (None where the reply carries none); a
    streamed reply has `events`, each (event name or "", data), instead of a `body`."""

    status: int
    body: Json
    usage: Json | None
    model: str = ""
    events: tuple[tuple[str, str], ...] | None = None


def openai_chat(request: Json) -> Answer:
    """`POST /v1/chat/completions`: text, a tool call, what follows a tool's result, or a stream."""
    model = _served(request)
    if model == UNKNOWN_MODEL:
        return _openai_error(model)
    streamed = bool(request.get("stream"))
    shape = _shape_of_chat(request)
    usage = {
        "text": _openai_usage(1200, 87, cached=1024, reasoning=32),
        "stream": _openai_usage(640, 41, cached=512, reasoning=8),
        "tool_call": _openai_usage(310, 19, cached=0, reasoning=0),
        "tool_answer": _openai_usage(355, 23, cached=256, reasoning=0),
    }[shape]
    message: Json = {"role": "assistant", "content": ANSWER, "refusal": None}
    finish = "stop"
    if shape == "tool_call":
        call = {
            "id": "call_golden_1",
            "type": "function",
            "function": {"name": TOOL_NAME, "arguments": TOOL_ARGUMENTS},
        }
        message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call]}
        finish = "tool_calls"
    elif shape == "tool_answer":
        message["content"] = TOOL_ANSWER
    head: Json = {
        "id": f"chatcmpl-golden-{shape}",
        "created": CREATED_S,
        "model": model,
        "service_tier": "default",
        "system_fingerprint": "fp_golden",
    }
    if streamed:
        return _openai_stream(request, head, message, finish, usage, model)
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    body = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
    return Answer(200, body, usage, model)


def openai_responses(request: Json) -> Answer:
    """`POST /v1/responses`: text or a function call, whole or streamed."""
    model = _served(request)
    if model == UNKNOWN_MODEL:
        return _openai_error(model)
    shape = _shape_of_responses(request)
    usage = {
        "text": _responses_usage(905, 62, cached=768, reasoning=24),
        "stream": _responses_usage(710, 53, cached=640, reasoning=16),
        "tool_call": _responses_usage(420, 17, cached=0, reasoning=0),
        "tool_answer": _responses_usage(470, 21, cached=384, reasoning=0),
    }[shape]
    text = TOOL_ANSWER if shape == "tool_answer" else ANSWER
    output: Json = {
        "type": "message",
        "id": "msg_golden",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    if shape == "tool_call":
        output = {
            "type": "function_call",
            "id": "fc_golden",
            "call_id": "call_golden_1",
            "name": TOOL_NAME,
            "arguments": TOOL_ARGUMENTS,
            "status": "completed",
        }
    body: Json = {
        "id": f"resp_golden_{shape}",
        "object": "response",
        "created_at": CREATED_S,
        "status": "completed",
        "model": model,
        "output": [output],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": request.get("tools") or [],
        "service_tier": "default",
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "metadata": {},
        "usage": usage,
    }
    if request.get("stream"):
        return Answer(200, {}, usage, model, tuple(_responses_events(body, output, text)))
    return Answer(200, body, usage, model)


def openai_embeddings(request: Json) -> Answer:
    """`POST /v1/embeddings`: a fixed vector of four numbers."""
    model = str(request.get("model", ""))
    usage: Json = {"prompt_tokens": 9, "total_tokens": 9}
    # 0.25, -0.5, 0.75, 1.0 as little-endian float32, for clients that ask for base64.
    vector: object = [0.25, -0.5, 0.75, 1.0]
    if request.get("encoding_format") == "base64":
        vector = "AACAPgAAAL8AAEA/AACAPw=="
    data = [{"object": "embedding", "index": 0, "embedding": vector}]
    return Answer(200, {"object": "list", "data": data, "model": model, "usage": usage}, usage, model)


def anthropic_messages(request: Json) -> Answer:
    """`POST /v1/messages`: input_tokens excludes what was read from or written to the cache."""
    model = str(request.get("model", ""))
    if model == UNKNOWN_MODEL:
        error = {"type": "not_found_error", "message": f"model: {model}"}
        return Answer(404, {"type": "error", "error": error, "request_id": "req_golden"}, None, model)
    served = model if model[-1:].isdigit() and "-20" in model else f"{model}-20250929"
    shape = "long_cache" if '"ttl": "1h"' in json.dumps(request) else _shape_of_messages(request)
    usage = {
        "text": _anthropic_usage(200, 60, read=1000, write_5m=300, write_1h=0),
        "stream": _anthropic_usage(1120, 45, read=448, write_5m=0, write_1h=0),
        "tool_call": _anthropic_usage(390, 33, read=0, write_5m=0, write_1h=0),
        "tool_answer": _anthropic_usage(30, 26, read=400, write_5m=20, write_1h=0),
        "long_cache": _anthropic_usage(80, 30, read=500, write_5m=40, write_1h=700),
    }[shape]
    content: list[Json] = [{"type": "text", "text": ANSWER}]
    stop = "end_turn"
    if shape == "tool_call":
        arguments = json.loads(TOOL_ARGUMENTS)
        content = [{"type": "tool_use", "id": "toolu_golden_1", "name": TOOL_NAME, "input": arguments}]
        stop = "tool_use"
    elif shape == "tool_answer":
        content = [{"type": "text", "text": TOOL_ANSWER}]
    body: Json = {
        "id": f"msg_golden_{shape}",
        "type": "message",
        "role": "assistant",
        "model": served,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }
    if request.get("stream"):
        return Answer(200, {}, usage, served, tuple(_anthropic_events(body, usage)))
    return Answer(200, body, usage, served)


def gemini_generate(model: str, *, streamed: bool) -> Answer:
    """`POST /v1beta/models/{model}:generateContent`: thoughts are counted beside the candidates."""
    if model == UNKNOWN_MODEL:
        error = {"code": 404, "message": f"models/{model} is not found", "status": "NOT_FOUND"}
        return Answer(404, {"error": error}, None, model)
    cached, prompt, candidates, thoughts = (256, 480, 28, 70) if streamed else (512, 800, 35, 110)
    usage: Json = {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": cached,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt + candidates + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    }
    candidate = {
        "index": 0,
        "content": {"role": "model", "parts": [{"text": ANSWER}]},
        "finishReason": "STOP",
    }
    body: Json = {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": f"{model}-001",
        "responseId": "gemini-golden",
    }
    if streamed:
        return Answer(200, {}, usage, f"{model}-001", (("", json.dumps(body)),))
    return Answer(200, body, usage, f"{model}-001")


def _served(request: Json) -> str:
    model = str(request.get("model", ""))
    return {"gpt-4o-mini": "gpt-4o-mini-2024-07-18", "gpt-5-mini": "gpt-5-mini-2025-08-07"}.get(model, model)


def _shape_of_chat(request: Json) -> str:
    messages = request.get("messages")
    roles = [item.get("role") for item in messages] if isinstance(messages, list) else []
    return _shape(request, answered="tool" in roles)


def _shape_of_responses(request: Json) -> str:
    items = request.get("input")
    kinds = [item.get("type") for item in items] if isinstance(items, list) else []
    return _shape(request, answered="function_call_output" in kinds)


def _shape_of_messages(request: Json) -> str:
    messages = request.get("messages")
    parts = [
        part.get("type")
        for message in (messages if isinstance(messages, list) else [])
        for part in (message["content"] if isinstance(message.get("content"), list) else [])
    ]
    return _shape(request, answered="tool_result" in parts)


def _shape(request: Json, *, answered: bool) -> str:
    if answered:
        return "tool_answer"
    if request.get("tools"):
        return "tool_call"
    return "stream" if request.get("stream") else "text"


def _openai_error(model: str) -> Answer:
    error = {
        "message": f"The model `{model}` does not exist or you do not have access to it.",
        "type": "invalid_request_error",
        "param": None,
        "code": "model_not_found",
    }
    return Answer(404, {"error": error}, None, model)


def _openai_usage(prompt: int, completion: int, *, cached: int, reasoning: int) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _responses_usage(given: int, produced: int, *, cached: int, reasoning: int) -> Json:
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": produced,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": given + produced,
    }


def _anthropic_usage(fresh: int, produced: int, *, read: int, write_5m: int, write_1h: int) -> Json:
    return {
        "input_tokens": fresh,
        "cache_creation_input_tokens": write_5m + write_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": write_5m, "ephemeral_1h_input_tokens": write_1h},
        "output_tokens": produced,
        "service_tier": "standard",
    }


def _openai_stream(request: Json, head: Json, message: Json, finish: str, usage: Json, model: str) -> Answer:
    options = request.get("stream_options")
    with_usage = isinstance(options, dict) and bool(options.get("include_usage"))
    chunk = {**head, "object": "chat.completion.chunk"}

    def part(delta: Json, finish_reason: str | None = None) -> tuple[str, str]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return "", json.dumps({**chunk, "choices": [choice]} | ({"usage": None} if with_usage else {}))

    events = [part({"role": "assistant", "content": ""})]
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        events += [part({"tool_calls": [{"index": 0, **calls[0]}]})]
    else:
        events += [part({"content": piece}) for piece in _pieces(str(message["content"]))]
    events.append(part({}, finish))
    if with_usage:
        events.append(("", json.dumps({**chunk, "choices": [], "usage": usage})))
    events.append(("", "[DONE]"))
    return Answer(200, {}, usage if with_usage else None, model, tuple(events))


def _responses_events(body: Json, output: Json, text: str) -> Iterator[tuple[str, str]]:
    # The events a client needs to rebuild the response, in the documented order.
    started = {**body, "status": "in_progress", "output": [], "usage": None}
    place: Json = {"item_id": output["id"], "output_index": 0}
    parts: list[Json] = [{"type": "response.created", "response": started}]
    if output["type"] == "message":
        empty = {**output, "status": "in_progress", "content": []}
        blank = {"type": "output_text", "text": "", "annotations": []}
        within = {**place, "content_index": 0}
        parts += [
            {"type": "response.output_item.added", "output_index": 0, "item": empty},
            {"type": "response.content_part.added", **within, "part": blank},
            *({"type": "response.output_text.delta", **within, "delta": p} for p in _pieces(text)),
            {"type": "response.output_text.done", **within, "text": text},
        ]
    else:
        begun = {**output, "status": "in_progress", "arguments": ""}
        arguments = output["arguments"]
        parts += [
            {"type": "response.output_item.added", "output_index": 0, "item": begun},
            {"type": "response.function_call_arguments.delta", **place, "delta": arguments},
            {"type": "response.function_call_arguments.done", **place, "arguments": arguments},
        ]
    parts += [
        {"type": "response.output_item.done", "output_index": 0, "item": output},
        {"type": "response.completed", "response": body},
    ]
    for number, event in enumerate(parts):
        yield str(event["type"]), json.dumps({**event, "sequence_number": number})


def _anthropic_events(body: Json, usage: Json) -> Iterator[tuple[str, str]]:
    # message_start carries the input side, message_delta the final counts, cache counts included in
    # both: whoever adds the two up counts the cache twice.
    opening = {**body, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield "message_start", json.dumps({"type": "message_start", "message": opening})
    contents = body["content"]
    block = contents[0] if isinstance(contents, list) else {}
    if block["type"] == "text":
        blank: Json = {"type": "text", "text": ""}
        deltas: list[Json] = [{"type": "text_delta", "text": p} for p in _pieces(block["text"])]
    else:
        blank = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": TOOL_ARGUMENTS}]
    start = {"type": "content_block_start", "index": 0, "content_block": blank}
    yield "content_block_start", json.dumps(start)
    for delta in deltas:
        event = {"type": "content_block_delta", "index": 0, "delta": delta}
        yield "content_block_delta", json.dumps(event)
    yield "content_block_stop", json.dumps({"type": "content_block_stop", "index": 0})
    final = {key: value for key, value in usage.items() if key not in ("service_tier", "cache_creation")}
    closing = {"stop_reason": body["stop_reason"], "stop_sequence": None}
    yield "message_delta", json.dumps({"type": "message_delta", "delta": closing, "usage": final})
    yield "message_stop", json.dumps({"type": "message_stop"})


def _pieces(text: str) -> list[str]:
    words = text.split(" ")
    return [word if index == 0 else f" {word}" for index, word in enumerate(words)]
