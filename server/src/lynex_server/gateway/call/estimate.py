"""How many tokens a text is, where nobody who knows has said it: before a call, and after one that was cut
off.

The rule is one token for every three bytes of UTF-8. Tokenizers of today's models make 3.5 to 4.5 bytes of
English a token, about 3 of code and of Cyrillic, and 2.5 to 4 of Chinese and Japanese, so that what is set
aside is seldom too little and never by much. It needs no table of any model, and takes microseconds.
"""

from typing import Any

BYTES_PER_TOKEN = 3
TOKENS_PER_IMAGE = 1_600
"""What a picture of the largest size that models look at takes (Anthropic: width x height / 750, at most
about 1,600; OpenAI high detail: 765 to 1,445)."""
TOKENS_PER_PART = 4
"""Roles and separators around each message and part."""
MAX_DEPTH = 64

_BINARY_FIELDS = frozenset({"data", "image_url", "url", "file_data", "bytes", "b64_json", "images", "audio"})
_MIN_BINARY_CHARS = 256


def tokens_of_text(text: str) -> int:
    """Tokens of a text."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def tokens_of_document(document: Any) -> int:
    """Tokens of everything that a request says: all texts in it, and a flat count for each picture."""
    return _tokens(document, 0)


def _tokens(value: Any, depth: int) -> int:
    if isinstance(value, str):
        return tokens_of_text(value)
    if depth >= MAX_DEPTH:
        return 0
    if isinstance(value, list):
        if value and isinstance(value[0], int):  # token ids: an embedding's input may be those
            return len(value)
        return sum(_tokens(each, depth + 1) for each in value)
    if isinstance(value, dict):
        return TOKENS_PER_PART + sum(_field(name, each, depth + 1) for name, each in value.items())
    return 0


def _field(name: str, value: Any, depth: int) -> int:
    if name in _BINARY_FIELDS:
        if isinstance(value, str) and (
            len(value) >= _MIN_BINARY_CHARS or value.startswith(("data:", "http"))
        ):
            return TOKENS_PER_IMAGE
        if name == "images" and isinstance(value, list):
            return TOKENS_PER_IMAGE * len(value)
    return _tokens(value, depth)
