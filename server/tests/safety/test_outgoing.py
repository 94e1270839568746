"""Requests to user-given URLs, sent to real servers on this machine."""

import asyncio
import ssl
import threading
import time
from pathlib import Path

import pytest
from safety.local_servers import Answer, NameServer, Seen, certificate_for, local_server

from lynex_server.kernel.errors import InvalidInput, Unreachable
from lynex_server.safety.public import OutgoingClient, OutgoingRefused, SafetySettings

LOCAL = [["127.0.0.1"]]
HERE = SafetySettings(outgoing_allowed_hosts=("hook.test", "other.test"), outgoing_timeout_s=5)
"""As set where two names of this machine's own servers may be asked."""


def a_client(
    settings: SafetySettings = HERE, names: NameServer | None = None, tls: ssl.SSLContext | None = None
) -> OutgoingClient:
    names = names or NameServer(hook_test=LOCAL, other_test=LOCAL)
    return OutgoingClient(settings, resolver=names, ssl_context=tls)


def always(answer: Answer) -> object:
    return lambda _seen: answer


def redirects_to(location: str, status: int = 302) -> object:
    """The first request is sent on, every later one is answered."""
    return lambda seen: Answer(status, {"location": location}) if seen.path == "/start" else Answer()


def test_sends_what_it_was_given_and_reads_the_answer() -> None:
    with local_server(always(Answer(201, {"x-said": "yes"}, b"made"))) as server:
        response = a_client().request_sync(
            "post", f"http://hook.test:{server.port}/a?b=c", headers={"X-Sign": "abc"}, content=b"{}"
        )

    assert (response.status, response.headers["x-said"], response.body) == (201, "yes", b"made")
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/a?b=c", b"{}")
    assert seen.headers["host"] == f"hook.test:{server.port}"
    assert seen.headers["x-sign"] == "abc"


async def test_serves_an_event_loop_as_well() -> None:
    client = a_client()
    with local_server(always(Answer())) as server:
        url = f"http://hook.test:{server.port}/"
        answers = await asyncio.gather(*(client.request("GET", url) for _ in range(5)))

    assert {answer.body for answer in answers} == {b"hello"}


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "[::]"),
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "169.254.169.254", "[fd00:ec2::254]"),
        *("localhost.", "LOCALHOST", "127。0。0。1", "①②⑦.0.0.1"),
    ],
)
def test_never_reaches_this_machine_however_it_is_written(host: str) -> None:
    with local_server(always(Answer())) as server:
        with pytest.raises((OutgoingRefused, Unreachable)):
            OutgoingClient(SafetySettings(outgoing_timeout_s=5)).request_sync(
                "GET", f"http://{host}:{server.port}/"
            )

        assert server.seen == []


def test_a_refusal_does_not_tell_the_address() -> None:
    with pytest.raises(OutgoingRefused) as refusal:
        a_client(SafetySettings(), NameServer(hook_test=[["10.1.2.3"]])).request_sync(
            "GET", "http://hook.test/"
        )

    assert "10.1.2.3" not in str(refusal.value)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://hook.test/",
            "file:///etc/passwd",
            "gopher://hook.test",
            "//hook.test/",
            "hook.test",
            "",
            "http://",
        ),
        *(
            "http:///path",
            "http://user:pass@hook.test/",
            "http://hook.test:99999/",
            "http://[::1",
            "javascript:1",
        ),
        *("http://hook.test/\r\nX: y", "http://" + "a" * 3_000, "http://hook.test:port/"),
    ],
)
def test_refuses_what_is_no_url_for_a_request(url: str) -> None:
    with pytest.raises(InvalidInput):
        a_client().request_sync("GET", url)


def test_the_name_is_looked_up_once_and_that_answer_counts() -> None:
    """A name that answers with a public address first and a private one later (DNS rebinding)."""
    names = NameServer(hook_test=[["127.0.0.1"], ["10.0.0.1"]])
    settings = SafetySettings(outgoing_allowed_networks=("127.0.0.0/8",))
    with local_server(always(Answer())) as server:
        assert a_client(settings, names).request_sync("GET", f"http://hook.test:{server.port}/").status == 200

    assert names.asked == ["hook.test"]


