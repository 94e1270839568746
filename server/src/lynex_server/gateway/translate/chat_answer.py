"""OpenAI chat answers, written: whole, as a stream, and as errors. Every translation into that format ends
here."""

from dataclasses import dataclass, field
from typing import Any

from lynex_server.gateway.sse import sse
from lynex_server.gateway.translate.contract import Document
from lynex_server.gateway.translate.lenient import encoded, without_none

CUT_OFF = "the provider's stream ended before its answer did"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as OpenAI counts them: the prompt includes what came from a cache or went into one, the
    completion includes the reasoning. None where the upstream did not say."""

    prompt: int
    completion: int
    cached: int | None = None
    cache_written: int | None = None
    reasoning: int | None = None
    prompt_audio: int | None = None
    prompt_image: int | None = None

    def document(self) -> Document:
        prompt = without_none(
            {
                "cached_tokens": self.cached,
                "cache_write_tokens": self.cache_written,
                "audio_tokens": self.prompt_audio,
                "image_tokens": self.prompt_image,
            }
        )
        completion = without_none({"reasoning_tokens": self.reasoning})
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            **({"prompt_tokens_details": prompt} if prompt else {}),
            **({"completion_tokens_details": completion} if completion else {}),
        }


@dataclass(slots=True)
class Choice:
    """What the model said, in pieces. `extras` are fields of the message beyond OpenAI's."""

    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: list[Document] = field(default_factory=list)
    annotations: list[Document] = field(default_factory=list)
    extras: Document = field(default_factory=dict)
    refusal: str | None = None
    finish: str = "stop"
    logprobs: Document | None = None

    def document(self, index: int) -> Document:
        message: Document = {
            "role": "assistant",
            "content": "".join(self.texts) or None,
            "refusal": self.refusal,
        }
        thought = "".join(self.reasoning)
        if thought:
            message["reasoning_content"] = thought
        if self.calls:
            message["tool_calls"] = self.calls
        if self.annotations:
            message["annotations"] = self.annotations
        return {
            "index": index,
            "message": message | self.extras,
            "finish_reason": self.finish,
            "logprobs": self.logprobs,
        }


def tool_call(call_id: str, name: str, arguments: str, signature: str = "") -> Document:
    """A call of a function. Gemini's signature goes where Google's own compatible endpoint puts it."""
    call: Document = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    if signature:
        call["extra_content"] = {"google": {"thought_signature": signature}}
    return call


def url_citation(url: str, title: str, start: int, end: int) -> Document:
    """Where a part of the text comes from. Positions count characters of the content."""
    citation = {"url": url, "title": title, "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": citation}


def completion(
    answer_id: str,
    model: str,
    created_s: int,
    choices: list[Choice],
    usage: Usage | None,
    service_tier: str | None = None,
) -> Document:
    """A whole answer."""
    return without_none(
        {
            "id": answer_id,
            "object": "chat.completion",
            "created": created_s,
            "model": model,
            "choices": [choice.document(index) for index, choice in enumerate(choices)],
            "usage": usage.document() if usage else None,
            "service_tier": service_tier,
        }
    )


_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}


def error(status: int, message: str, code: str | None = None) -> Document:
    """An error as OpenAI writes it; official clients choose their exception by the status alone."""
    kind = _ERROR_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class ChatStream:
    """Writes the chunks of one streamed answer. The first chunk of a choice names the role."""

    def __init__(self, answer_id: str, model: str, created_s: int, include_usage: bool) -> None:
        self.id = answer_id
        self.model = model
        self.service_tier: str | None = None
        self.usage: Usage | None = None
        self.failed = False
        self._created_s = created_s
        self._include_usage = include_usage
        self._started: set[int] = set()
        self._entries: dict[tuple[int, str], int] = {}

    def delta(self, index: int, **delta: Any) -> bytes:
        """A piece of a choice."""
        if index not in self._started:
            self._started.add(index)
            delta = {"role": "assistant", **delta}
        return self._chunk([{"index": index, "delta": delta, "finish_reason": None}])

    def entry(self, index: int, name: str, document: Document) -> bytes:
        """A further entry of a list in a choice; clients put lists together by the number of each entry."""
        number = self._entries.get((index, name), 0)
        self._entries[index, name] = number + 1
        return self.delta(index, **{name: [{"index": number, **document}]})

    def call_started(self, index: int, call: int, document: Document) -> bytes:
        """A tool call with what is known of its arguments."""
        return self.delta(index, tool_calls=[{"index": call, **document}])

    def call_arguments(self, index: int, call: int, fragment: str) -> bytes:
        """A further piece of a call's arguments."""
        return self.delta(index, tool_calls=[{"index": call, "function": {"arguments": fragment}}])

    def logprobs(self, index: int, logprobs: Document) -> bytes:
        """Probabilities of what was said."""
        choice = {"index": index, "delta": {}, "logprobs": logprobs, "finish_reason": None}
        return self._chunk([choice])

    def finish(self, index: int, reason: str, **delta: Any) -> bytes:
        """The end of a choice."""
        if index not in self._started:
            self._started.add(index)
            delta = {"role": "assistant", **delta}
        return self._chunk([{"index": index, "delta": delta, "finish_reason": reason}])

    def fail(self, status: int, message: str, code: str | None = None) -> list[bytes]:
        """An error in the middle; nothing comes after it."""
        self.failed = True
        return [sse(encoded(error(status, message, code)))]

    def done(self) -> list[bytes]:
        """The usage, if it was asked for, and the mark of the end."""
        ending = [b"data: [DONE]\n\n"]
        if self._include_usage and self.usage:
            ending.insert(0, self._chunk([], usage=self.usage.document()))
        return ending

    def _chunk(self, choices: list[Document], **fields: Any) -> bytes:
        chunk: Document = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self._created_s,
            "model": self.model,
            "choices": choices,
        }
        if self.service_tier:
            chunk["service_tier"] = self.service_tier
        if self._include_usage:
            chunk["usage"] = None
        return sse(encoded(chunk | fields))
