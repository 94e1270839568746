"""Anthropic messages with a cached system prompt, plain and streamed.

What is read from the cache is counted, and priced, on its own.

    LYNEX_URL=... LYNEX_API_KEY=... ANTHROPIC_API_KEY=... python examples/anthropic_messages.py
"""

import anthropic
from anthropic.types import MessageParam, TextBlockParam

import lynex

lynex.instrument()

client = anthropic.Anthropic()
system: list[TextBlockParam] = [
    {"type": "text", "text": "Answer in one short sentence.", "cache_control": {"type": "ephemeral"}}
]
messages: list[MessageParam] = [{"role": "user", "content": "Why is the sky blue?"}]

with lynex.session("sky-talk"):
    message = client.messages.create(
        model="claude-sonnet-5", max_tokens=200, system=system, messages=messages
    )
    for block in message.content:
        if block.type == "text":
            print(block.text)

    with client.messages.stream(
        model="claude-sonnet-5", max_tokens=200, system=system, messages=messages
    ) as stream:
        for text in stream.text_stream:
            print(text, end="", flush=True)
    print()
