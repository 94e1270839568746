"""`openai` through Langfuse's drop-in client."""

import os

from langfuse import get_client
from langfuse.openai import OpenAI

client = OpenAI(base_url=os.environ["PROVIDER_URL"] + "/v1", api_key="none", max_retries=0)
client.chat.completions.create(
    model="gpt-4o-mini",
    name="capital",
    messages=[{"role": "user", "content": "What is the capital of France?"}],
    metadata={"tier": "pro"},
)
stream = client.chat.completions.create(
    model="gpt-4o-mini",
    name="capital streamed",
    messages=[{"role": "user", "content": "What is the capital of France, streamed?"}],
    stream=True,
    stream_options={"include_usage": True},
)
for _ in stream:
    pass
get_client().flush()
