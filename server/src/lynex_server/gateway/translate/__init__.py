"""Between the wire formats of model providers: a caller keeps the client he has, whoever serves the model.

`translator` gives the translation of one call. It holds no connection and does no input or output: documents
and events go in and come out. What the other side has no word for raises `Untranslatable`, unless leaving it
out changes no answer; docs/reference/gateway-translation.md lists both.
"""

from lynex_server.gateway.model import Dialect
from lynex_server.gateway.translate.chain import Chain
from lynex_server.gateway.translate.chat_to_anthropic import ChatToAnthropic
from lynex_server.gateway.translate.chat_to_bedrock import ChatToBedrock
from lynex_server.gateway.translate.chat_to_gemini import ChatToGemini
from lynex_server.gateway.translate.contract import (
    Document,
    StreamTranslator,
    Translated,
    Translator,
    Untranslatable,
)
from lynex_server.gateway.translate.embeddings import EmbeddingsToGemini
from lynex_server.gateway.translate.messages_to_chat import MessagesToChat
from lynex_server.gateway.translate.responses_to_chat import ResponsesToChat
from lynex_server.kernel.clock import Clock, SystemClock

__all__ = ["Document", "StreamTranslator", "Translated", "Translator", "Untranslatable", "translator"]

_SYSTEM_CLOCK = SystemClock()


def translator(
    caller: Dialect, operation: str, upstream: Dialect, clock: Clock = _SYSTEM_CLOCK
) -> Translator | None:
    """The translation of one call, or None where there is none.

    `operation` is what the caller's path asks for: `chat`, `responses`, `messages` or `embeddings`.
    Responses for an OpenAI upstream become chat, for servers that know nothing else.
    """
    if caller == "openai" and operation == "embeddings":
        return EmbeddingsToGemini() if upstream == "gemini" else None
    if caller == "openai" and operation == "chat":
        return _from_chat(upstream, clock)
    to_chat: Translator
    if caller == "openai" and operation == "responses":
        to_chat = ResponsesToChat(clock)
    elif caller == "anthropic" and operation == "messages" and upstream != "anthropic":
        to_chat = MessagesToChat()
    else:
        return None
    if upstream in ("openai", "ollama"):
        return to_chat
    from_chat = _from_chat(upstream, clock)
    return Chain(to_chat, from_chat) if from_chat else None


def _from_chat(upstream: Dialect, clock: Clock) -> Translator | None:
    if upstream == "anthropic":
        return ChatToAnthropic(clock)
    if upstream == "gemini":
        return ChatToGemini(clock)
    return ChatToBedrock(clock) if upstream == "bedrock" else None
