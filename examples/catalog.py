"""The examples, for tests: how each is run, where it sends to, and the spans that it must produce."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
RUN_TIMEOUT_S = 60


class Example(NamedTuple):
    """One script. `spans` are the names of its spans in the order in which they end."""

    file: str
    path: str
    spans: tuple[str, ...]


EVENTS, TRACES, LANGFUSE = "/v1/events", "/v1/traces", "/api/public/otel/v1/traces"
CHAT = "openai.chat.completions"

EXAMPLES = (
    Example("openai_chat.py", EVENTS, (CHAT,)),
    Example("openai_stream.py", EVENTS, (CHAT, "openai.responses", "two streams")),
    Example("anthropic_messages.py", EVENTS, ("anthropic.messages", "anthropic.messages")),
    Example("tools_agent.py", EVENTS, (CHAT, "get_weather", CHAT, "weather agent")),
    Example("async_chat.py", EVENTS, (CHAT, "ask", CHAT, "ask", CHAT, "ask")),
    Example("decorator.py", EVENTS, ("summarise", "tell")),
    Example("fastapi_session.py", EVENTS, (CHAT, "POST /chat", "front end")),
    Example("otlp_from_opentelemetry.py", TRACES, ("chat gpt-4o-mini", "answer")),
    Example("langfuse_sdk.py", LANGFUSE, ("ask the model", "answer")),
    Example("curl.sh", EVENTS, ("",)),
)


def run_example(
    example: Example, *, lynex_url: str, api_key: str, model_url: str
) -> subprocess.CompletedProcess[str]:
    """Run a script to its end, against a Lynex server and a model server (both addresses without a path)."""
    environ = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "LYNEX_URL": lynex_url,
        "LYNEX_API_KEY": api_key,
        "LYNEX_ENABLED": "true",
        # The clients are large: without their byte code each run would compile them again.
        "PYTHONDONTWRITEBYTECODE": "",
        "OPENAI_BASE_URL": f"{model_url}/v1",
        "OPENAI_API_KEY": "local",
        "ANTHROPIC_BASE_URL": model_url,
        "ANTHROPIC_API_KEY": "local",
    }
    command = ["bash"] if example.file.endswith(".sh") else [sys.executable]
    return subprocess.run(  # noqa: S603 - a script of this folder
        [*command, str(FOLDER / example.file)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
