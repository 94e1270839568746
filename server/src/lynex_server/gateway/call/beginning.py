"""The beginning of an answer. As long as its client has seen nothing of it, somebody else may give a better
one: so a stream is waited for until its first byte, which may begin an error, and a whole answer until its
end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from lynex_server.gateway.answers.signs import failure_in
from lynex_server.gateway.documents import Document, json_in
from lynex_server.gateway.framing import framing_of, is_stream
from lynex_server.gateway.model import Provider
from lynex_server.gateway.operations import Name
from lynex_server.gateway.upstream.addressing import Outgoing
from lynex_server.gateway.upstream.client import Upstream, UpstreamAnswer, UpstreamFailed
from lynex_server.kernel.errors import Unreachable

FIRST_ERROR = 400
_SIGNS_OF_AN_ERROR = (b'"error"', b":exception-type")
_BEGUN_WELL = b"response.created"
"""It says `"error": null`, and more than is to be read twice."""


async def begun(
    upstream: Upstream, outgoing: Outgoing, provider: Provider, within_s: float
) -> UpstreamAnswer:
    """An answer whose head is there, and the first of its body unless it is an error. `within_s` bounds the
    wait for them, 0: only by the provider's own time. Raises `UpstreamFailed`."""
    try:
        async with asyncio.timeout(within_s or None):
            answer = await upstream.send(outgoing, outgoing.body, provider.timeout_s, decompress=True)
            with _closed_should_it_fail(answer):
                if answer.status < FIRST_ERROR:
                    await answer.begin()
            return answer
    except TimeoutError as error:
        raise UpstreamFailed("timeout", "The provider did not answer in time.") from error


async def heard(answer: UpstreamAnswer, name: Name, max_bytes: int) -> tuple[bytes, Document]:
    """The body of a whole answer, and the object in it; of a stream nothing. `name` is what was asked for, in
    the provider's dialect. Raises `UpstreamFailed`, also for a stream that begins with an error."""
    with _closed_should_it_fail(answer):
        if is_stream(answer.content_type):
            if failure := _failure_at_once(answer, name):
                raise UpstreamFailed("error", failure)
            return b"", {}
        body = await answer.whole(max_bytes)
        try:
            return body, json_in(body)
        except ValueError as error:
            raise UpstreamFailed("garbage", "The provider's answer is no JSON.") from error


def _failure_at_once(answer: UpstreamAnswer, name: Name) -> str:
    """What the first event of a stream says that went wrong, where it came in one piece; empty where it is
    none of that kind."""
    first = answer.beginning
    if _BEGUN_WELL in first or not any(sign in first for sign in _SIGNS_OF_AN_ERROR):
        return ""
    try:
        pieces = framing_of(answer.content_type).feed(first)
    except Unreachable:  # said of the whole stream later
        return ""
    return next((failure_in(name, piece) for piece in pieces if piece.data), "")


@contextmanager
def _closed_should_it_fail(answer: UpstreamAnswer) -> Iterator[None]:
    try:
        yield
    except BaseException:
        answer.close()
        raise