def test_a_redirect_to_this_machine_is_refused() -> None:
    with (
        local_server(always(Answer())) as inner,
        local_server(redirects_to(f"http://localhost:{inner.port}/")) as outer,
    ):
        names = NameServer(hook_test=LOCAL, localhost=LOCAL)
        with pytest.raises(OutgoingRefused):
            a_client(names=names).request_sync("GET", f"http://hook.test:{outer.port}/start")

        assert inner.seen == []


def test_each_redirect_is_looked_up_anew() -> None:
    names = NameServer(hook_test=[["127.0.0.1"], ["10.0.0.1"]])
    settings = SafetySettings(outgoing_allowed_networks=("127.0.0.1/32",))
    with local_server(redirects_to("/next")) as server:
        with pytest.raises(OutgoingRefused):
            a_client(settings, names).request_sync("GET", f"http://hook.test:{server.port}/start")

        assert [seen.path for seen in server.seen] == ["/start"]
    assert names.asked == ["hook.test", "hook.test"]


def test_redirects_end_somewhere() -> None:
    with local_server(lambda _: Answer(302, {"location": "/again"})) as server:
        with pytest.raises(Unreachable, match="3 redirects"):
            a_client().request_sync("GET", f"http://hook.test:{server.port}/")

        assert len(server.seen) == 4


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[", "http://%5b/", "ftp://hook.test/"])
def test_a_redirect_must_lead_to_a_url(location: str) -> None:
    with (
        local_server(redirects_to(location)) as server,
        pytest.raises(OutgoingRefused),
    ):
        a_client().request_sync("GET", f"http://hook.test:{server.port}/start")


SECRETS = {"Authorization": "Bearer t", "Cookie": "c=1", "X-Lynex-Signature": "s", "Accept": "text/plain"}


def test_credentials_do_not_follow_to_another_host() -> None:
    with (
        local_server(always(Answer())) as other,
        local_server(redirects_to(f"http://other.test:{other.port}/")) as first,
    ):
        a_client().request_sync("GET", f"http://hook.test:{first.port}/start", headers=SECRETS)

    assert first.seen[0].headers["authorization"] == "Bearer t"
    assert {"authorization", "cookie", "x-lynex-signature"}.isdisjoint(other.seen[0].headers)
    assert other.seen[0].headers["accept"] == "text/plain"


def test_credentials_stay_where_the_host_stays() -> None:
    with local_server(redirects_to("/next")) as server:
        a_client().request_sync("GET", f"http://hook.test:{server.port}/start", headers=SECRETS)

    assert [seen.headers["cookie"] for seen in server.seen] == ["c=1", "c=1"]


def test_content_is_not_passed_on_to_another_host() -> None:
    with local_server(always(Answer())) as other:
        for status, reached in ((307, False), (308, False), (303, True), (302, True)):
            location = f"http://other.test:{other.port}/"
            with local_server(redirects_to(location, status)) as first:
                url = f"http://hook.test:{first.port}/start"
                if not reached:
                    with pytest.raises(OutgoingRefused, match="content"):
                        a_client().request_sync("POST", url, content=b"secret")
                else:
                    a_client().request_sync("POST", url, content=b"secret")

    assert [(seen.method, seen.body) for seen in other.seen] == [("GET", b""), ("GET", b"")]


def test_an_answer_may_not_grow_without_end() -> None:
    settings = SafetySettings(outgoing_allowed_hosts=("hook.test",), outgoing_response_bytes_max=1_000)
    for size, good in ((1_000, True), (1_001, False)):
        with local_server(always(Answer(body=b"x" * size))) as server:
            url = f"http://hook.test:{server.port}/"
            if good:
                assert len(a_client(settings).request_sync("GET", url).body) == size
            else:
                with pytest.raises(Unreachable, match="1000 bytes"):
                    a_client(settings).request_sync("GET", url)


def test_a_server_that_drips_is_left_in_time() -> None:
    """The time spans the whole request: an answer that comes byte by byte does not extend it."""
    end = threading.Event()

    def drip(seen: Seen) -> Answer:
        end.wait(30)
        return Answer()

    try:
        with local_server(drip) as server:
            began = time.monotonic()
            with pytest.raises(Unreachable, match="in time"):
                a_client().request_sync("GET", f"http://hook.test:{server.port}/", timeout_s=0.2)
            assert time.monotonic() - began < 20
            end.set()
    finally:
        end.set()


def test_no_proxy_of_the_environment_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    with local_server(always(Answer(body=b"proxy"))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with local_server(always(Answer(body=b"direct"))) as server:
            assert a_client().request_sync("GET", f"http://hook.test:{server.port}/").body == b"direct"

        assert proxy.seen == []


def test_only_named_ports_where_ports_are_named() -> None:
    settings = SafetySettings(outgoing_allowed_hosts=("hook.test",), outgoing_allowed_ports=(443,))

    with pytest.raises(OutgoingRefused, match="port 80"):
        a_client(settings).request_sync("GET", "http://hook.test/")


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X\n": "a"}, {"Ü": "a"}])
def test_refuses_headers_that_would_smuggle_others(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        a_client().request_sync("GET", "http://hook.test/", headers=headers)


def test_a_caller_cannot_claim_another_host() -> None:
    with local_server(always(Answer())) as server:
        a_client().request_sync(
            "GET", f"http://hook.test:{server.port}/", headers={"Host": "internal", "Content-Length": "5"}
        )

    assert server.seen[0].headers["host"] == f"hook.test:{server.port}"


def test_passes_over_the_private_address_of_a_name_that_has_both() -> None:
    names = NameServer(hook_test=[["127.0.0.1", "127.0.0.2"]])
    settings = SafetySettings(outgoing_allowed_networks=("127.0.0.2/32",))
    with local_server(always(Answer())) as server:
        # The server listens on 127.0.0.1 alone, which is not allowed here.
        with pytest.raises(Unreachable, match="does not accept"):
            a_client(settings, names).request_sync("GET", f"http://hook.test:{server.port}/")

        assert server.seen == []


def test_takes_the_first_allowed_address_that_answers() -> None:
    names = NameServer(hook_test=[["10.0.0.1", "127.0.0.9", "127.0.0.1"]])
    settings = SafetySettings(outgoing_allowed_networks=("127.0.0.0/8",))
    with local_server(always(Answer())) as server:
        assert a_client(settings, names).request_sync("GET", f"http://hook.test:{server.port}/").status == 200


def test_says_when_nobody_answers_or_the_name_is_unknown() -> None:
    with local_server(always(Answer())) as server:
        port = server.port
    with pytest.raises(Unreachable, match="does not accept"):
        a_client().request_sync("GET", f"http://hook.test:{port}/")
    with pytest.raises(Unreachable, match="cannot be resolved"):
        a_client().request_sync("GET", "http://unknown.test/")


def test_the_certificate_must_be_of_the_name_in_the_url(tmp_path: Path) -> None:
    """Though the connection goes to an address: the name is sent along and compared."""
    server_tls, client_tls = certificate_for("hook.test", tmp_path)
    with local_server(always(Answer(body=b"safe")), server_tls) as server:
        client = a_client(tls=client_tls)
        assert client.request_sync("GET", f"https://hook.test:{server.port}/").body == b"safe"
        with pytest.raises(Unreachable):
            client.request_sync("GET", f"https://other.test:{server.port}/")
        with pytest.raises(Unreachable):
            a_client().request_sync("GET", f"https://hook.test:{server.port}/")

    assert len(server.seen) == 1


def test_settings_are_lists_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LYNEX_OUTGOING_ALLOWED_NETWORKS", "10.1.0.0/16, fd12::/32")
    monkeypatch.setenv("LYNEX_OUTGOING_ALLOWED_HOSTS", "Ollama.internal., gpu")
    monkeypatch.setenv("LYNEX_OUTGOING_ALLOWED_PORTS", "443,11434")

    settings = SafetySettings()

    assert [str(network) for network in settings.networks()] == ["10.1.0.0/16", "fd12::/32"]
    assert settings.outgoing_allowed_hosts == ("ollama.internal", "gpu")
    assert settings.outgoing_allowed_ports == (443, 11434)
    monkeypatch.setenv("LYNEX_OUTGOING_ALLOWED_NETWORKS", "10.1.0.0/33")
    with pytest.raises(ValueError, match="10\\.1\\.0\\.0/33"):
        SafetySettings()
