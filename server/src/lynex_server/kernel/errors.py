"""Every error a caller can meet, as one small tree.

    LynexError
    ├── InvalidInput      400  the request is malformed; nothing was changed
    ├── Unauthorized      401  no credential, or not a valid one
    ├── Forbidden         403  a valid credential without the permission
    ├── NotFound          404  no such thing, or not yours
    ├── Conflict          409  the state does not allow it
    ├── PreconditionFailed 412 it was changed since it was read (`If-Match`); nothing was changed now
    ├── TooLarge          413  over a stated limit; the message names it
    ├── QueryTooExpensive 422  the query would pass its limits; narrow it
    ├── TooManyRequests   429  this caller is over its limit; try again after `retry_after_s`
    │   └── RateLimited        it is a limit of the project or of the key
    ├── Unreachable       502  another server, which was asked for this, gave no usable answer
    └── Busy              503  try again after `retry_after_s`

Each class knows its HTTP status and a stable code. `app/problems.py` is the one place that turns them
into `application/problem+json` (RFC 9457).
"""

from typing import ClassVar


class LynexError(Exception):
    """Something a caller should be told. `str(error)` is the text they read."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"


class InvalidInput(LynexError):
    """The request is malformed; nothing was changed. `field` names the culprit where there is one."""

    status = 400
    code = "invalid_input"
    title = "Invalid input"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Unauthorized(LynexError):
    """No credential, or not a valid one. Never says which part was wrong."""

    status = 401
    code = "unauthorized"
    title = "Unauthorized"


class Forbidden(LynexError):
    """The credential is valid but lacks the permission."""

    status = 403
    code = "forbidden"
    title = "Forbidden"


class NotFound(LynexError):
    """No such thing, or it belongs to someone else: the two are not told apart."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(LynexError):
    """The state of the thing does not allow the change."""

    status = 409
    code = "conflict"
    title = "Conflict"


class PreconditionFailed(LynexError):
    """It was changed since the caller read it: what they would write over, they have not seen."""

    status = 412
    code = "precondition_failed"
    title = "Precondition failed"


class TooLarge(LynexError):
    """Over a stated limit; the message names the limit and its setting."""

    status = 413
    code = "too_large"
    title = "Too large"


class QueryTooExpensive(LynexError):
    """The query would pass its limit of time, memory or rows; the message says which to narrow."""

    status = 422
    code = "query_too_expensive"
    title = "Query too expensive"


class TooManyRequests(LynexError):
    """This caller asks too often. `retry_after_s` says when to come back."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(TooManyRequests):
    """The project or the key is over its limits of requests or bytes. `policies` names those."""

    code = "rate_limited"
    title = "Rate limited"

    def __init__(self, message: str, retry_after_s: int, policies: tuple[str, ...]) -> None:
        super().__init__(message, retry_after_s)
        self.policies = policies


class Unreachable(LynexError):
    """Another server, which was asked for this, gave no usable answer in time."""

    status = 502
    code = "unreachable"
    title = "Unreachable"


class Busy(LynexError):
    """Not now: a bound is reached. `retry_after_s` says when to come back."""

    status = 503
    code = "busy"
    title = "Busy"

    def __init__(self, message: str, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
