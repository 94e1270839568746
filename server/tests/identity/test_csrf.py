"""Requests that a browser signs by itself must come from our own page."""

import pytest
from fastapi import FastAPI, Request

from lynex_server.identity.csrf import check_csrf, check_same_origin, csrf_token
from lynex_server.kernel.errors import Forbidden

TOKEN = "lxs_" + "a" * 42
OURS = {"host": "lynex.test", "cookie": f"lynex_session={TOKEN}"}
PROVEN = {**OURS, "x-lynex-csrf": csrf_token(TOKEN)}


def a_request(headers: dict[str, str], method: str = "POST", public_url: str = "") -> Request:
    app = FastAPI()
    app.state.public_url = public_url
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": "/v1/things", "headers": raw, "app": app})


@pytest.mark.parametrize(
    "origin",
    [
        {"sec-fetch-site": "same-origin"},
        {"origin": "https://lynex.test"},
        {"origin": "http://lynex.test"},
        {"sec-fetch-site": "same-origin", "origin": "http://localhost:5173"},  # behind a development server
    ],
)
def test_our_page_may_change_things(origin: dict[str, str]) -> None:
    check_csrf(a_request({**PROVEN, **origin}))
    check_same_origin(a_request({**PROVEN, **origin}))


def test_our_page_behind_a_proxy_is_known_by_the_public_url() -> None:
    headers = {**PROVEN, "host": "10.0.0.5:8000", "origin": "https://lynex.acme.test"}

    check_csrf(a_request(headers, public_url="https://lynex.acme.test/lynex"))
    with pytest.raises(Forbidden):
        check_csrf(a_request(headers, public_url="https://other.acme.test"))


@pytest.mark.parametrize(
    "origin",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.test"},
        {"origin": "https://lynex.test.evil.test"},
        {"origin": "https://lynex.test@evil.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://lynex.test"},
        {"sec-fetch-site": "none"},
    ],
)
def test_another_page_may_not_even_with_the_token(origin: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        check_csrf(a_request({**PROVEN, **origin}))
    if origin:
        with pytest.raises(Forbidden):
            check_same_origin(a_request({**PROVEN, **origin}))


@pytest.mark.parametrize("token", ["", "x", csrf_token("lxs_" + "b" * 42), "\xff"])
def test_our_origin_without_this_sessions_token_may_not(token: str) -> None:
    raw = [
        (name.encode(), value.encode()) for name, value in {**OURS, "sec-fetch-site": "same-origin"}.items()
    ]
    raw.append((b"x-lynex-csrf", token.encode("latin-1")))
    request = Request({"type": "http", "method": "DELETE", "path": "/", "headers": raw, "app": FastAPI()})

    with pytest.raises(Forbidden):
        check_csrf(request)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_no_proof(method: str) -> None:
    check_csrf(a_request({**OURS, "sec-fetch-site": "cross-site"}, method))


def test_what_no_browser_adds_by_itself_needs_no_proof() -> None:
    check_csrf(a_request({**OURS, "authorization": f"Bearer {TOKEN}"}))
    check_csrf(a_request({**OURS, "x-api-key": "lx_key"}))
    check_same_origin(a_request({"host": "lynex.test"}))


def test_the_token_does_not_tell_the_session() -> None:
    assert csrf_token(TOKEN) == csrf_token(TOKEN)
    assert TOKEN not in csrf_token(TOKEN)
    assert csrf_token(TOKEN) != csrf_token(TOKEN[:-1] + "b")
