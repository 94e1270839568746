"""Serves the built dashboard: its files, and its one page for every address that is not the API's."""

import secrets
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from lynex_server.app.web_safety.headers import API_PREFIXES, page_policy

BUILT = Path(str(files("lynex_server"))) / "dashboard"

_NO_PAGES = (*API_PREFIXES, "/assets/")

NONCE = "__CSP_NONCE__"
"""Where the page holds the nonce of its style elements: a new one each time it is served."""

_NOT_BUILT = """<!doctype html><title>Lynex</title>
<p>The API is running. The dashboard is not built: run <code>make up</code>, or <code>npm run build</code> in
<code>dashboard/</code>.</p>"""


def add_dashboard(app: FastAPI, built: Path = BUILT) -> None:
    """Let the dashboard in the folder `built` answer what no route of `app` does."""
    if (built / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=built / "assets"), name="assets")
    app.router.default = Dashboard(built.resolve(), app.router.default)


class Dashboard:
    """The page and the files beside it. What is the API's goes on to `not_found`.

    It is no route but what comes after them all, so that a wrong method on an API path is told as such.
    """

    def __init__(self, built: Path, not_found: ASGIApp) -> None:
        self._built = built
        self._not_found = not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or f"{scope['path']}/".startswith(_NO_PAGES):
            await self._not_found(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        answer = await run_in_threadpool(self._answer, scope["path"], scope["method"])
        await answer(scope, receive, send)

    def _answer(self, path: str, method: str) -> Response:
        file = self._file(path.removeprefix("/"))
        index = self._built / "index.html"
        if file is not None and file != index:
            return FileResponse(file)
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503)
        return _page(index.read_text(encoding="utf-8"), method)

    def _file(self, path: str) -> Path | None:
        """The file at `path`; None when there is none, or not in this folder."""
        try:
            file = (self._built / path).resolve()
            return file if file.is_relative_to(self._built) and file.is_file() else None
        except (ValueError, OSError):  # what no file is called: a NUL in it, too long, not of the file system
            return None


def _page(template: str, method: str) -> Response:
    """The page under a nonce of its own. It has no validator: a page of before would bear another one."""
    nonce = secrets.token_urlsafe(16)
    body = template.replace(NONCE, nonce).encode()
    headers = {
        "Cache-Control": "no-cache",
        "Content-Length": str(len(body)),
        "Content-Security-Policy": page_policy(nonce),
    }
    return HTMLResponse(b"" if method == "HEAD" else body, headers=headers)
