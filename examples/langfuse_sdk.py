"""The Langfuse SDK as it is, pointed at Lynex by its own environment variables.

LYNEX_URL=... LYNEX_API_KEY=... python examples/langfuse_sdk.py
"""

import os

os.environ["LANGFUSE_HOST"] = os.environ["LANGFUSE_BASE_URL"] = os.environ["LYNEX_URL"]
os.environ["LANGFUSE_PUBLIC_KEY"] = "lynex"
os.environ["LANGFUSE_SECRET_KEY"] = os.environ["LYNEX_API_KEY"]

from langfuse import get_client, observe, propagate_attributes

langfuse = get_client()


@observe(name="answer")
def answer(question: str) -> str:
    """A function that Langfuse traces, with a model call inside."""
    with langfuse.start_as_current_observation(
        as_type="generation", name="ask the model", model="gpt-4o-mini", input=question
    ) as generation:
        text = "Because of scattering."
        generation.update(output=text, usage_details={"input": 8, "output": 4})
        return text


with propagate_attributes(session_id="langfuse-session", user_id="ann"):
    print(answer("Why is the sky blue?"))
langfuse.flush()
