"""An answer given again as a stream: the official clients put the same answer together from it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from lynex_server.gateway.cache.replay import as_stream, stream_type

USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1767614400,
    "model": "gpt-4o-2024-08-06",
    "system_fingerprint": "fp_1",
    "choices": [
        {
            "index": 0,
            "logprobs": None,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": "Let me look, “really”.",
                "refusal": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "find", "arguments": '{"q": "x"}'},
                    },
                    {"id": "call_2", "type": "function", "function": {"name": "list", "arguments": "{}"}},
                ],
            },
        },
        {
            "index": 1,
            "logprobs": None,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "No.", "refusal": None},
        },
    ],
    "usage": USAGE,
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"q": ["x", 1]}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 4, "cache_read_input_tokens": 2},
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1767614400,
    "status": "completed",
    "model": "gpt-4o-2024-08-06",
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Let me look.", "annotations": [], "logprobs": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "status": "completed",
            "call_id": "call_1",
            "name": "find",
            "arguments": '{"q":"x"}',
        },
    ],
    "usage": {
        "input_tokens": 9,
        "output_tokens": 4,
        "total_tokens": 13,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}
GEMINI = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [{"text": "Let me look."}, {"functionCall": {"name": "find", "args": {"q": "x"}}}],
            },
            "finishReason": "STOP",
            "index": 0,
        }
    ],
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13},
    "modelVersion": "gemini-2.5-flash",
}

Serve = Callable[[list[bytes], str], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answers every request with these pieces; gives back the base URL."""
    servers: list[ThreadingHTTPServer] = []

    def begin(pieces: list[bytes], content_type: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.send_response(200)
                self.send_header("content-type", content_type)
                self.send_header("connection", "close")
                self.end_headers()
                for piece in pieces:
                    self.wfile.write(piece)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def replayed(serve: Serve, dialect: str, operation: str, answer: dict) -> str:
    pieces = as_stream(dialect, operation, json.dumps(answer).encode())
    assert pieces is not None
    return serve(pieces, stream_type(dialect))


def said(model: object) -> dict:
    """What a client's object holds, without what it does not."""
    return json.loads(model.model_dump_json(exclude_unset=True))


def test_openai_puts_the_same_chat_together(serve: Serve):
    url = replayed(serve, "openai", "chat", CHAT)
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)

    with client.chat.completions.stream(
        model="m", messages=[{"role": "user", "content": "?"}], stream_options={"include_usage": True}
    ) as stream:
        whole = stream.get_final_completion()

    assert whole.id == "chatcmpl-1"
    assert whole.usage is not None
    assert whole.usage.total_tokens == 13
    for choice, expected in zip(whole.choices, CHAT["choices"], strict=True):
        assert choice.finish_reason == expected["finish_reason"]
        assert choice.message.content == expected["message"]["content"]
        calls = [
            (call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls or []
        ]
        assert calls == [
            (call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in expected["message"].get("tool_calls", [])
        ]


def test_openai_chat_shows_its_usage_only_to_who_asked():
    body = json.dumps(CHAT).encode()

    assert b"total_tokens" not in b"".join(as_stream("openai", "chat", body, shows_usage=False) or [])


def test_openai_puts_the_same_response_together(serve: Serve):
    url = replayed(serve, "openai", "responses", RESPONSE)
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)

    with client.responses.stream(model="m", input="?") as stream:
        kinds = [event.type for event in stream]
        whole = stream.get_final_response()

    assert whole.output_text == "Let me look."
    assert whole.output[1].arguments == '{"q":"x"}'
    assert said(whole.usage) == RESPONSE["usage"]
    assert kinds[0] == "response.created"
    assert "response.output_text.delta" in kinds
    assert kinds[-1] == "response.completed"


def test_anthropic_puts_the_same_message_together(serve: Serve):
    url = replayed(serve, "anthropic", "messages", MESSAGE)
    client = anthropic.Anthropic(base_url=url, api_key="k", max_retries=0)

    with client.messages.stream(
        model="m", max_tokens=9, messages=[{"role": "user", "content": "?"}]
    ) as stream:
        whole = stream.get_final_message()

    got = said(whole)
    assert [
        {k: v for k, v in block.items() if k in known}
        for block, known in zip(got["content"], MESSAGE["content"], strict=True)
    ] == MESSAGE["content"]
    assert (whole.stop_reason, whole.usage.output_tokens) == ("tool_use", 4)
    assert whole.usage.cache_read_input_tokens == 2


def test_google_reads_the_same_answer(serve: Serve):
    url = replayed(serve, "gemini", "generate", GEMINI)
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url))

    chunks = list(client.models.generate_content_stream(model="m", contents="?"))

    assert chunks[0].candidates is not None
    content = chunks[0].candidates[0].content
    assert content is not None
    assert content.parts is not None
    assert content.parts[0].text == "Let me look."
    assert content.parts[1].function_call is not None
    assert content.parts[1].function_call.args == {"q": "x"}


def test_ollama_is_given_one_line():
    pieces = as_stream("ollama", "ollama_chat", b'{"message": {"role": "assistant"}, "done": true}')

    assert pieces == [b'{"message":{"role":"assistant"},"done":true}\n']


@pytest.mark.parametrize(
    ("dialect", "operation", "body"),
    [("bedrock", "converse", b"{}"), ("openai", "embeddings", b"{}"), ("openai", "chat", b"no JSON")],
)
def test_what_has_no_stream_is_not_replayed(dialect, operation, body):
    assert as_stream(dialect, operation, body) is None
