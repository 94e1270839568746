"""Gemini's answers, whole and streamed, in OpenAI's chat format."""

from dataclasses import dataclass
from typing import Any

from lynex_server.gateway.sse import SseEvent
from lynex_server.gateway.translate.chat_answer import (
    CUT_OFF,
    ChatStream,
    Choice,
    Usage,
    completion,
    tool_call,
    url_citation,
)
from lynex_server.gateway.translate.contract import Document
from lynex_server.gateway.translate.gemini_request import MADE_UP_ID
from lynex_server.gateway.translate.lenient import compact, count, item, items, parsed, string

_FILTERED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
    }
)


def chat_completion(document: Document, created_s: int, model: str) -> Document:
    """A whole answer; each candidate is a choice."""
    choices = []
    for place, candidate in enumerate(items(document, "candidates")):
        choice = Choice()
        for part in items(item(candidate, "content"), "parts"):
            _add(choice, part, string(document, "responseId"), place)
        choice.annotations = _annotations(candidate)
        choice.logprobs = _logprobs(item(candidate, "logprobsResult"))
        choice.finish, choice.refusal = _finish(candidate, bool(choice.calls))
        choices.append(choice)
    if not choices:
        choices.append(Choice(finish="content_filter", refusal=_blocked(document)))
    return completion(
        string(document, "responseId"),
        string(document, "modelVersion") or model,
        created_s,
        choices,
        usage_of(item(document, "usageMetadata")),
    )


def usage_of(usage: Document) -> Usage | None:
    """Gemini counts thoughts apart from what it says, and what tools put into the prompt apart from the
    prompt."""
    prompt = count(usage, "promptTokenCount")
    if prompt is None:
        return None
    thoughts = count(usage, "thoughtsTokenCount")
    modalities = {
        string(each, "modality"): count(each, "tokenCount") for each in items(usage, "promptTokensDetails")
    }
    return Usage(
        prompt=prompt + (count(usage, "toolUsePromptTokenCount") or 0),
        completion=(count(usage, "candidatesTokenCount") or 0) + (thoughts or 0),
        cached=count(usage, "cachedContentTokenCount"),
        reasoning=thoughts,
        prompt_audio=modalities.get("AUDIO"),
        prompt_image=modalities.get("IMAGE"),
    )


def error_text(document: Document | None, text: str) -> tuple[str, str | None]:
    """What an error says, and its kind."""
    found = item(document, "error")
    return string(found, "message") or text[:2000] or "the provider gave no reason", string(
        found, "status"
    ) or None


def _add(choice: Choice, part: Document, response_id: str, place: int) -> None:
    text = string(part, "text")
    if text:
        (choice.reasoning if part.get("thought") is True else choice.texts).append(text)
    call = item(part, "functionCall")
    if call:
        choice.calls.append(_call(part, call, response_id, place, len(choice.calls)))
    image = _image(part)
    if image:
        choice.extras.setdefault("images", []).append(image)


def _call(part: Document, call: Document, response_id: str, place: int, number: int) -> Document:
    """A call without an id is given one that the same call gets again, whole or streamed."""
    call_id = string(call, "id") or f"{MADE_UP_ID}{response_id}_{place}_{number}"
    arguments = compact(item(call, "args"))
    return tool_call(call_id, string(call, "name"), arguments, string(part, "thoughtSignature"))


def _image(part: Document) -> Document | None:
    inline = item(part, "inlineData")
    if not inline:
        return None
    url = f"data:{string(inline, 'mimeType')};base64,{string(inline, 'data')}"
    return {"type": "image_url", "image_url": {"url": url}}


def _finish(candidate: Document, called: bool) -> tuple[str, str | None]:
    reason = string(candidate, "finishReason")
    if reason in _FILTERED:
        return "content_filter", string(candidate, "finishMessage") or f"stopped: {reason}"
    if reason == "MAX_TOKENS":
        return "length", None
    return "tool_calls" if called else "stop", None


def _blocked(document: Document) -> str:
    feedback = item(document, "promptFeedback")
    reason = string(feedback, "blockReason") or "no candidates"
    return string(feedback, "blockReasonMessage") or f"blocked: {reason}"


