"""Concurrent async calls; each task keeps its own user and span.

LYNEX_URL=... LYNEX_API_KEY=... OPENAI_API_KEY=... python examples/async_chat.py
"""

import asyncio

import openai

import lynex

lynex.instrument()


async def ask(client: openai.AsyncOpenAI, user: str, question: str) -> str:
    """One question of one user."""
    with lynex.user(user):
        async with lynex.span("ask", kind="chain", input=question) as span:
            answer = await client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
            )
            text = answer.choices[0].message.content or ""
            span.set_output(text)
            return text


async def main() -> None:
    """Three at once."""
    async with openai.AsyncOpenAI() as client:
        questions = {"ann": "Why is the sky blue?", "bob": "Why is grass green?", "eve": "Why is snow white?"}
        answers = await asyncio.gather(*(ask(client, user, text) for user, text in questions.items()))
    for answer in answers:
        print(answer)


asyncio.run(main())
