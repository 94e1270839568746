"""An agent that asks a model, runs the tool that it wants, and asks again: one tree of spans.

LYNEX_URL=... LYNEX_API_KEY=... OPENAI_API_KEY=... python examples/tools_agent.py
"""

import json
from typing import Any

import openai

import lynex

lynex.instrument()

client = openai.OpenAI()
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]


def get_weather(city: str) -> str:
    """A tool, with a span of its own."""
    with lynex.span("get_weather", kind="tool", input={"city": city}) as span:
        weather = f"Rain in {city}, 7 degrees."
        span.set_output(weather)
        return weather


def answer(question: str) -> str:
    """Ask until the model has all it wants to know."""
    with lynex.span("weather agent", kind="agent", input=question) as agent:
        messages: list[Any] = [{"role": "user", "content": question}]
        for _ in range(5):
            choice = client.chat.completions.create(
                model="gpt-4o-mini", messages=messages, tools=TOOLS
            ).choices[0]
            if not choice.message.tool_calls:
                agent.set_output(choice.message.content)
                return choice.message.content or ""
            messages.append(choice.message)
            for call in choice.message.tool_calls:
                if call.type == "function":
                    result = get_weather(**json.loads(call.function.arguments))
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        agent.set_status("error", "the model asked for tools five times")
        return ""


print(answer("What is the weather in Oslo?"))
