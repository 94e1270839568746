"""The way to a provider and back: works once, for one browser, for a while, and leads nowhere else."""

from collections.abc import Callable

import pytest
from clocks import FixedClock
from identity.openid_provider import Provider
from identity.signing_in import LAPTOP, Installation
from identity.signing_on import add, finish, reasons, sign_in, start

from lynex_server.engines.relational.database import Database
from lynex_server.identity.oidc import SignOnFailed
from lynex_server.identity.sso_sign_in import path_of_ours
from lynex_server.kernel.errors import Unauthorized
from lynex_server.safety.public import OutgoingRefused

MINUTE_US = 60_000_000


def test_a_way_back_works_once(lynex: Installation, provider: Provider) -> None:
    added = add(lynex, provider)
    departure = start(lynex, added)
    answer = provider.sign_in(departure.url)
    finish(lynex, added, departure, answer)

    with pytest.raises(Unauthorized):
        finish(lynex, added, departure, answer)


def test_a_code_works_once(lynex: Installation, provider: Provider) -> None:
    added = add(lynex, provider)
    departure = start(lynex, added)
    answer = provider.sign_in(departure.url)
    finish(lynex, added, departure, answer)

    again = start(lynex, added)
    replayed = {**provider.sign_in(again.url), "code": answer["code"]}

    with pytest.raises(SignOnFailed, match="invalid_grant"):
        finish(lynex, added, again, replayed)


def test_a_stolen_code_is_worth_nothing_in_another_sign_in(
    quick_lynex: Installation, provider: Provider
) -> None:
    """PKCE: the provider gives nothing for a code without the verifier of the browser that asked for it."""
    added = add(quick_lynex, provider)
    stolen = provider.sign_in(start(quick_lynex, added).url)["code"]
    own = start(quick_lynex, added)

    with pytest.raises(SignOnFailed, match="invalid_grant"):
        finish(quick_lynex, added, own, {**provider.sign_in(own.url), "code": stolen})


def test_only_the_browser_that_went_comes_back(quick_lynex: Installation, provider: Provider) -> None:
    """Else a stranger could send somebody his own way back, who would then work in the stranger's account."""
    added = add(quick_lynex, provider)
    departure, other = start(quick_lynex, added), start(quick_lynex, added)
    answer = provider.sign_in(departure.url)

    for browser in ("", other.browser):
        with pytest.raises(Unauthorized):
            quick_lynex.sign_in.sso.finish(added.id, answer["state"], browser, answer, LAPTOP)
    assert quick_lynex.emails() == []


def test_a_way_back_does_not_lead_through_another_provider(
    quick_lynex: Installation, provider: Provider
) -> None:
    first, second = add(quick_lynex, provider), add(quick_lynex, provider)
    departure = start(quick_lynex, first)

    with pytest.raises(Unauthorized):
        finish(quick_lynex, second, departure, provider.sign_in(departure.url))


def test_an_answer_that_names_another_issuer_is_refused(
    quick_lynex: Installation, provider: Provider
) -> None:
    added = add(quick_lynex, provider)
    departure = start(quick_lynex, added)

    with pytest.raises(SignOnFailed, match="another provider"):
        finish(quick_lynex, added, departure, {**provider.sign_in(departure.url), "iss": "https://evil.test"})


def test_a_way_out_is_open_for_ten_minutes(
    quick_lynex: Installation, provider: Provider, clock: FixedClock
) -> None:
    added = add(quick_lynex, provider)
    departure = start(quick_lynex, added)
    answer = provider.sign_in(departure.url)
    clock.advance_us(10 * MINUTE_US)

    with pytest.raises(Unauthorized):
        finish(quick_lynex, added, departure, answer)


def test_another_process_takes_the_way_back(
    lynex: Installation, open_relational: Callable[[], Database], provider: Provider, clock: FixedClock
) -> None:
    added = add(lynex, provider)
    departure = start(lynex, added)
    elsewhere = Installation.on(open_relational(), clock)

    arrival = finish(elsewhere, added, departure, provider.sign_in(departure.url))

    assert lynex.sign_in.sessions.user_of(arrival.entered.begun.token) is not None


def test_a_refusal_of_the_provider_is_told_in_the_log(quick_lynex: Installation, provider: Provider) -> None:
    added = add(quick_lynex, provider)
    provider.person = {}

    with pytest.raises(SignOnFailed):
        sign_in(quick_lynex, provider, added)

    assert reasons(quick_lynex) == ["the provider refused: access_denied"]


def test_a_wrong_client_secret_is_told_in_the_log_without_it(
    quick_lynex: Installation, provider: Provider
) -> None:
    added = add(quick_lynex, provider, client_secret="not the secret")

    with pytest.raises(SignOnFailed, match="invalid_client"):
        sign_in(quick_lynex, provider, added)

    assert "not the secret" not in str(quick_lynex.audited())


def test_a_provider_on_a_private_address_is_not_spoken_to(
    quick_lynex: Installation, provider: Provider
) -> None:
    added = add(quick_lynex, provider, issuer="https://10.0.0.1")

    with pytest.raises(OutgoingRefused):
        start(quick_lynex, added)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/traces?page=2#top", "/traces?page=2#top"),
        ("", "/"),
        ("traces", "/"),
        ("//evil.test/x", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/" + "a" * 2000, "/"),
    ],
)
def test_afterwards_nobody_is_led_elsewhere(text: str, path: str) -> None:
    assert path_of_ours(text) == path
