"""`anthropic` with OpenInference's instrumentation, in a session of a user."""

import anthropic_calls
import telemetry
from openinference.instrumentation import using_attributes
from openinference.instrumentation.anthropic import AnthropicInstrumentor

telemetry.start()
AnthropicInstrumentor().instrument()
with using_attributes(session_id="session-42", user_id="user-7"):
    anthropic_calls.make_calls()
