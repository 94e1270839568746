"""Serves the built dashboard: one page for every address that is not the API's, and its files."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

BUILT = Path(str(files("lynex_server"))) / "dashboard"

_SECURITY_HEADERS = {
    # Nothing from outside, no inline scripts. Charts set inline styles, which cannot run code.
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_API_PREFIXES = ("/v1/", "/api/", "/healthz", "/readyz", "/openapi.json")

_NOT_BUILT = """<!doctype html><title>Lynex</title>
<p>The API is running. The dashboard is not built: run <code>make up</code>, or <code>npm run build</code> in
<code>dashboard/</code>.</p>"""


def add_dashboard(app: FastAPI, built: Path = BUILT) -> None:
    """Add the routes of the dashboard, last of all: they answer what nothing else did."""
    if (built / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=built / "assets"), name="assets")

    @app.get("/{path:path}", include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        if request.url.path.startswith(_API_PREFIXES):
            raise HTTPException(404, "No such API route")
        file = (built / path).resolve()
        if path and file.is_file() and file.is_relative_to(built.resolve()):
            return FileResponse(file, headers=_SECURITY_HEADERS)
        index = built / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503, headers=_SECURITY_HEADERS)
        return FileResponse(index, headers={**_SECURITY_HEADERS, "Cache-Control": "no-cache"})
