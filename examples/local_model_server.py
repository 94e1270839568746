"""A small model server for the examples: OpenAI's and Anthropic's wire formats, no model behind them.

    python examples/local_model_server.py --port 8788

It answers the same question with the same words every time, so that examples can be checked. It speaks
`POST /v1/chat/completions`, `/v1/responses`, `/v1/embeddings` and `/v1/messages`, plain and streamed, with
tools, and counts usage: one token per word, a system prompt counts as read from the cache. It listens on
127.0.0.1 only and needs nothing but Python.
"""

import argparse
import hashlib
import json
import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]

CREATED = 1_767_614_400
"""2026-01-05 12:00 UTC, in every answer."""
EMBEDDING_SIZE = 8
PIECE_DELAY_S = 0.002
"""Between the pieces of a streamed answer, so that the time to the first differs from the whole."""


# What is answered


def words(value: object) -> int:
    """The tokens of a text, or of all texts in a structure."""
    return len(plain_text(value).split())


def plain_text(value: object) -> str:
    """All text of a message content: a string, or a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(plain_text(part) for part in value)
    if isinstance(value, dict):
        return plain_text(value.get("text") or value.get("content") or value.get("output") or "")
    return ""


def identifier(prefix: str, body: Json) -> str:
    """The same for the same request."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return f"{prefix}{digest[:24]}"


def answer_text(question: str, tool_result: str) -> str:
    """What the model says."""
    return f"The tool says: {tool_result}" if tool_result else f"You asked: {question}"


def tool_arguments(schema: Json, question: str) -> Json:
    """Arguments for a tool: for text the last capitalised word of the question, for numbers 42."""
    names = re.findall(r"\b[A-Z][a-z]+\b", question)
    by_type = {"string": names[-1] if names else "Paris", "number": 42, "integer": 42, "boolean": True}
    return {
        name: by_type.get(about.get("type", "string"))
        for name, about in (schema.get("properties") or {}).items()
    }


def pieces_of(text: str) -> list[str]:
    """The text as a model streams it: word by word."""
    return re.findall(r"\S+\s*", text)


# OpenAI chat completions


def chat_message(body: Json) -> tuple[Json, str]:
    """The assistant's message and its finish reason."""
    messages = body.get("messages") or []
    last = messages[-1] if messages else {}
    question = next((plain_text(m.get("content")) for m in reversed(messages) if m.get("role") == "user"), "")
    tools = body.get("tools") or []
    if tools and last.get("role") != "tool":
        function = tools[0]["function"]
        arguments = json.dumps(tool_arguments(function.get("parameters") or {}, question))
        call = {
            "id": identifier("call_", body),
            "type": "function",
            "function": {"name": function["name"], "arguments": arguments},
        }
        return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    result = plain_text(last.get("content")) if last.get("role") == "tool" else ""
    return {"role": "assistant", "content": answer_text(question, result)}, "stop"


def chat_usage(body: Json, message: Json) -> Json:
    """Prompt tokens *include* the cached ones."""
    messages = body.get("messages") or []
    prompt = sum(words(m.get("content")) for m in messages)
    cached = sum(words(m.get("content")) for m in messages if m.get("role") in ("system", "developer"))
    completion = words(message.get("content")) or 5
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def chat_completion(body: Json) -> Json:
    """A whole answer."""
    message, reason = chat_message(body)
    return {
        "id": identifier("chatcmpl-", body),
        "object": "chat.completion",
        "created": CREATED,
        "model": served_model(body),
        "service_tier": "default",
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
        "usage": chat_usage(body, message),
    }


