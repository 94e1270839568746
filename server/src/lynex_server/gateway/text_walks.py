"""Where people's and models' texts stand in each dialect's documents, as walks.

A walk goes through a value and gives it back with every text changed: the same object where nothing was, a
copy otherwise. What it does not know it leaves alone: names, ids, schemas, images and files. Thoughts that a
provider signs (Anthropic's `thinking`, Bedrock's `reasoningContent`, Gemini's `thought`) are no texts here:
they must come back to it as they were.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from lynex_server.gateway.model import Dialect

Change = Callable[[str], str]
Walk = Callable[[Any, Change], Any]

_DATA_URL = re.compile(r"data:[^,\s]{0,200};base64,[A-Za-z0-9+/=\s]*", re.ASCII)


def text(value: Any, change: Change) -> Any:
    """A string, unless it is a file in base64."""
    if not isinstance(value, str) or not value or (value.startswith("data:") and _DATA_URL.fullmatch(value)):
        return value
    changed = change(value)
    return value if changed == value else changed


def anything(value: Any, change: Change) -> Any:
    """Every string within a value of any shape; keys are none."""
    if isinstance(value, dict):
        return _members(value, {key: anything(member, change) for key, member in value.items()})
    if isinstance(value, list):
        return _items(value, [anything(item, change) for item in value])
    return text(value, change)


def json_text(value: Any, change: Change) -> Any:
    """Every string within JSON that is written in a string, so that it stays JSON; a text if it is none. What
    is nested too deep raises `RecursionError`: as a text, it would hide what its escapes say."""
    if not isinstance(value, str):
        return anything(value, change)  # not what the dialect says, but what some clients send
    if not value:
        return value
    try:
        held = json.loads(value)
    except ValueError:
        return text(value, change)
    changed = anything(held, change)
    if changed is held:
        return value
    written = json.dumps(changed, ensure_ascii=False, separators=(",", ":"))
    # Half of an emoji, which JSON can escape, has no UTF-8 form.
    return written.encode("utf-8", "replace").decode()


def members(**walks: Walk) -> Walk:
    """An object with texts at some of its keys."""

    def walk(value: Any, change: Change) -> Any:
        if not isinstance(value, dict):
            return value
        changed = {key: walks[key](each, change) for key, each in value.items() if key in walks}
        return _members(value, {**value, **changed}) if changed else value

    return walk


def each(inner: Walk) -> Walk:
    """A list of the same."""

    def walk(value: Any, change: Change) -> Any:
        if not isinstance(value, list):
            return value
        return _items(value, [inner(item, change) for item in value])

    return walk


def either(*walks: Walk) -> Walk:
    """Whatever of these it is: they are about different types, or a text would be changed twice."""

    def walk(value: Any, change: Change) -> Any:
        for one in walks:
            changed = one(value, change)
            if changed is not value:
                return changed
        return value

    return walk


def unless(key: str, sign: Any, inner: Walk) -> Walk:
    """An object, unless it has `sign` at `key`."""

    def walk(value: Any, change: Change) -> Any:
        if isinstance(value, dict) and value.get(key) == sign:
            return value
        return inner(value, change)

    return walk


def _members(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return before if all(before[key] is each for key, each in after.items()) else after


def _items(before: list[Any], after: list[Any]) -> list[Any]:
    return before if all(a is b for a, b in zip(before, after, strict=True)) else after


_texts: Final = either(text, each(text))  # a list of numbers is one of tokens, and left alone


def _content(value: Any, change: Change) -> Any:
    """What an Anthropic or Bedrock message says: a string, or blocks of which some nest more of them."""
    return _blocks_or_text(value, change)


# OpenAI ---------------------------------------------------------------------------------------------------

_openai_part: Final = members(text=text, refusal=text)
_openai_content: Final = either(text, each(_openai_part), _openai_part)
_chat_message: Final = members(
    content=_openai_content,
    refusal=text,
    reasoning=text,
    reasoning_content=text,
    tool_calls=each(
        members(function=members(arguments=json_text), custom=members(input=text)),
    ),
    function_call=members(arguments=json_text),
    audio=members(transcript=text),
)
_responses_item: Final = members(
    text=text,
    content=_openai_content,
    arguments=json_text,
    input=text,
    output=either(text, each(members(text=text, stdout=text, stderr=text))),
    summary=each(_openai_part),
    code=text,
    outputs=each(members(logs=text)),
    queries=each(text),
    results=each(members(text=text)),
)

# Anthropic and Bedrock ------------------------------------------------------------------------------------

_source: Final = unless("type", "base64", members(data=text, content=_content, text=text))
_block: Final = members(
    text=text,
    input=anything,
    content=_content,
    source=_source,
    title=text,
    context=text,
    stdout=text,
    stderr=text,
    citations=each(members(cited_text=text)),
    # Bedrock's Converse says the same in other words.
    toolUse=members(input=anything),
    toolResult=members(content=each(members(text=text, json=anything))),
    document=members(source=_source, context=text),
    guardContent=members(text=members(text=text)),
)
_blocks_or_text: Final = either(text, each(_block), _block)
_said: Final = members(content=_content)
_anthropic_request: Final = members(system=_content, messages=each(_said))

# Gemini ---------------------------------------------------------------------------------------------------

_gemini_part: Final = unless(
    "thought",
    True,
    members(
        text=text,
        functionCall=members(args=anything),
        function_call=members(args=anything),
        functionResponse=members(response=anything),
        function_response=members(response=anything),
        executableCode=members(code=text),
        codeExecutionResult=members(output=text),
    ),
)
_gemini_content: Final = either(text, members(parts=either(each(either(text, _gemini_part)), _gemini_part)))
_gemini_request: Final = members(
    contents=either(each(_gemini_content), _gemini_content),
    systemInstruction=_gemini_content,
    system_instruction=_gemini_content,
)

# Ollama ---------------------------------------------------------------------------------------------------

_ollama_message: Final = members(
    content=text, thinking=text, tool_calls=each(members(function=members(arguments=anything)))
)

MESSAGES: Final[Mapping[tuple[Dialect, str], tuple[str, Walk]]] = {
    ("openai", "chat"): ("messages", _chat_message),
    ("openai", "responses"): ("input", _responses_item),
    ("anthropic", "messages"): ("messages", _said),
    ("gemini", "generate"): ("contents", _gemini_content),
    ("bedrock", "converse"): ("messages", _said),
    ("ollama", "ollama_chat"): ("messages", _ollama_message),
}
"""By dialect and operation, the key of the list of what was said, and how to walk one piece of it."""

REQUESTS: Final[Mapping[tuple[Dialect, str], Walk]] = {
    ("openai", "chat"): members(messages=each(_chat_message), prediction=members(content=_openai_content)),
    ("openai", "responses"): members(
        instructions=text,
        input=either(text, each(_responses_item)),
        prompt=members(variables=anything),
    ),
    ("openai", "completion"): members(prompt=_texts, suffix=text),
    ("openai", "embeddings"): members(input=_texts),
    ("anthropic", "messages"): _anthropic_request,
    ("anthropic", "count_tokens"): _anthropic_request,
    ("gemini", "generate"): _gemini_request,
    ("gemini", "count_tokens"): members(
        generateContentRequest=_gemini_request, contents=either(each(_gemini_content), _gemini_content)
    ),
    ("gemini", "embed_content"): members(
        content=_gemini_content, requests=each(members(content=_gemini_content))
    ),
    ("bedrock", "converse"): _anthropic_request,
    ("ollama", "ollama_chat"): members(messages=each(_ollama_message)),
    ("ollama", "ollama_generate"): members(prompt=text, system=text, suffix=text),
    ("ollama", "ollama_embed"): members(input=_texts, prompt=text),
}
"""By dialect and operation, where the texts of a request are."""

ANSWERS: Final[Mapping[tuple[Dialect, str], Walk]] = {
    ("openai", "chat"): members(choices=each(members(message=_chat_message))),
    ("openai", "responses"): members(output=each(_responses_item)),
    ("openai", "completion"): members(choices=each(members(text=text))),
    ("anthropic", "messages"): _said,
    ("gemini", "generate"): members(candidates=each(members(content=_gemini_content))),
    ("bedrock", "converse"): members(output=members(message=_said), content=_content),
    ("ollama", "ollama_chat"): members(message=_ollama_message),
    ("ollama", "ollama_generate"): members(response=text, thinking=text),
}
"""By dialect and operation, where the texts of a whole answer are."""
