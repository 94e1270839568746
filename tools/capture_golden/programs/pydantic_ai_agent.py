"""A Pydantic AI agent that calls a tool, with its own OpenTelemetry instrumentation."""

import os

import telemetry
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

telemetry.start()
Agent.instrument_all()
model = OpenAIChatModel(
    "gpt-4o-mini", provider=OpenAIProvider(base_url=os.environ["PROVIDER_URL"] + "/v1", api_key="none")
)
agent = Agent(model, name="weather_agent", instructions="Answer in one sentence.")


@agent.tool_plain
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It is sunny in {city}, 21 degrees."


agent.run_sync("What is the weather in Paris?", conversation_id="session-42")
