"""Errors as answers, for the small apps of this slice's tests."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from lynex_server.kernel.errors import LynexError


def answer_errors(app: FastAPI) -> None:
    """Let `app` answer an error with its status and text."""
    app.add_exception_handler(LynexError, _status_and_text)


async def _status_and_text(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LynexError)
    return JSONResponse({"detail": str(error)}, error.status)
