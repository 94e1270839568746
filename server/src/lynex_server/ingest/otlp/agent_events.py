"""The log events of coding agents, as data: which event becomes what kind of span, which attribute is what.

Sources: Claude Code monitoring documentation (`claude_code.*`); Codex configuration documentation, section
otel (`codex.*`).
"""

from dataclasses import dataclass
from typing import Final

from lynex_server.spans.public import Kind, UsageConvention


@dataclass(frozen=True, slots=True)
class Agent:
    """How one coding agent writes its events. `kinds` are by event name without the prefix."""

    source: str
    prefix: str
    provider: str
    convention: UsageConvention
    kinds: dict[str, Kind]
    usage: dict[str, str]
    trace_by: tuple[str, ...]


CLAUDE_CODE: Final = Agent(
    source="claude_code",
    prefix="claude_code.",
    provider="anthropic",
    convention="exclusive",
    kinds={"api_request": "llm", "api_error": "llm", "tool_result": "tool", "user_prompt": "agent"},
    usage={
        "input_tokens": "input_tokens",
        "output_tokens": "output_tokens",
        "cache_read_tokens": "cache_read_tokens",
        "cache_creation_tokens": "cache_write_tokens",
    },
    trace_by=("session.id", "prompt.id"),
)
CODEX: Final = Agent(
    source="codex",
    prefix="codex.",
    provider="openai",
    convention="inclusive",
    kinds={"tool_result": "tool", "user_prompt": "agent"},
    usage={
        "input_token_count": "input_tokens",
        "output_token_count": "output_tokens",
        "cached_token_count": "cache_read_tokens",
        "reasoning_token_count": "reasoning_tokens",
    },
    trace_by=("conversation.id", "turn.id"),
)
AGENTS: Final = (CLAUDE_CODE, CODEX)

FIELDS: Final[dict[str, str]] = {
    "model": "model",
    "session.id": "session_id",
    "conversation.id": "session_id",
    "user.id": "end_user_id",
    "user.account_id": "end_user_id",
    "error": "error_message",
    "error.message": "error_message",
    "prompt": "input",
    "tool_input": "input",
    "tool_parameters": "input",
    "arguments": "input",
    "output": "output",
    "app.version": "release",
}
"""Attribute of an agent's event to text field of the span; the first that says something wins."""

NAMED_BY: Final = ("tool_name",)
"""Attributes that name a span better than the event's name does."""
