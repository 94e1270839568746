"""Errors as each surface tells them, so that official clients raise their own exceptions.

Sources: https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors,
https://ai.google.dev/gemini-api/docs/troubleshooting,
https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html,
https://github.com/ollama/ollama/blob/main/docs/api.md.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from lynex_server.gateway.framing import amazon_exception
from lynex_server.gateway.model import Dialect
from lynex_server.kernel.errors import LynexError, TooManyRequests

_OPENAI_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_GEMINI_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_BEDROCK_TYPES = {
    400: "ValidationException",
    401: "AccessDeniedException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}


@dataclass
class Refused(Exception):
    """A call that the gateway answers itself, with an error.

    `code` is stable and ours; `details` are told beside it where the surface has room. `blocked` is set where
    a rule stopped the call, rather than a fault. `retry` says whether the client should try by itself.
    """

    status: int
    code: str
    message: str
    retry_after_s: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    blocked: bool = False
    retry: bool = False

    def __str__(self) -> str:
        return self.message


FAILED = Refused(500, "internal", "The gateway failed at this call.")
"""A fault of ours, which the log tells of."""


def refusal_of(error: LynexError) -> Refused:
    """An error of ours as a refusal of a call."""
    waits_s = getattr(error, "retry_after_s", None)
    limited = isinstance(error, TooManyRequests)
    return Refused(error.status, error.code, str(error), waits_s, blocked=limited, retry=waits_s is not None)


def error_document(dialect: Dialect, refused: Refused) -> dict[str, Any]:
    """The error in the words of a surface."""
    told: dict[str, Any] = {"code": refused.code, **refused.details}
    if dialect == "anthropic":
        kind = _ANTHROPIC_TYPES.get(refused.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": refused.message, "lynex": told}}
    if dialect == "gemini":
        status = _GEMINI_STATUSES.get(refused.status, "INTERNAL")
        detail: dict[str, Any] = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": refused.code,
            "domain": "lynex",
        }
        detail["metadata"] = {
            name: str(value) for name, value in refused.details.items() if value is not None
        }
        return {
            "error": {
                "code": refused.status,
                "message": refused.message,
                "status": status,
                "details": [detail],
            }
        }
    if dialect == "bedrock":
        return {"message": refused.message, "lynex": told}
    if dialect == "ollama":
        return {"error": refused.message, "lynex": told}
    kind = (
        "insufficient_quota"
        if refused.code == "budget_exceeded"
        else _OPENAI_TYPES.get(refused.status, "api_error")
    )
    return {
        "error": {
            "message": refused.message,
            "type": kind,
            "param": refused.details.get("field"),
            "code": refused.code,
            "lynex": refused.details,
        }
    }


def error_response(dialect: Dialect, refused: Refused) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of the error."""
    body = msgspec.json.encode(error_document(dialect, refused))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refused.retry_after_s is not None:
        headers.append((b"retry-after", str(refused.retry_after_s).encode()))
    # Read by the clients of OpenAI and Anthropic; without it they try a refusal by budget twice more.
    headers.append((b"x-should-retry", b"true" if refused.retry else b"false"))
    if dialect == "bedrock":
        kind = _BEDROCK_TYPES.get(refused.status, "InternalServerException")
        headers.append((b"x-amzn-errortype", kind.encode()))
    return headers, body


def error_event(dialect: Dialect, refused: Refused) -> bytes:
    """The error as an event of a stream that has begun: its status can no longer tell."""
    body = msgspec.json.encode(error_document(dialect, refused))
    if dialect == "ollama":
        return body + b"\n"
    if dialect == "bedrock":
        kind = "modelTimeoutException" if refused.status == 504 else "modelStreamErrorException"
        return amazon_exception(kind, body)
    if dialect == "anthropic":
        return b"event: error\ndata: " + body + b"\n\n"
    return b"data: " + body + b"\n\n"