def chat_chunks(body: Json) -> Iterator[tuple[str, Json]]:
    """The answer in pieces; usage comes last, and only when it was asked for."""
    message, reason = chat_message(body)
    head = {
        "id": identifier("chatcmpl-", body),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": served_model(body),
        "service_tier": "default",
    }
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in pieces_of(message["content"] or "")]
    for index, call in enumerate(message.get("tool_calls") or []):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        first = {"index": index, **call, "function": {"name": name, "arguments": ""}}
        halves = [arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]]
        deltas.append({"tool_calls": [first]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": half}}]} for half in halves]
    for delta in deltas:
        yield "", {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield "", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield "", {**head, "choices": [], "usage": chat_usage(body, message)}


def served_model(body: Json) -> str:
    """The dated name behind an alias, as providers answer."""
    model = str(body.get("model") or "local")
    return f"{model}-2024-07-18" if model == "gpt-4o-mini" else model


# OpenAI responses and embeddings


def response(body: Json) -> Json:
    """A whole response."""
    given = body.get("input")
    items = given if isinstance(given, list) else [{"role": "user", "content": given}]
    question = next((plain_text(i.get("content")) for i in reversed(items) if i.get("role") == "user"), "")
    result = next((str(i["output"]) for i in reversed(items) if i.get("type") == "function_call_output"), "")
    tools = body.get("tools") or []
    output: Json
    if tools and not result:
        arguments = json.dumps(tool_arguments(tools[0].get("parameters") or {}, question))
        output = {
            "type": "function_call",
            "id": identifier("fc_", body),
            "call_id": identifier("call_", body),
            "name": tools[0]["name"],
            "arguments": arguments,
            "status": "completed",
        }
    else:
        text = answer_text(question, result)
        output = {
            "type": "message",
            "id": identifier("msg_", body),
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
        }
    cached = words(body.get("instructions"))
    prompt = cached + sum(words(i.get("content") or i.get("output")) for i in items)
    completion = words(output.get("content")) or 5
    return {
        "id": identifier("resp_", body),
        "object": "response",
        "created_at": CREATED,
        "model": served_model(body),
        "status": "completed",
        "service_tier": "default",
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": tools,
        "top_p": 1.0,
        "output": [output],
        "usage": {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
            "output_tokens": completion,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + completion,
        },
    }


def response_events(body: Json) -> Iterator[tuple[str, Json]]:
    """The response as events."""
    whole = response(body)
    output = whole["output"][0]
    started = {**whole, "status": "in_progress", "output": [], "usage": None}
    place = {"output_index": 0, "item_id": output["id"]}
    events: list[Json] = [
        {"type": "response.created", "response": started},
        {"type": "response.output_item.added", "output_index": 0, "item": {**output, "content": []}},
    ]
    if output["type"] == "message":
        part = output["content"][0]
        at = {**place, "content_index": 0}
        events.append({"type": "response.content_part.added", **at, "part": {**part, "text": ""}})
        events += [
            {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
            for piece in pieces_of(part["text"])
        ]
        events.append({"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []})
        events.append({"type": "response.content_part.done", **at, "part": part})
    else:
        arguments = output["arguments"]
        events.append({"type": "response.function_call_arguments.delta", **place, "delta": arguments})
        events.append(
            {
                "type": "response.function_call_arguments.done",
                **place,
                "arguments": arguments,
                "name": output["name"],
            }
        )
    events.append({"type": "response.output_item.done", "output_index": 0, "item": output})
    events.append({"type": "response.completed", "response": whole})
    for number, event in enumerate(events):
        yield event["type"], {**event, "sequence_number": number}


def embeddings(body: Json) -> Json:
    """Vectors made from a hash of each text."""
    given = body.get("input")
    texts = given if isinstance(given, list) else [given]
    vectors = [
        [byte / 255 for byte in hashlib.sha256(str(text).encode()).digest()[:EMBEDDING_SIZE]]
        for text in texts
    ]
    count = sum(words(text) for text in texts)
    return {
        "object": "list",
        "model": body.get("model"),
        "data": [
            {"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


# Anthropic messages


def message(body: Json) -> Json:
    """A whole message. Input tokens *exclude* the cached ones."""
    messages = body.get("messages") or []
    last = messages[-1].get("content") if messages else ""
    results = [part for part in last if part.get("type") == "tool_result"] if isinstance(last, list) else []
    asked = [plain_text(m["content"]) for m in messages if m.get("role") == "user"]
    question = asked[0] if asked else ""
    tools = body.get("tools") or []
    content: list[Json]
    if tools and not results:
        arguments = tool_arguments(tools[0].get("input_schema") or {}, question)
        use = {
            "type": "tool_use",
            "id": identifier("toolu_", body),
            "name": tools[0]["name"],
            "input": arguments,
        }
        content, reason = [{"type": "text", "text": "Let me look. "}, use], "tool_use"
    else:
        result = plain_text(results[0].get("content")) if results else ""
        content, reason = [{"type": "text", "text": answer_text(question, result)}], "end_turn"
    return {
        "id": identifier("msg_", body),
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": sum(words(m.get("content")) for m in messages),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": words(body.get("system")),
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": words(content) or 5,
            "service_tier": "standard",
        },
    }


def message_events(body: Json) -> Iterator[tuple[str, Json]]:
    """The message as events. The output count of the start is a placeholder; the last delta has it."""
    whole = message(body)
    usage = whole["usage"]
    started = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield "message_start", {"type": "message_start", "message": started}
    for index, block in enumerate(whole["content"]):
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        yield "content_block_start", {"type": "content_block_start", "index": index, "content_block": empty}
        if block["type"] == "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces_of(block["text"])]
        else:
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        for delta in deltas:
            yield "content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}
        yield "content_block_stop", {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield (
        "message_delta",
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": usage["output_tokens"]}},
    )
    yield "message_stop", {"type": "message_stop"}


# HTTP

WHOLE = {
    "/v1/chat/completions": chat_completion,
    "/v1/responses": response,
    "/v1/embeddings": embeddings,
    "/v1/messages": message,
}
STREAMED = {
    "/v1/chat/completions": chat_chunks,
    "/v1/responses": response_events,
    "/v1/messages": message_events,
}


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a model call; a model named `broken` fails as providers do."""
        length = int(self.headers.get("Content-Length") or 0)
        body: Json = json.loads(self.rfile.read(length) or b"{}")
        path = self.path.partition("?")[0]
        if path not in WHOLE:
            self._send_json(404, {"error": {"type": "not_found_error", "message": f"no such path: {path}"}})
        elif body.get("model") == "broken":
            error = {"type": "invalid_request_error", "message": "The model `broken` is broken", "code": None}
            self._send_json(400, {"type": "error", "error": error})
        elif body.get("stream") and path in STREAMED:
            self._send_stream(STREAMED[path](body), with_done=path == "/v1/chat/completions")
        else:
            self._send_json(200, WHOLE[path](body))

    def _send_json(self, status: int, answer: Json) -> None:
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _send_stream(self, events: Iterator[tuple[str, Json]], *, with_done: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for name, event in events:
                line = f"event: {name}\n" if name else ""
                self.wfile.write(f"{line}data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()
                time.sleep(PIECE_DELAY_S)
            if with_done:
                self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # the reader left, as readers do

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the examples talk."""


def make_server(port: int = 0) -> ThreadingHTTPServer:
    """A server on 127.0.0.1, not yet serving; port 0 takes a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A small model server for the examples.")
    parser.add_argument("--port", type=int, default=8788)
    server = make_server(parser.parse_args().port)
    print(f"model server on http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
