"""A call whose prompt is kept for an hour: twice the price of five minutes."""

import os

from anthropic import Anthropic


def make_call() -> None:
    """One call with both lifetimes among its cache writes."""
    client = Anthropic(base_url=os.environ["PROVIDER_URL"], api_key="none", max_retries=0)
    client.messages.create(
        model="claude-sonnet-4-5",
        max_tokens=256,
        system=[
            {
                "type": "text",
                "text": "Answer in one sentence.",
                "cache_control": {"type": "ephemeral", "ttl": "1h"},
            }
        ],
        messages=[{"role": "user", "content": "What is the capital of France, for an hour?"}],
    )