def _annotations(candidate: Document) -> list[Document]:
    return [
        url_citation(
            string(each, "uri"),
            string(each, "title"),
            count(each, "startIndex") or 0,
            count(each, "endIndex") or 0,
        )
        for each in items(item(candidate, "citationMetadata"), "citationSources")
        + items(item(candidate, "citationMetadata"), "citations")
        if string(each, "uri")
    ]


def _logprobs(result: Document) -> Document | None:
    chosen = items(result, "chosenCandidates")
    if not chosen:
        return None
    tops = [items(each, "candidates") for each in items(result, "topCandidates")]
    content = [
        _token(each) | {"top_logprobs": [_token(top) for top in (tops[place] if place < len(tops) else [])]}
        for place, each in enumerate(chosen)
    ]
    return {"content": content, "refusal": None}


def _token(candidate: Document) -> Document:
    token, probability = string(candidate, "token"), candidate.get("logProbability")
    known = isinstance(probability, int | float)
    # Halves of surrogate pairs have no bytes of their own.
    return {
        "token": token,
        "logprob": probability if known else -9999.0,
        "bytes": list(token.encode("utf-8", "replace")),
    }


@dataclass(slots=True)
class _Candidate:
    calls: int = 0
    finished: bool = False


class GeminiStream:
    """Each event is a piece of an answer in the shape of a whole one; calls come complete."""

    def __init__(self, created_s: int, include_usage: bool, model: str) -> None:
        self._out = ChatStream("", model, created_s, include_usage)
        self._candidates: dict[int, _Candidate] = {}

    def feed(self, event: SseEvent) -> list[bytes]:
        document = parsed(event.data) if event.data and not self._out.failed else None
        if document is None:
            return []
        if "error" in document:
            status = count(item(document, "error"), "code") or 500
            return self._out.fail(status, *error_text(document, ""))
        self._out.id = self._out.id or string(document, "responseId")
        self._out.model = string(document, "modelVersion") or self._out.model
        self._out.usage = usage_of(item(document, "usageMetadata")) or self._out.usage
        said = []
        candidates = items(document, "candidates")
        for place, candidate in enumerate(candidates):
            said += self._candidate(
                count(candidate, "index") or (place if len(candidates) > 1 else 0), candidate
            )
        if not candidates and item(document, "promptFeedback"):
            self._candidates[0] = _Candidate(finished=True)
            said.append(self._out.finish(0, "content_filter", refusal=_blocked(document)))
        return said

    def end(self) -> list[bytes]:
        if self._out.failed:
            return []
        if not self._candidates or not all(each.finished for each in self._candidates.values()):
            return self._out.fail(502, CUT_OFF, "stream_cut_off")
        return self._out.done()

    def _candidate(self, index: int, candidate: Document) -> list[bytes]:
        state = self._candidates.setdefault(index, _Candidate())
        said = []
        for part in items(item(candidate, "content"), "parts"):
            said += self._part(index, state, part)
        said += [self._out.entry(index, "annotations", each) for each in _annotations(candidate)]
        logprobs = _logprobs(item(candidate, "logprobsResult"))
        if logprobs:
            said.append(self._out.logprobs(index, logprobs))
        if string(candidate, "finishReason") and not state.finished:
            state.finished = True
            reason, refusal = _finish(candidate, state.calls > 0)
            more: dict[str, Any] = {"refusal": refusal} if refusal else {}
            said.append(self._out.finish(index, reason, **more))
        return said

    def _part(self, index: int, state: _Candidate, part: Document) -> list[bytes]:
        said = []
        text = string(part, "text")
        if text:
            name = "reasoning_content" if part.get("thought") is True else "content"
            said.append(self._out.delta(index, **{name: text}))
        call = item(part, "functionCall")
        if call:
            document = _call(part, call, self._out.id, index, state.calls)
            said.append(self._out.call_started(index, state.calls, document))
            state.calls += 1
        image = _image(part)
        if image:
            said.append(self._out.entry(index, "images", image))
        return said
