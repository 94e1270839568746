"""The API as the command line calls it: JSON in, JSON out, errors as ours."""

import http.client
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from lynex_server.kernel.errors import (
    Busy,
    Conflict,
    Forbidden,
    InvalidInput,
    LynexError,
    NotFound,
    TooManyRequests,
    Unauthorized,
)

TIMEOUT_S = 30
Answer = dict[str, Any]

_ERRORS: dict[int, type[LynexError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
}


class ApiClient:
    """Calls one Lynex, as whoever holds `token`. Raises `ValueError` for what is no http or https URL."""

    def __init__(self, url: str, user_agent: str, token: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self.url = url.rstrip("/")
        self._parts = urlsplit(self.url)
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise ValueError(f"a Lynex is reached by http:// or https://, not by {url!r}")
        self._headers = {"Accept": "application/json", "User-Agent": user_agent}
        self._timeout_s = timeout_s
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Answer | None = None) -> Answer:
        """One request; the answer is empty where the API's is.

        Raises the error that the answer stands for, with its text; `Busy` when nobody answers.
        """
        with self._response(method, path, body) as response:
            return _answer(response.status, response.read())

    def save(self, path: str, file: BinaryIO) -> None:
        """The body of a GET, as it comes, into `file`. Raises as `ask` does."""
        with self._response("GET", path, None) as response:
            if response.status >= 400:
                _answer(response.status, response.read())
            shutil.copyfileobj(response, file)

    @contextmanager
    def _response(self, method: str, path: str, body: Answer | None) -> Iterator[http.client.HTTPResponse]:
        secure = self._parts.scheme == "https"
        connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(
            self._parts.netloc, timeout=self._timeout_s
        )
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({} if content is None else {"Content-Type": "application/json"})
        try:
            connection.request(method, self._parts.path + path, content, headers)
            yield connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Busy(f"no Lynex answers at {self.url}: {why}") from error
        finally:
            connection.close()


def _answer(status: int, said: bytes) -> Answer:
    try:
        answer = json.loads(said) if said else {}
    except ValueError as error:
        raise Busy("what answers there is no Lynex") from error
    if not isinstance(answer, dict):
        raise Busy("what answers there is no Lynex")
    if status < 400:
        return answer
    text = str(answer.get("detail", f"the answer was {status}"))
    if status == 429:
        raise TooManyRequests(text, retry_after_s=60)
    raise (_ERRORS.get(status) or (InvalidInput if status < 500 else Busy))(text)
