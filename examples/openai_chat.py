"""One call of OpenAI's client, recorded with its tokens, cost and latency.

LYNEX_URL=... LYNEX_API_KEY=... OPENAI_API_KEY=... python examples/openai_chat.py
"""

import openai

import lynex

lynex.instrument()

client = openai.OpenAI()
answer = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[
        {"role": "system", "content": "Answer in one short sentence."},
        {"role": "user", "content": "Why is the sky blue?"},
    ],
)
print(answer.choices[0].message.content)
