"""What a process says when it is ready: where it is, and at the first start how to get in."""

from rich.text import Text


def greeting(url: str, key: str | None, owner_link: str | None) -> Text:
    """`key` is the first API key, shown this once; `owner_link` works until there is a first person."""
    ready = ("Lynex is running", "bold green")
    if key is None:
        return Text.assemble(ready, f" at {url}" + (f"\n{_owner(owner_link)}" if owner_link else ""))
    # No frame around it: it would cut off what is wider than the terminal, and the key is shown only once.
    text = (
        f"\n{_owner(owner_link) if owner_link else ''}  API key   {key}\n\n"
        "The link makes you the owner, once. The key is shown this once; `lynex keys create` makes another.\n"
        "Send a first call and see it in the browser:\n\n"
        f"  curl {url}/v1/events -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n"
        """    -d '{"ts": '$(date +%s)', "provider": "openai", "model": "gpt-4o", "tokens_in": 812, """
        """"tokens_out": 64, "latency_ms": 930}'\n\n"""
        "From Python: pip install ./sdk/python, then `import lynex; lynex.instrument()` and, for it to know\n"
        f"where to send: export LYNEX_URL={url} LYNEX_API_KEY={key}\n"
    )
    return Text.assemble(ready, "\n", text)


def _owner(link: str) -> str:
    return f"  Open      {link}\n"
