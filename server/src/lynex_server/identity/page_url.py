"""Where people's browsers reach this Lynex, for links that it gives out."""

from fastapi import Request


def page_url(request: Request) -> str:
    """The public URL where one is set (`app.state.public_url`), else the address that this request used.

    Without a slash at the end. A request can claim any address: where links are mailed to people, the public
    URL has to be set, and `app` sees to that.
    """
    public_url: str = getattr(request.app.state, "public_url", "")
    return public_url.rstrip("/") or str(request.base_url).rstrip("/")
