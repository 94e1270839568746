"""Callers of OpenAI chat, models of Bedrock by its Converse. Whole answers only."""

from urllib.parse import quote

from lynex_server.gateway.translate import chat_answer
from lynex_server.gateway.translate.bedrock_request import bedrock_request
from lynex_server.gateway.translate.chat_answer import Choice, Usage, tool_call, url_citation
from lynex_server.gateway.translate.chat_request import read_chat_request
from lynex_server.gateway.translate.contract import Document, Translated
from lynex_server.gateway.translate.embeddings import NeverStreamed
from lynex_server.gateway.translate.lenient import compact, count, item, items, string
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.ids import new_id

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}

_TIERS = ("default", "flex", "priority")


class ChatToBedrock:
    """See `Translator`. Bedrock names neither an answer nor the model that gave it: the one is made up, the
    other is the one that was asked."""

    def __init__(self, clock: Clock) -> None:
        self._created_s = clock.now_us() // MICROS_PER_SECOND
        self._model = ""

    def request(self, document: Document, model: str) -> Translated:
        self._model = model
        converse = bedrock_request(read_chat_request(document))
        return Translated(f"/model/{quote(model, safe='')}/converse", converse, {}, stream=False)

    def answer(self, document: Document) -> Document:
        choice = Choice(finish=_FINISH.get(string(document, "stopReason"), "stop"))
        length = 0
        for block in items(item(item(document, "output"), "message"), "content"):
            length += _add(choice, block, length)
        tier = string(item(document, "serviceTier"), "type")
        usage = _usage(item(document, "usage"))
        made_up = new_id("chatcmpl")
        return chat_answer.completion(
            made_up, self._model, self._created_s, [choice], usage, tier if tier in _TIERS else None
        )

    def error(self, status: int, document: Document | None, text: str) -> Document:
        whole = document or {}
        message = string(whole, "message") or string(whole, "Message") or text[:2000]
        code = string(whole, "__type").rpartition("#")[2] or None
        return chat_answer.error(status, message or "the provider gave no reason", code)

    def stream(self) -> NeverStreamed:
        return NeverStreamed()


def _add(choice: Choice, block: Document, at: int) -> int:
    """Put a block into the answer; how much text it brought."""
    cited = item(block, "citationsContent")
    text = string(block, "text") or "".join(string(each, "text") for each in items(cited, "content"))
    if text:
        choice.texts.append(text)
        for citation in items(cited, "citations"):
            url = string(item(item(citation, "location"), "web"), "url")
            if url:
                choice.annotations.append(url_citation(url, string(citation, "title"), at, at + len(text)))
    thought = item(item(block, "reasoningContent"), "reasoningText")
    if thought:
        choice.reasoning.append(string(thought, "text"))
        kept = {
            "type": "thinking",
            "thinking": string(thought, "text"),
            "signature": string(thought, "signature"),
        }
        choice.extras.setdefault("thinking_blocks", []).append(kept)
    redacted = string(item(block, "reasoningContent"), "redactedContent")
    if redacted:
        kept = {"type": "redacted_thinking", "data": redacted}
        choice.extras.setdefault("thinking_blocks", []).append(kept)
    call = item(block, "toolUse")
    if call:
        choice.calls.append(
            tool_call(string(call, "toolUseId"), string(call, "name"), compact(item(call, "input")))
        )
    return len(text)


def _usage(usage: Document) -> Usage | None:
    """Like Anthropic, Bedrock counts the cache apart from the input."""
    fresh, output = count(usage, "inputTokens"), count(usage, "outputTokens")
    if fresh is None or output is None:
        return None
    cached, written = count(usage, "cacheReadInputTokens"), count(usage, "cacheWriteInputTokens")
    return Usage(fresh + (cached or 0) + (written or 0), output, cached=cached, cache_written=written)
