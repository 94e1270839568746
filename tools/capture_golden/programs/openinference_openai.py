"""`openai` with OpenInference's instrumentation, in a session of a user."""

import openai_calls
import telemetry
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor

telemetry.start()
OpenAIInstrumentor().instrument()
with using_attributes(
    session_id="session-42",
    user_id="user-7",
    tags=["golden"],
    metadata={"tier": "pro"},
    prompt_template="Answer {question}",
    prompt_template_version="v3",
    prompt_template_variables={"question": "the question"},
):
    openai_calls.make_calls()
