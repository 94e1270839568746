"""`@trace_llm` around functions of your own: any model, any client, streams included.

LYNEX_URL=... LYNEX_API_KEY=... python examples/decorator.py
"""

from collections.abc import Iterator

import lynex


@lynex.trace_llm(provider="ollama", model="llama3.2", route="/summary")
def summarise(text: str) -> str:
    """Pretend to ask a local model, and say what it used."""
    summary = text.split(".", maxsplit=1)[0]
    span = lynex.current_span()
    if span is not None:
        span.set_usage(input_tokens=len(text.split()), output_tokens=len(summary.split()))
        span.add_tag("demo")
    return summary


@lynex.trace_llm(provider="ollama", model="llama3.2")
def tell(story: str) -> Iterator[str]:
    """A stream: the span ends with its last piece and knows the time to the first."""
    for word in story.split():
        yield f"{word} "


with lynex.session("bedtime"), lynex.tags("example"):
    print(summarise("The sky is blue. That is because of scattering."))
    for piece in tell("Once upon a time there was a span"):
        print(piece, end="")
    print()
