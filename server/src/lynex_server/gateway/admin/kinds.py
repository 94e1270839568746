"""What is usual of each kind of provider, where nothing else is said."""

from collections.abc import Mapping
from dataclasses import dataclass

from lynex_server.gateway.model import ProviderKind


@dataclass(frozen=True, slots=True)
class KindDefaults:
    """`base_url` empty: it must be said. `price_as` empty: the provider's own name."""

    base_url: str
    price_as: str
    models: tuple[str, ...]


_OPENAI_MODELS = (
    "gpt-*",
    "o1*",
    "o3*",
    "o4*",
    "chatgpt-*",
    "text-embedding-*",
    "dall-e-*",
    "gpt-image-*",
    "whisper-*",
    "tts-*",
    "omni-moderation-*",
    "codex-*",
    "computer-use-*",
)
_BEDROCK_MODELS = (
    "anthropic.*",
    "amazon.*",
    "us.*",
    "eu.*",
    "global.*",
    "meta.*",
    "mistral.*",
    "cohere.*",
)

DEFAULTS: Mapping[ProviderKind, KindDefaults] = {
    "openai": KindDefaults("https://api.openai.com/v1", "openai", _OPENAI_MODELS),
    "azure_openai": KindDefaults("", "azure", ()),
    "anthropic": KindDefaults("https://api.anthropic.com", "anthropic", ("claude-*",)),
    "gemini": KindDefaults("https://generativelanguage.googleapis.com", "google", ("gemini-*", "imagen-*")),
    "bedrock": KindDefaults("https://bedrock-runtime.us-east-1.amazonaws.com", "aws", _BEDROCK_MODELS),
    "ollama": KindDefaults("http://127.0.0.1:11434", "ollama", ()),
    "openai_compatible": KindDefaults("", "", ()),
}
"""`price_as` names providers as the price book does."""
