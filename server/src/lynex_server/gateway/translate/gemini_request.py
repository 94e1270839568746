"""A chat request in Gemini's words."""

import json
import mimetypes
import re
from collections.abc import Iterator
from typing import Any

from lynex_server.gateway.translate.chat_request import ChatRequest, Media, Message, Part, Text, ToolCall
from lynex_server.gateway.translate.contract import Document, Untranslatable
from lynex_server.gateway.translate.fields import Fields

MADE_UP_ID = "call_gw_"
"""How ids begin that were given to calls which came without one; Gemini never sees them again."""

_THINKING_TOKENS = {
    "none": 0,
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24576,
    "xhigh": 24576,
    "max": 24576,
}
_THINKING_LEVELS = {
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "XHIGH",
    "max": "XHIGH",
}
_UP_TO_2_5 = re.compile(r"gemini-[12]\b")
_NO_SIGNATURE = "skip_thought_signature_validator"
"""What Google says to send where a call's signature was not kept; models from 3 on refuse a call without
any."""

_CHOICES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "named": "ANY"}
_TIERS = {"default": "standard", "flex": "flex", "priority": "priority", "fast": "priority"}


def gemini_request(chat: ChatRequest, model: str) -> Document:
    """Raises `Untranslatable`."""
    document: Document = {"contents": _contents(chat, signatures=not _UP_TO_2_5.search(model))}
    system = [_part(part) for each in chat.messages if each.role == "system" for part in each.parts]
    if system:
        document["systemInstruction"] = {"parts": system}
    if chat.parallel is False and chat.tools:
        raise Untranslatable("Gemini cannot be held to one call at a time", "parallel_tool_calls")
    if chat.tools:
        document["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in chat.tools]}]
        if chat.tool_choice:
            calling: Document = {"mode": _CHOICES[chat.tool_choice.mode]}
            if chat.tool_choice.mode == "named":
                calling["allowedFunctionNames"] = [chat.tool_choice.name]
            document["toolConfig"] = {"functionCallingConfig": calling}
    generation = _generation(chat, model)
    if generation:
        document["generationConfig"] = generation
    tier = chat.options.text("service_tier")
    if tier is not None and tier != "auto":
        if tier not in _TIERS:
            raise Untranslatable(f"Gemini has no tier {tier!r}", "service_tier")
        document["serviceTier"] = _TIERS[tier]
    chat.options.drop("user")
    chat.options.refuse_rest("Gemini")
    return document


def _declaration(tool: Any) -> Document:
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "parametersJsonSchema": tool.schema}


def _generation(chat: ChatRequest, model: str) -> Document:
    options = chat.options
    generation: Document = {
        "maxOutputTokens": chat.max_tokens,
        "stopSequences": list(chat.stop) or None,
        "temperature": options.number("temperature"),
        "topP": options.number("top_p"),
        "topK": options.whole("top_k"),
        "seed": options.whole("seed"),
        "candidateCount": options.whole("n"),
        "presencePenalty": options.number("presence_penalty"),
        "frequencyPenalty": options.number("frequency_penalty"),
        **_logprobs(options),
        "thinkingConfig": _thinking(chat.effort, model),
    }
    if chat.output:
        generation["responseMimeType"] = "application/json"
        generation["responseJsonSchema"] = chat.output.schema
    return {name: value for name, value in generation.items() if value is not None}


def _logprobs(options: Fields) -> Document:
    wanted, top = options.flag("logprobs"), options.whole("top_logprobs")
    return {"responseLogprobs": True, "logprobs": top} if wanted else {}


def _thinking(effort: str | None, model: str) -> Document | None:
    """Models up to 2.5 are given a number of tokens, later ones a level."""
    if effort is None:
        return None
    if effort not in _THINKING_TOKENS:
        raise Untranslatable(f"{effort!r} is no effort", "reasoning_effort")
    if _UP_TO_2_5.search(model):
        budget = _THINKING_TOKENS[effort]
        return {"thinkingBudget": budget, "includeThoughts": budget > 0}
    if effort == "none":
        raise Untranslatable("this model of Gemini cannot be kept from thinking", "reasoning_effort")
    return {"thinkingLevel": _THINKING_LEVELS[effort], "includeThoughts": True}


def _contents(chat: ChatRequest, signatures: bool) -> list[Document]:
    """Turns; what follows in the same role is one, but results of functions stay by themselves, as Gemini
    asks."""
    turns: list[Document] = []
    results = False
    for answers, role, parts in _turns(chat.messages, signatures):
        if turns and turns[-1]["role"] == role and answers == results:
            turns[-1]["parts"] += parts
        else:
            turns.append({"role": role, "parts": parts})
        results = answers
    if not turns:
        raise Untranslatable("holds nothing that a user or the model said", "messages")
    return turns


def _turns(messages: tuple[Message, ...], signatures: bool) -> Iterator[tuple[bool, str, list[Document]]]:
    """Whether it answers calls, the role and the parts. Answers are put in the order of their calls, by which
    Gemini tells calls of one function apart."""
    called: dict[str, ToolCall] = {}
    index = 0
    while index < len(messages):
        message = messages[index]
        if message.role == "tool":
            following = [message]
            while index + 1 < len(messages) and messages[index + 1].role == "tool":
                index += 1
                following.append(messages[index])
            order = {call_id: place for place, call_id in enumerate(called)}
            following.sort(key=lambda each: order.get(each.answers, 0))
            yield True, "user", [_result(each, called) for each in following]
        elif message.role == "assistant":
            for call in message.calls:
                # Some models number their calls anew in each turn: the last one counts, in its own place.
                called.pop(call.id, None)
                called[call.id] = call
            parts = [_part(part) for part in message.parts] + _calls(message.calls, signatures)
            if parts:
                yield False, "model", parts
        elif message.role == "user" and message.parts:
            yield False, "user", [_part(part) for part in message.parts]
        index += 1


def _calls(calls: tuple[ToolCall, ...], signatures: bool) -> list[Document]:
    parts = []
    for place, call in enumerate(calls):
        part: Document = {"functionCall": {"name": call.name, "args": call.arguments} | _id(call.id)}
        signature = call.signature or (_NO_SIGNATURE if signatures and place == 0 else "")
        if signature:
            part["thoughtSignature"] = signature
        parts.append(part)
    return parts


def _id(call_id: str) -> Document:
    return {} if call_id.startswith(MADE_UP_ID) else {"id": call_id}


def _result(message: Message, called: dict[str, ToolCall]) -> Document:
    call = called.get(message.answers)
    if call is None:
        raise Untranslatable(
            f"no call before it has the id {message.answers!r}", f"{message.field}.tool_call_id"
        )
    text = "".join(part.text for part in message.parts if isinstance(part, Text))
    response: Document = {"name": call.name, "response": _response(text)} | _id(call.id)
    media = [_part(part) for part in message.parts if isinstance(part, Media)]
    if media:
        response["parts"] = media
    return {"functionResponse": response}


def _response(text: str) -> Document:
    """Gemini takes an object: the result itself where it is one, else under the name it reads results
    from."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    return value if isinstance(value, dict) else {"output": value}


def _part(part: Part) -> Document:
    if isinstance(part, Text):
        return {"text": part.text}
    if part.data or not part.url:
        return {"inlineData": {"mimeType": part.media_type, "data": part.data}}
    if part.url.startswith("http://"):
        raise Untranslatable("Gemini fetches from https and gs only", part.field)
    media_type = mimetypes.guess_type(part.url.partition("?")[0])[0]
    return {"fileData": {"fileUri": part.url} | ({"mimeType": media_type} if media_type else {})}
