"""Where calls to providers may go, however an address is written."""

import pytest
from app.scripted_upstream import scripted_upstream
from servers import free_port

from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.addressing import Outgoing
from lynex_server.gateway.upstream.client import Upstream, UpstreamFailed

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


async def reached(url: str, private: str) -> str:
    """How a call ends: `reached`, or why not."""
    upstream = Upstream(GatewaySettings(gateway_private_upstreams=private))  # type: ignore[arg-type]  # a Literal
    try:
        answer = await upstream.send(Outgoing("GET", url, [], b""), None, timeout_s=2, decompress=True)
    except UpstreamFailed as failed:
        return failed.kind
    else:
        answer.close()
        return "reached"
    finally:
        await upstream.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "127.1",
        "2130706433",
        "127。0。0。1",
    ],
)
async def test_reaches_nothing_private_where_that_is_refused(host: str) -> None:
    with scripted_upstream() as upstream:
        for written in (host, host.translate(WIDE)):
            ended = await reached(f"http://{written}:{upstream.port}/", "refuse")
            assert ended in ("forbidden", "garbage"), written
        assert upstream.asked == []


async def test_reaches_this_machine_where_that_is_allowed() -> None:
    with scripted_upstream() as upstream:
        assert await reached(f"http://127.0.0.1:{upstream.port}/", "allow") == "reached"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("127.0.0.1", "nothing listens at that address"),
        ("no-such-host.invalid", "its host name is not known"),
    ],
)
async def test_says_in_words_why_there_is_no_connection(host: str, said: str) -> None:
    upstream = Upstream(GatewaySettings(gateway_private_upstreams="allow"))
    asked = Outgoing("GET", f"http://{host}:{free_port()}/", [], b"")
    try:
        with pytest.raises(UpstreamFailed, match=said):
            await upstream.send(asked, None, timeout_s=2, decompress=True)
    finally:
        await upstream.close()


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "169。254。169。254", "100.100.100.200", "[fd00:ec2::254]"]
)
async def test_never_reaches_a_clouds_metadata_service(host: str) -> None:
    for written in (host, host if "[" in host else host.translate(WIDE)):
        assert await reached(f"http://{written}/", "allow") == "forbidden", written
