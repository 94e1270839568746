"""The beginning of an answer. As long as its client has seen nothing of it, somebody else may give a better
one: so a stream is waited for until its first byte, and a whole answer until its end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from lynex_server.gateway.documents import Document, json_in
from lynex_server.gateway.framing import is_stream
from lynex_server.gateway.model import Provider
from lynex_server.gateway.upstream.addressing import Outgoing
from lynex_server.gateway.upstream.client import Upstream, UpstreamAnswer, UpstreamFailed

FIRST_ERROR = 400


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


async def heard(answer: UpstreamAnswer, max_bytes: int) -> tuple[bytes, Document]:
    """The body of a whole answer, and the object in it; of a stream nothing. Raises `UpstreamFailed`."""
    if is_stream(answer.content_type):
        return b"", {}
    with _closed_should_it_fail(answer):
        body = await answer.whole(max_bytes)
        try:
            return body, json_in(body)
        except ValueError as error:
            raise UpstreamFailed("garbage", "The provider's answer is no JSON.") from error


@contextmanager
def _closed_should_it_fail(answer: UpstreamAnswer) -> Iterator[None]:
    try:
        yield
    except BaseException:
        answer.close()
        raise
