"""The OpenAI Agents SDK with OpenInference's instrumentation: an agent that calls a tool."""

import os

import telemetry
from agents import Agent, RunConfig, Runner, function_tool, set_default_openai_client
from openai import AsyncOpenAI
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

telemetry.start()
OpenAIAgentsInstrumentor().instrument()
client = AsyncOpenAI(base_url=os.environ["PROVIDER_URL"] + "/v1", api_key="none", max_retries=0)
set_default_openai_client(client, use_for_tracing=False)


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It is sunny in {city}, 21 degrees."


agent = Agent(
    name="weather_agent", instructions="Answer in one sentence.", model="gpt-5-mini", tools=[get_weather]
)
Runner.run_sync(agent, "What is the weather in Paris?", run_config=RunConfig(workflow_name="weather"))
