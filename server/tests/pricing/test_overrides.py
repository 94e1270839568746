"""Own prices: whose they are, which one wins, when they hold, and what they come to."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pricing.override_factories import ORGANISATION, PROJECT, an_override, rates

from lynex_server.pricing.public import (
    HourWindow,
    Override,
    OverrideSet,
    PriceBook,
    Rate,
    Terms,
    Usage,
    decode_terms,
    encode_terms,
    normalise_usage,
)

DAY_US = 86_400_000_000
NOON_US = 20_400 * DAY_US + DAY_US // 2  # 2025-11-08T12:00:00Z
CALL = Usage(input_tokens=1000, output_tokens=100)
LISTED_NANOUSD = 1000 * 2500 + 100 * 10_000


def book_with(*overrides: Override, owner: str = ORGANISATION) -> PriceBook:
    book = PriceBook()
    book.use_overrides(OverrideSet(1, overrides, lambda _project: owner))
    return book


def cost(book: PriceBook, project_id: str = PROJECT, usage: Usage = CALL, at_us: int = NOON_US, **call: str):
    names = {"provider": "openai", "model": "gpt-4o", "service_tier": "", "region": ""} | call
    return book.price(
        names["provider"],
        names["model"],
        names["service_tier"],
        names["region"],
        usage,
        at_us,
        project_id=project_id,
    )


def test_an_own_price_counts_for_its_project_alone():
    book = book_with(an_override())

    assert cost(book).nanousd == 1000 * 1000 + 100 * 2000
    assert cost(book, project_id="prj_b").nanousd == LISTED_NANOUSD
    assert cost(book, project_id="").nanousd == LISTED_NANOUSD


def test_an_organisations_price_counts_for_each_of_its_projects():
    book = book_with(an_override(project_id=""))

    assert cost(book, project_id="prj_b").nanousd == 1_200_000
    assert cost(book_with(an_override(project_id=""), owner="org_b")).nanousd == LISTED_NANOUSD


def test_an_owner_that_cannot_be_found_out_now_is_asked_for_again():
    answers: list[str | None] = [None, None, None, ORGANISATION, ORGANISATION]
    book = PriceBook()
    book.use_overrides(OverrideSet(1, [an_override(project_id="")], lambda _project: answers.pop(0)))

    first = cost(book).nanousd
    while None in answers:
        cost(book)

    assert (first, cost(book).nanousd) == (LISTED_NANOUSD, 1_200_000)


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ({"project_id": ""}, {}),
        ({"model": "gpt-*"}, {"model": "gpt-4*"}),
        ({"model": "gpt-4?"}, {"model": "gpt-4o"}),
        ({"provider": ""}, {"provider": "openai"}),
        ({}, {"service_tier": "flex"}),
        ({}, {"region": "eu"}),
        ({"valid_from_us": 5}, {"valid_from_us": 6}),
        ({"project_id": "", "service_tier": "flex"}, {"model": "*"}),
    ],
    ids=["project", "pattern", "exact", "provider", "tier", "region", "later", "project before all"],
)
def test_the_more_particular_price_wins(weaker, stronger):
    loser = an_override("ovr_weak", **{**weaker, "terms": rates(input_tokens="7")})
    winner = an_override("ovr_strong", **{**stronger, "terms": rates(input_tokens="3", output_tokens="0")})

    for overrides in ((loser, winner), (winner, loser)):
        priced = cost(book_with(*overrides), service_tier="flex", region="eu")
        assert (priced.nanousd, priced.version[:19]) == (3_000_000, "override-ovr_strong")


def test_a_price_holds_from_its_first_instant_to_before_its_last():
    book = book_with(an_override(valid_from_us=NOON_US, valid_until_us=NOON_US + 10))

    found = [cost(book, at_us=at).nanousd for at in (NOON_US - 1, NOON_US, NOON_US + 9, NOON_US + 10)]

    assert found == [LISTED_NANOUSD, 1_200_000, 1_200_000, LISTED_NANOUSD]


def test_a_price_gives_an_unknown_model_a_cost():
    book = book_with(an_override(provider="", model="our-*"))

    assert cost(book, provider="vllm", model="our-llama-70b").nanousd == 1_200_000
    assert cost(book, provider="vllm", model="their-llama").nanousd is None


def test_a_changed_price_counts_at_once_and_old_resolutions_are_not_found_again():
    book = book_with(an_override())
    before = cost(book).nanousd

    book.use_overrides(OverrideSet(2, [an_override(terms=rates(input_tokens="5"))]))

    assert (before, cost(book).nanousd) == (1_200_000, 5_000_000)


def test_every_bucket_has_its_own_rate_and_none_is_billed_twice():
    """litellm#40006: custom prices count Anthropic's cache twice."""
    own = an_override(
        provider="anthropic",
        model="claude-sonnet-4-5",
        terms=rates(
            input_tokens="3",
            output_tokens="15",
            cache_read_tokens="0.3",
            cache_write_5m_tokens="3.75",
            cache_write_1h_tokens="6",
        ),
    )
    reported = {
        "input_tokens": 10,
        "cache_read_tokens": 9000,
        "cache_write_5m_tokens": 100,
        "cache_write_1h_tokens": 50,
        "output_tokens": 200,
    }
    usage = normalise_usage("anthropic", "claude-sonnet-4-5", reported, "exclusive")

    priced = cost(book_with(own), provider="anthropic", model="claude-sonnet-4-5", usage=usage)

    assert priced.nanousd == 10 * 3000 + 9000 * 300 + 100 * 3750 + 50 * 6000 + 200 * 15_000


