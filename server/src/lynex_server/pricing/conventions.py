"""How each provider nests its counts.

Sources: the providers' API references, as summarised in the README of this slice. A source that
declares its convention is believed; this table answers for those that do not.
"""

from dataclasses import dataclass
from functools import lru_cache

from lynex_server.pricing.models import canonical_provider, provider_of_model


@dataclass(frozen=True, slots=True)
class Layout:
    """Which parts a source counts apart from the whole they belong to. All false: everything is nested."""

    cache_apart: bool = False
    """Cache reads and writes are not in input."""
    reasoning_apart: bool = False
    """Reasoning is not in output."""
    modality_apart: bool = False
    """Audio and image tokens are not in input and output."""
    tool_prompt_apart: bool = False
    """What tools added to the prompt is not in input."""


NESTED = Layout()
_ANTHROPIC = Layout(cache_apart=True)
_ALL_APART = Layout(cache_apart=True, reasoning_apart=True, modality_apart=True)
_BY_PROVIDER = {
    "anthropic": _ANTHROPIC,
    "aws": _ANTHROPIC,
    "google": Layout(reasoning_apart=True, tool_prompt_apart=True),
    "x-ai": Layout(reasoning_apart=True),
}
_HOSTS_OF_CLAUDE = frozenset(("google", "azure"))
"""They pass Anthropic's own usage object through."""


@lru_cache(maxsize=4096)
def layout_of(provider: str, model: str, convention: str) -> Layout:
    """How to read a source's counts. `convention` is *inclusive*, *exclusive* or *unknown*.

    Declared *exclusive* means every part is apart, except that Anthropic and Bedrock always count
    thinking inside output and have no separate audio.
    """
    if convention == "inclusive":
        return NESTED
    native = _native_layout(provider, model)
    if convention == "exclusive":
        return _ANTHROPIC if native is _ANTHROPIC else _ALL_APART
    return native


def _native_layout(provider: str, model: str) -> Layout:
    canonical = canonical_provider(provider) or provider_of_model(model)
    if canonical in _HOSTS_OF_CLAUDE and "claude" in model.lower():
        return _ANTHROPIC
    return _BY_PROVIDER.get(canonical, NESTED)
