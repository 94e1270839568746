"""A web app that continues its caller's trace and puts session and user on every model call.

    LYNEX_URL=... LYNEX_API_KEY=... OPENAI_API_KEY=... python examples/fastapi_session.py

Serves itself one request, so that it can be run as it is; `uvicorn fastapi_session:app` serves for real.
"""

import asyncio

import httpx
import openai
from fastapi import FastAPI, Request

import lynex

lynex.instrument()
app = FastAPI()
client = openai.AsyncOpenAI()


@app.post("/chat/{session_id}")
async def chat(session_id: str, question: str, request: Request) -> dict[str, str]:
    """Answer one question of a conversation."""
    user = request.headers.get("x-user", "nobody")
    with lynex.extract(request.headers), lynex.session(session_id), lynex.user(user):
        async with lynex.span("POST /chat", kind="chain", route="/chat") as span:
            answer = await client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
            )
            text = answer.choices[0].message.content or ""
            span.set_output(text)
            return {"answer": text}


async def main() -> None:
    """Call the app as its front end would: with a trace of its own."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
        with lynex.span("front end") as span:
            headers = {"x-user": "ann"}
            lynex.inject(headers)
            reply = await browser.post("/chat/c-1", params={"question": "Why?"}, headers=headers)
            span.set_output(reply.json())
    print(reply.json()["answer"])


if __name__ == "__main__":
    asyncio.run(main())