def test_an_own_long_context_rate_holds_for_the_whole_request():
    """litellm#30135: prices above 200k that users set are ignored."""
    terms = Terms(
        kind="rates",
        rates=(
            Rate(unit="input_tokens", usd=Decimal("1.25"), per=1_000_000),
            Rate(unit="input_tokens", usd=Decimal("2.5"), per=1_000_000, above_input_tokens=200_000),
            Rate(unit="output_tokens", usd=Decimal(10), per=1_000_000),
            Rate(unit="output_tokens", usd=Decimal(15), per=1_000_000, above_input_tokens=200_000),
        ),
    )
    book = book_with(an_override(terms=terms))

    at, above = (cost(book, usage=Usage(count, 100)).nanousd for count in (200_000, 200_001))

    assert at == 200_000 * 1250 + 100 * 10_000
    assert above == 200_001 * 2500 + 100 * 15_000


def test_a_factor_is_taken_of_the_list_price():
    book = book_with(an_override(terms=Terms(kind="factor", factor=Decimal("0.85"))))

    assert cost(book).nanousd == LISTED_NANOUSD * 85 // 100


def test_a_factor_on_a_model_without_a_list_price_leaves_it_unpriced():
    book = book_with(an_override(provider="", model="*", terms=Terms(kind="factor", factor=Decimal("0.85"))))

    assert cost(book, provider="acme", model="secret").nanousd is None


def test_tiers_regions_and_hours_multiply():
    terms = Terms(
        kind="rates",
        rates=rates(input_tokens="1", output_tokens="2").rates,
        tier_factors={"batch": Decimal("0.5")},
        region_factors={"eu": Decimal("1.1")},
        hour_factors=(HourWindow(from_minute=23 * 60, until_minute=60, factor=Decimal(2)),),
    )
    book = book_with(an_override(terms=terms))
    midnight_us = NOON_US - DAY_US // 2

    assert cost(book).nanousd == 1_200_000
    assert cost(book, service_tier="batch").nanousd == 600_000
    assert cost(book, region="EU").nanousd == 1_320_000
    assert cost(book, at_us=midnight_us).nanousd == 2_400_000
    assert cost(book, at_us=midnight_us + 3_600_000_000).nanousd == 1_200_000
    assert cost(book, at_us=midnight_us + 23 * 3_600_000_000).nanousd == 2_400_000
    assert cost(book, service_tier="batch", region="eu", at_us=midnight_us).nanousd == 1_320_000


def test_a_flat_rate_is_for_every_token():
    book = book_with(
        an_override(
            provider="", model="llama*", terms=Terms(kind="flat", usd_per_million_tokens=Decimal("0.2"))
        )
    )

    assert cost(book, provider="ollama", model="llama3.3:70b").nanousd == 1100 * 200


def test_a_gpu_hour_is_shared_by_the_tokens_that_it_makes():
    """$3.60 an hour, 1,000 tokens a second, half of the time: 1.8 million tokens an hour, $2 a million."""
    terms = Terms(
        kind="gpu_hour",
        gpu_hour_usd=Decimal("1.80"),
        gpus=2,
        tokens_per_s=Decimal(1000),
        busy_share=Decimal("0.5"),
    )
    book = book_with(an_override(provider="", model="llama*", terms=terms))

    assert cost(book, provider="vllm", model="llama-70b").nanousd == 1100 * 2000


def test_without_a_throughput_a_gpu_hour_is_billed_by_the_calls_duration():
    """$3.60 an hour for two seconds of which the call holds a quarter of the GPU."""
    terms = Terms(kind="gpu_hour", gpu_hour_usd=Decimal("3.60"), busy_share=Decimal("0.25"))
    book = book_with(an_override(provider="", model="llama*", terms=terms))

    priced = book.price("vllm", "llama", "", "", CALL, NOON_US, project_id=PROJECT, duration_ms=2000.0)

    assert (priced.nanousd, priced.flags) == (500_000, ())
    assert cost(book, provider="vllm", model="llama").nanousd is None


amounts = st.decimals(0, 10_000, places=6)


@given(amounts, amounts, st.integers(0, 10**7), st.integers(0, 10**6))
def test_an_own_price_is_exact_and_rounded_once(input_usd, output_usd, tokens_in, tokens_out):
    terms = Terms(
        kind="rates",
        rates=(
            Rate(unit="input_tokens", usd=input_usd, per=1_000_000),
            Rate(unit="output_tokens", usd=output_usd, per=1_000_000),
        ),
    )

    priced = cost(book_with(an_override(terms=terms)), usage=Usage(tokens_in, tokens_out))

    exact = (Fraction(input_usd) * tokens_in + Fraction(output_usd) * tokens_out) * 1000
    assert priced.nanousd == round(exact)  # Python rounds a fraction half to even too


@given(
    st.builds(
        Terms,
        kind=st.sampled_from(["rates", "factor", "flat", "gpu_hour"]),
        rates=st.tuples(st.builds(Rate, unit=st.just("input_tokens"), usd=amounts, per=st.just(1000))),
        factor=st.none() | amounts,
        busy_share=amounts,
        tier_factors=st.dictionaries(st.sampled_from(["batch", "flex"]), amounts),
    )
)
def test_terms_are_the_same_after_storing(terms):
    assert decode_terms(encode_terms(terms)) == terms


def test_what_is_no_terms_is_refused():
    with pytest.raises(ValueError, match="not the terms of a price"):
        decode_terms('{"kind": "gift"}')


def test_the_version_names_the_override_and_changes_with_its_terms():
    one = cost(book_with(an_override())).version
    other = cost(book_with(an_override(terms=rates(input_tokens="1", output_tokens="3")))).version

    assert one.startswith("override-ovr_1@")
    assert one != other
