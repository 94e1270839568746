"""A streamed answer, first by chat completions and then by responses.

Usage of a streamed chat is known only when it is asked for (`include_usage`): Lynex asks nothing by itself.

    LYNEX_URL=... LYNEX_API_KEY=... OPENAI_API_KEY=... python examples/openai_stream.py
"""

import openai

import lynex

lynex.instrument()

client = openai.OpenAI()
with lynex.span("two streams", kind="chain"):
    stream = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Why is the sky blue?"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
    print()

    with client.responses.stream(model="gpt-4o-mini", input="And the grass green?") as events:
        for event in events:
            if event.type == "response.output_text.delta":
                print(event.delta, end="", flush=True)
    print()
